package lab_test

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"calipso.io/calipso/integration/lab"
	"calipso.io/calipso/pkg/discover/hostcmd"
)

func TestShell(t *testing.T) {
	t.Parallel()
	l := start(t, lab.EnvConfig{})
	client := dial(t, l)
	home, err := os.UserHomeDir()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, line, stdin string
		want              output
	}{
		{"command", "uname -n", "", output{out: "node-1\n"}},
		{"login shell", "", "echo $USER; exit 4\n", output{out: "scan\n", code: 4}},
		{"script", "sh -s -- a 'b c'", `printf '%s,' "$@"; echo $#`, output{out: "a,b c,2\n"}},
		{"script in argument", `sh -c 'echo "$1-$2"' x y z`, "", output{out: "y-z\n"}},
		{"other host", "ssh -q node-3 uname -n", "", output{out: "node-3\n"}},
		{"script on other host", `ssh -T -o BatchMode=yes -o ConnectTimeout=10 node-2 "sh -s -- 'a b'"`, `uname -n; echo $1`, output{out: "node-2\na b\n"}},
		{"exit status from there", "ssh -q node-2 exit 7", "", output{code: 7}},
		{"by address", "ssh -q scan@10.77.0.12 uname -n", "", output{out: "node-2\n"}},
		{"no such host", "ssh -o LogLevel=ERROR nosuch true", "", output{err: "ssh: Could not resolve hostname nosuch: Temporary failure in name resolution\r\n", code: 255}},
		{"no such host, quiet", "ssh -q nosuch true", "", output{code: 255}},
		{"no such command", "sh -s", "\nnosuch x\n", output{err: "sh: 2: nosuch: not found\n", code: 127}},
		{"sudo", "sudo -n id -u; id -u; sudo -n nosuch", "", output{out: "0\n1001\n", err: "sudo: nosuch: command not found\n", code: 1}},
		{"quoted hostile argument", `sh -s -- '$(uname -n);` + "`id`'", `echo "$1"`, output{out: "$(uname -n);`id`\n"}},
		{"loops", "sh -s", "while read a b; do case $a in x*) continue;; esac; ( echo \"$a:$b\" ) </dev/null; done <<E\n1 2 3\nx 1\n4 5\nE\nfor i in 1 2; do echo $i; done\n", output{out: "1:2 3\n4:5\n1\n2\n"}},
		{"pipes", "ip netns list | while read ns rest; do echo \"${ns%%-*}\"; break; done", "", output{out: "qrouter\n"}},
		{"export and redirection", "sh -s", "export LC_ALL=C X=1\necho out; echo err >&2; echo no >/dev/null; ls /nosuch 2>/dev/null || echo $? $X", output{out: "out\n2 1\n", err: "err\n"}},
		{"files", "[ -e /etc/os-release ] && [ ! -e /proc/net/bonding ] && [ -d /sys/class/net ] && echo ok", "", output{out: "ok\n"}},
		{"globs", "echo /sys/class/net/e*", "", output{out: "/sys/class/net/ens3 /sys/class/net/ens4 /sys/class/net/ens5\n"}},
		{"no file of this machine", "cat /etc/passwd; cat < /etc/passwd; [ -e " + home + " ] || echo no", "", output{out: "no\n", err: "cat: /etc/passwd: No such file or directory\nopen /etc/passwd: file does not exist\n"}},
		{"no writing", "echo x > /tmp/x || echo no", "", output{out: "no\n", err: "open /tmp/x: permission denied\n"}},
		{"no command of this machine", "command -v ls; command -v go; type python3 || echo none", "", output{out: "/usr/bin/ls\nnone\n"}},
		{"bashisms", "sh -s", "cat <(echo x)", output{err: "sh: syntax error: sh:1:5: `<` must be followed by a word\n", code: 2}},
		{"syntax error", "sh -s", "if then", output{err: "sh: syntax error: sh:1:1: `if` must be followed by a statement list\n", code: 2}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := run(t, client, c.line, c.stdin); got != c.want {
				t.Errorf("%s\ngot  %+v\nwant %+v", c.line, got, c.want)
			}
		})
	}
}

