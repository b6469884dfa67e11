package hostcli_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"calipso.io/calipso/pkg/discover/hostcli"
	"calipso.io/calipso/pkg/discover/hostcmd"
	"github.com/google/go-cmp/cmp"
)

// run runs a command's script with a real shell, and programs of the test's own in place of the host's.
func run(t *testing.T, command hostcmd.Command, programs map[string]string) hostcmd.Output {
	t.Helper()
	bin := t.TempDir()
	for name, body := range programs {
		if err := os.WriteFile(filepath.Join(bin, name), []byte("#!/bin/sh\n"+body+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	shell := exec.CommandContext(t.Context(), "/bin/sh", "-s", "env")
	commands := []hostcmd.Command{command}
	shell.Stdin = bytes.NewReader(hostcmd.Script(commands, "MARK"))
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
