package hostcmd_test

import (
	"bytes"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"calipso.io/calipso/integration/proc"
	"calipso.io/calipso/pkg/discover/hostcmd"
	"calipso.io/calipso/pkg/document"
	"calipso.io/calipso/pkg/model"
	"github.com/google/go-cmp/cmp"
)

func wrappers(t *testing.T, text string) hostcmd.Wrappers {
	t.Helper()
	w, err := hostcmd.ParseWrappers(document.Source{File: "wrappers.yaml", Content: []byte(text)}, []string{"show", "list", "plain"})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

const someWrappers = `
- when: {distribution: [Kolla], distribution_version: [">=Train"]}
  options: [--user, root]
  containers: {show: [switch], list: ["agent_one_{version}", "agent_two*"]}
- when: {distribution: [Kolla]}
  sudo: false
  containers: {show: [older]}
`

// docker plays docker: it prints what it was called with, and runs programs of containers.
const docker = `#!/bin/sh
case "$1" in
ps) [ -z "$DOWN" ] || { echo "no daemon" >&2; exit 1; }
	shift 2
	for n in other 'evil;touch x' '-rf' "$@" switch agent_one_Train agent_two-2 agent_two; do
		case "$n" in docker*) continue;; esac
		echo "docker $n"
	done;;
exec) echo "docker $*";;
esac
`

// onHost runs commands with a real shell, and a docker of the test's own unless it has none.
func onHost(t *testing.T, commands []hostcmd.Command, sudo, docker string, env ...string) hostcmd.Outputs {
	t.Helper()
	bin := t.TempDir()
	if docker != "" {
		if err := proc.Install(filepath.Join(bin, "docker"), []byte(docker)); err != nil {
			t.Fatal(err)
		}
	}
	script := bytes.ReplaceAll(hostcmd.Script(commands, "MARK"), []byte(":/usr/local/sbin:/usr/sbin:/sbin"), nil)
	shell := exec.CommandContext(t.Context(), "/bin/sh", append([]string{"-s", "--"}, hostcmd.Args(commands, sudo)...)...)
	var stdout, stderr bytes.Buffer
	shell.Stdin, shell.Stdout, shell.Stderr = bytes.NewReader(script), &stdout, &stderr
	shell.Env = append(env, "PATH="+bin+":/bin")
	if err := shell.Run(); err != nil {
		t.Fatalf("%v: %s", err, stderr.Bytes())
	}
	return hostcmd.Split(commands, "MARK", stdout.Bytes(), stderr.Bytes())
}

var commands = []hostcmd.Command{
	{Name: "show", Script: `$sudo switchctl show`},
	{Name: "list", Script: `has lister || exit 0; n='a b'; $run lister "$n"`},
	{Name: "plain", Script: `echo plain $sudo $run`},
}

func TestCommandsInContainers(t *testing.T) {
	t.Parallel()
	w := wrappers(t, someWrappers)
	for name, tt := range map[string]struct {
		env                       model.Environment
		show, list, plain, stderr string
	}{
		"in containers": {model.Environment{Distribution: "Kolla", DistributionVersion: "Train"},
			"docker exec --user root switch switchctl show\n",
			"docker exec --user root agent_one_Train lister a b\ndocker exec --user root agent_two-2 lister a b\n", "plain\n", ""},
		"a container that is not there is passed over": {model.Environment{Distribution: "Kolla", DistributionVersion: "Zed"},
			"docker exec --user root switch switchctl show\n", "docker exec --user root agent_two-2 lister a b\n", "plain\n", ""},
		"a version that is a shell's text": {model.Environment{Distribution: "Kolla", DistributionVersion: "Train $(touch x) '; touch x #"},
			"docker exec --user root switch switchctl show\n", "docker exec --user root agent_two-2 lister a b\n", "plain\n", ""},
		"the host itself where no container runs": {model.Environment{Distribution: "Kolla", DistributionVersion: "Queens"},
			"", "", "plain\n", "no container runs that is called older, so the host itself was asked\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wrapped, sudo := w.Wrap(&tt.env, &model.Object{}, commands, "")
			out := onHost(t, wrapped, sudo, docker)
			got := []string{string(out["show"].Stdout), string(out["list"].Stdout), string(out["plain"].Stdout)}
			if diff := cmp.Diff([]string{tt.show, tt.list, tt.plain}, got); diff != "" || !strings.HasPrefix(string(out["show"].Stderr), tt.stderr) {
				t.Errorf("(-want +got)\n%s\n%s", diff, out["show"].Stderr)
			}
		})
	}
}

func TestOtherDistributionsAreNotWrapped(t *testing.T) {
	t.Parallel()
	wrapped, sudo := wrappers(t, someWrappers).Wrap(&model.Environment{Distribution: "RDO"}, &model.Object{}, commands, "sudo -n")
	if diff := cmp.Diff(hostcmd.Script(commands, "m"), hostcmd.Script(wrapped, "m")); diff != "" || sudo != "sudo -n" {
		t.Errorf("sudo %q; %s", sudo, diff)
	}
	if args := hostcmd.Args(wrapped, sudo); len(args) != 1 {
		t.Errorf("arguments %q", args)
	}
}

func TestWithoutSudo(t *testing.T) {
	t.Parallel()
	if _, sudo := wrappers(t, someWrappers).Wrap(&model.Environment{Distribution: "Kolla", DistributionVersion: "Pike"}, &model.Object{}, commands, "sudo -n"); sudo != "" {
		t.Errorf("sudo is %q", sudo)
	}
}

func TestContainersThatCannotBeListed(t *testing.T) {
	t.Parallel()
	env := &model.Environment{Distribution: "Kolla", DistributionVersion: "Train"}
	wrapped, _ := wrappers(t, someWrappers).Wrap(env, &model.Object{}, commands, "")
	out := onHost(t, wrapped, "", docker, "DOWN=yes")
	if err := out["list"].Err(); err == nil || err.Error() != "exit status 1: no daemon" {
		t.Errorf("error %v", err)
	}
	if got := string(out["plain"].Stdout); got != "plain\n" {
		t.Errorf("another command printed %q", got)
	}
	// Without any engine there is only the host.
	out = onHost(t, wrapped, "", "")
	if err := out["show"].Err(); err == nil || !strings.Contains(err.Error(), "no container runs that is called switch") {
		t.Errorf("error %v", err)
	}
}

func TestParseWrappersRefuses(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"- when: {moon: [full]}":                                    `w:1: unknown condition "moon"; there are environment_type, distribution, distribution_version, mechanism_drivers, type_drivers, aci_enabled, host_type`,
		"- containers:\n    show: [a]\n    shwo: [a]":               `w:3: there is no command "shwo"; there are show`,
		"- containers:\n    show: [\"a;b\"]":                        `w:2: "a;b" is no name of a container: letters, digits and any of _.-, with * for any letters and {version}`,
		"- containers:\n    show: [a]\n  options: [\"--user x y\"]": `w:3: "--user x y" is no option of docker exec, as --user, nor the value of one`,
	} {
		_, err := hostcmd.ParseWrappers(document.Source{File: "w", Content: []byte(text)}, []string{"show"})
		if err == nil || err.Error() != want {
			t.Errorf("%s:\n%v", text, err)
		}
	}
}