// TestHostsTellTheTruth reads every host with the commands that a scanner uses and compares with what the cloud is.
func TestHostsTellTheTruth(t *testing.T) {
	t.Parallel()
	for _, cfg := range []lab.EnvConfig{{}, {Hosts: 6, Controllers: 2, Instances: 25, Ports: 90, Tunnel: "gre", Bonds: true}} {
		l := start(t, cfg)
		client, truth := dial(t, l), l.Truth("e")
		var bridges, ports, spaces, nics, tunnels, vnics []string
		for _, host := range truth.Hosts {
			for _, line := range lines(on(t, client, host, "brctl show").out) {
				if strings.HasPrefix(line, "qbr") {
					bridges = append(bridges, host+" "+strings.Fields(line)[0])
				}
			}
			for _, port := range lines(on(t, client, host, "sudo -n ovs-vsctl list-ports br-int").out) {
				if !slices.Contains([]string{"int-br-ex", "patch-tun"}, port) {
					ports = append(ports, host+" "+port)
				}
			}
			for _, line := range lines(on(t, client, host, "ip netns list").out) {
				spaces = append(spaces, host+" "+strings.Fields(line)[0])
			}
			for _, port := range lines(on(t, client, host, "sudo ovs-vsctl show").out) {
				if _, remote, ok := strings.Cut(port, `remote_ip="`); ok {
					tunnels = append(tunnels, host+" "+strings.Trim(remote, `"}`)+" flow")
				}
			}
			nics = append(nics, nicsOf(t, client, host)...)
			vnics = append(vnics, vnicsOf(t, client, host)...)
		}
		var want []string
		for _, v := range truth.Vnics {
			want = append(want, fmt.Sprintf("%s %s %s %s %s", v.Host, v.Instance, v.MAC, v.Tap, v.Bridge))
		}
		same(t, "linux bridges", bridges, truth.LinuxBridges)
		same(t, "ports of br-int", ports, truth.SwitchPorts)
		same(t, "namespaces", spaces, truth.Namespaces)
		same(t, "tunnels", tunnels, truth.Tunnels)
		same(t, "NICs", nics, truth.NICs)
		same(t, "vNICs", vnics, want)
	}
}

func lines(text string) []string {
	return slices.DeleteFunc(strings.Split(text, "\n"), func(l string) bool { return l == "" })
}

// nicsOf reads a host's NICs and bonds with their MACs.
func nicsOf(t *testing.T, client *ssh.Client, host string) []string {
	var nics []string
	for _, line := range lines(on(t, client, host, `for n in $(ls -1 /proc/net/bonding 2>/dev/null); do echo $n; done; ls -l /sys/class/net`).out) {
		fields := strings.Fields(line)
		name := fields[0]
		if strings.Contains(line, "/virtual/") || name == "total" {
			continue
		}
		if len(fields) > 1 {
			name = fields[len(fields)-3]
		}
		mac := lines(on(t, client, host, "ip link show dev "+name).out)[1]
		nics = append(nics, fmt.Sprintf("%s %s %s", host, name, strings.Fields(mac)[1]))
	}
	return nics
}

// vnicsOf reads the interfaces of a host's domains.
func vnicsOf(t *testing.T, client *ssh.Client, host string) []string {
	text := on(t, client, host, `sudo virsh list --name | while read n; do [ -n "$n" ] && sudo -n virsh dumpxml "$n"; done`).out
	var vnics []string
	var instance, mac, bridge string
	for _, line := range lines(text) {
		switch line = strings.TrimSpace(line); {
		case strings.HasPrefix(line, "<uuid>"):
			instance = strings.TrimSuffix(strings.TrimPrefix(line, "<uuid>"), "</uuid>")
		case strings.HasPrefix(line, "<mac "):
			mac, bridge = strings.Split(line, "'")[1], ""
		case strings.HasPrefix(line, "<source bridge"):
			bridge = strings.Split(line, "'")[1]
		case strings.HasPrefix(line, "<target dev='tap"):
			vnics = append(vnics, fmt.Sprintf("%s %s %s %s %s", host, instance, mac, strings.Split(line, "'")[1], bridge))
		}
	}
	return vnics
}

