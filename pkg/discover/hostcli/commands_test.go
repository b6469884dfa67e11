package hostcli_test

import (
	"bytes"
	"os/exec"
	"path/filepath"
	"testing"

	"calipso.io/calipso/integration/proc"
	"calipso.io/calipso/pkg/discover/hostcli"
	"calipso.io/calipso/pkg/discover/hostcmd"
	"github.com/google/go-cmp/cmp"
)

// run runs a command's script with a real shell, and programs of the test's own in place of the host's.
func run(t *testing.T, command hostcmd.Command, programs map[string]string) hostcmd.Output {
	t.Helper()
	bin := t.TempDir()
	for name, body := range programs {
		if err := proc.Install(filepath.Join(bin, name), []byte("#!/bin/sh\n"+body+"\n")); err != nil {
			t.Fatal(err)
		}
	}
	shell := exec.CommandContext(t.Context(), "/bin/sh", "-s", "env")
	commands := []hostcmd.Command{command}
	// What is installed on this machine for root must make no difference.
	script := bytes.ReplaceAll(hostcmd.Script(commands, "MARK"), []byte(":/usr/local/sbin:/usr/sbin:/sbin"), nil)
	shell.Stdin = bytes.NewReader(script)
	shell.Env = []string{"PATH=" + bin + ":/usr/bin:/bin"}
	var stdout, stderr bytes.Buffer
	shell.Stdout, shell.Stderr = &stdout, &stderr
	if err := shell.Run(); err != nil {
		t.Fatalf("%v: %s", err, stderr.Bytes())
	}
	out, ok := hostcmd.Split(commands, "MARK", stdout.Bytes(), stderr.Bytes())[command.Name]
	if !ok {
		t.Fatalf("no output: %s%s", stdout.Bytes(), stderr.Bytes())
	}
	return out
}

const hostileNames = `printf '%s\n' good.0@x 'good-1' '$(touch hacked)' '-rf' 'two words' '*' ';reboot' 'ü'`

func TestNamesAreNeverCommands(t *testing.T) {
	t.Parallel()
	out := run(t, hostcli.Domains, map[string]string{
		"virsh": `case "$1" in list) ` + hostileNames + `;; dumpxml) shift; echo "$#:$*"; read -r eaten;; esac`,
	})
	sections, warnings := hostcli.Sections(hostcli.Domains, out)
	want := []hostcmd.Section{{Name: "good.0@x", Body: []byte("1:good.0@x\n")}, {Name: "good-1", Body: []byte("1:good-1\n")}}
	if diff := cmp.Diff(want, sections); diff != "" {
		t.Errorf("sections (-want +got)\n%s", diff)
	}
	var passedOver []string
	for _, w := range warnings {
		passedOver = append(passedOver, w.Line)
	}
	if diff := cmp.Diff([]string{"$(touch hacked)", "-rf", "two words", "*", ";reboot", "ü"}, passedOver); diff != "" {
		t.Errorf("passed over (-want +got)\n%s", diff)
	}
}

func TestNamespacesOfServices(t *testing.T) {
	t.Parallel()
	out := run(t, hostcli.NamespaceAddresses, map[string]string{"ip": `case "$2" in
		list) printf '%s\n' 'qdhcp-1 (id: 3)' 'haproxy' 'qrouter-2' 'qdhcp-$(x) (id: 4)';;
		exec) [ "$3" != qdhcp-1 ] || { echo gone >&2; exit 1; }; echo "$@";;
		esac`})
	sections, warnings := hostcli.Sections(hostcli.NamespaceAddresses, out)
	want := []hostcmd.Section{{Name: "qdhcp-1"}, {Name: "qrouter-2", Body: []byte("netns exec qrouter-2 ip address show\n")}}
	if diff := cmp.Diff(want, sections); diff != "" || out.Exit != 0 {
		t.Errorf("exit %d, sections (-want +got)\n%s", out.Exit, diff)
	}
	if len(warnings) != 1 {
		t.Errorf("one name is passed over, not %v", warnings)
	}
}