func same(t *testing.T, what string, got, want []string) {
	t.Helper()
	got, want = slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(want))
	if !slices.Equal(got, want) {
		t.Errorf("%s: got %d, want %d:\n%s\n%s", what, len(got), len(want), strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestHostScripts runs the scripts of the product's host commands.
func TestHostScripts(t *testing.T) {
	t.Parallel()
	client := dial(t, start(t, lab.EnvConfig{}))
	commands := []hostcmd.Command{
		{Name: "namespaces", Script: `ip netns list | while read n rest; do printf '%s %s\n' "$mark" "$n"; $sudo ip netns exec "$n" ip address show; done`},
		{Name: "none", Script: "nosuch"},
		{Name: "dump", Script: `$sudo ovs-vsctl show`},
	}
	got := run(t, client, "ssh -q node-1 sh -s -- \"'sudo -n'\"", string(hostcmd.Script(commands, "@@m")))
	outputs := hostcmd.Split(commands, "@@m", []byte(got.out), []byte(got.err))
	sections := outputs["namespaces"].Sections()
	if len(sections) != 5 || !strings.Contains(string(sections[1].Body), "inet 169.254.169.254/32") {
		t.Errorf("wanted 5 namespaces, four of them with metadata's address: %s", outputs["namespaces"].Stdout)
	}
	if err := outputs["none"].Err(); err == nil || !strings.Contains(err.Error(), "missing on the host") {
		t.Errorf("a missing command gave %v", err)
	}
	if !strings.Contains(string(outputs["dump"].Stdout), "Bridge br-int") {
		t.Errorf("ovs-vsctl show: %s", outputs["dump"].Stdout)
	}
}

// TestForwarding logs in to a host through a connection that the gateway forwards.
func TestForwarding(t *testing.T) {
	t.Parallel()
	client := dial(t, start(t, lab.EnvConfig{}))
	for _, host := range []string{"node-2", "10.77.0.12"} {
		conn, err := client.Dial("tcp", host+":22")
		if err != nil {
			t.Fatal(err)
		}
		inner, channels, requests, err := ssh.NewClientConn(conn, host+":22", clientConfig())
		if err != nil {
			t.Fatal(err)
		}
		if got := run(t, ssh.NewClient(inner, channels, requests), "uname -n", ""); got.out != "node-2\n" {
			t.Errorf("through the gateway, %s is %q", host, got.out)
		}
		inner.Close()
	}
	for address, want := range map[string]string{"nosuch:22": "Name or service not known", "node-2:23": "Connection refused"} {
		if _, err := client.Dial("tcp", address); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("forwarded connection to %s: wanted %q, got %v", address, want, err)
		}
	}
}

// TestSessionLimit opens more sessions on a connection than sshd allows.
func TestSessionLimit(t *testing.T) {
	t.Parallel()
	client := dial(t, start(t, lab.EnvConfig{}))
	var open []io.Closer
	for range 10 {
		s, err := client.NewSession()
		if err != nil {
			t.Fatal(err)
		}
		open = append(open, s)
	}
	if _, err := client.NewSession(); err == nil {
		t.Error("an eleventh session was opened")
	}
	for _, s := range open {
		s.Close()
	}
}

// TestOddCommands runs commands with arguments that are missing or mean nothing: none of them may end the lab.
func TestOddCommands(t *testing.T) {
	t.Parallel()
	client := dial(t, start(t, lab.EnvConfig{}))
	for _, line := range []string{
		"''", "ip", "ip -", "ip -d", "ip ''", "ip netns exec", "ip address show dev", "ip link show ''", "ip route x", "ip -j address",
		"ls", "ls -l", "ls -l /etc /dev/null /", "cat", "cat ''", "cat /", "ethtool", "ethtool ''", "brctl", "virsh", "virsh -c", "virsh dumpxml",
		"sudo virsh dumpxml --inactive", "sudo", "sudo -u", "sudo ''", "sudo ovs-vsctl", "sudo ovs-vsctl '' ''", "sudo ovs-vsctl list-ports",
		"ssh", "ssh -", "ssh --", "ssh -o", "ssh @", "ssh -l x", "sh -c", "sh -x", "sh /nosuch", "timeout", "timeout 1", "uname -z", "which",
		"command -v", "type", "id x", "cd /nosuch", "cd /etc && pwd", ". /etc/os-release", "exec ssh node-2 true", "kill 1", "exit 300",
		"echo $((1/0))", "while :; do break; done", "read x </etc/os-release; echo $x", "cat /sys/class/net/ens3", "[ -r /etc/os-release ]",
	} {
		run(t, client, line, "")
	}
	if got := run(t, client, "uname -n", ""); got.out != "node-1\n" {
		t.Errorf("afterwards: %+v", got)
	}
}