func TestFailures(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		command  hostcmd.Command
		programs map[string]string
		exit     int
	}{
		"no libvirt":             {hostcli.Domains, map[string]string{"virsh": "echo no socket >&2; exit 1"}, 1},
		"domain gone in between": {hostcli.Domains, map[string]string{"virsh": "[ $1 = list ] && echo a"}, 0},
		"no namespaces":          {hostcli.NamespaceAddresses, map[string]string{"ip": ":"}, 0},
		"ip fails":               {hostcli.NamespaceAddresses, map[string]string{"ip": "exit 3"}, 3},
		"no ethtool":             {hostcli.Ethtool, map[string]string{"ls": "echo eth0", "ethtool": "exit 127"}, 127},
		"a NIC without settings": {hostcli.Ethtool, map[string]string{"ls": "echo eth0", "ethtool": "exit 75"}, 0},
		"no bonding driver":      {hostcli.Bonding, map[string]string{"ls": "exit 2"}, 0},
		"neither brctl nor ip":   {hostcli.Bridges, map[string]string{"brctl": "exit 127", "ip": "exit 127"}, 127},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if out := run(t, test.command, test.programs); out.Exit != test.exit {
				t.Errorf("exit status %d, not %d: %s", out.Exit, test.exit, out.Stderr)
			}
		})
	}
}

func TestBridgesWithoutBrctl(t *testing.T) {
	t.Parallel()
	out := run(t, hostcli.Bridges, map[string]string{"brctl": "echo no such program >&2; exit 127", "ip": `echo "[$*]"`})
	if got := string(out.Stdout); got != "[-d -j link show]\n" {
		t.Errorf("got %q", got)
	}
}

func TestProgramsThatAreNotThere(t *testing.T) {
	t.Parallel()
	for _, command := range []hostcmd.Command{hostcli.LLDP, hostcli.Teams, hostcli.VPPModes} {
		if out := run(t, command, nil); out.Exit != 0 || len(out.Stdout) > 0 {
			t.Errorf("%s: exit status %d, %q, %q", command.Name, out.Exit, out.Stdout, out.Stderr)
		}
	}
}

func TestNeighbors(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		programs map[string]string
		want     []hostcmd.Section
		exit     int
	}{
		"lldpd":          {map[string]string{"lldpctl": `echo "[$*]"`, "lldptool": "echo no"}, []hostcmd.Section{{Name: "lldpctl", Body: []byte("[-f json]\n")}}, 0},
		"lldpd is down":  {map[string]string{"lldpctl": "echo no socket >&2; exit 1"}, []hostcmd.Section{{Name: "lldpctl"}}, 1},
		"lldpad, no NIC": {map[string]string{"lldptool": "echo $*", "ls": "echo nosuch-nic"}, nil, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out := run(t, hostcli.LLDP, test.programs)
			if diff := cmp.Diff(test.want, out.Sections()); diff != "" || out.Exit != test.exit {
				t.Errorf("exit status %d, sections (-want +got)\n%s", out.Exit, diff)
			}
		})
	}
}

func TestTeams(t *testing.T) {
	t.Parallel()
	out := run(t, hostcli.Teams, map[string]string{
		"ip": `printf '%s\n' '7: team0: <UP> mtu 1500\\    link/ether' '8: team1@x: <UP>' '9: $(reboot): <UP>'`, "teamdctl": `echo "$*"`})
	sections, warnings := hostcli.Sections(hostcli.Teams, out)
	want := []hostcmd.Section{{Name: "team0", Body: []byte("team0 state dump\n")}, {Name: "team1", Body: []byte("team1 state dump\n")}}
	if diff := cmp.Diff(want, sections); diff != "" || len(warnings) != 1 {
		t.Errorf("warnings %v, sections (-want +got)\n%s", warnings, diff)
	}
}

func TestEthtoolPassesOverVirtualDevices(t *testing.T) {
	t.Parallel()
	out := run(t, hostcli.Ethtool, map[string]string{
		"ls":      `printf '%s\n' bond0 br-int eno1.100 lo ovs-system qbr1 qr-1 qvo1 tap1 vxlan_sys_4789`,
		"ethtool": `echo "$1"`,
	})
	var names []string
	for _, s := range out.Sections() {
		names = append(names, s.Name)
	}
	if diff := cmp.Diff([]string{"bond0", "eno1.100"}, names); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
