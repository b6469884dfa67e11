package hostcmd_test

import (
	"bytes"
	"os/exec"
	"strings"
	"testing"

	"calipso.io/calipso/pkg/discover/hostcmd"
)

// TestErrors runs commands that go wrong in a real shell: each says how, and no other is lost by it.
func TestErrors(t *testing.T) {
	t.Parallel()
	commands := []hostcmd.Command{
		{Name: "good", Script: "echo one; echo two >&2"},
		{Name: "empty", Script: ":"},
		{Name: "fails", Script: "echo why >&2; exit 3"},
		{Name: "missing", Script: "no-such-command-anywhere"},
		{Name: "cut", Script: "echo one; printf tw"},
		{Name: "cut section", Script: `for n in a b; do printf '%s %s\n' "$mark" "$n"; printf on; done; echo e`},
		{Name: "eats its input", Script: "cat"},
		{Name: "last", Script: "echo end"},
	}
	outputs := run(t, commands)
	for name, want := range map[string]string{
		"good": "", "empty": "", "fails": "exit status 3: why", "missing": "the command is missing on the host: ",
		"cut": "breaks off in the middle of a line", "cut section": "breaks off in the middle of a line",
		"eats its input": "", "last": "",
	} {
		err := outputs[name].Err()
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", name, err, want)
		}
	}
	if got := outputs["good"]; string(got.Stdout) != "one\n" || string(got.Stderr) != "two\n" {
		t.Errorf("good: stdout %q, stderr %q", got.Stdout, got.Stderr)
	}
	if got := string(outputs["cut"].Stdout); got != "one\ntw" {
		t.Errorf("cut: stdout %q", got)
	}
}

// TestBrokenConnection cuts the script's output off everywhere: what is there is what was printed, or nothing.
func TestBrokenConnection(t *testing.T) {
	t.Parallel()
	commands := []hostcmd.Command{{Name: "a", Script: "echo A"}, {Name: "b", Script: "echo B"}}
	var whole bytes.Buffer
	shell := exec.CommandContext(t.Context(), "/bin/sh", "-s", "")
	shell.Stdin, shell.Stdout = bytes.NewReader(hostcmd.Script(commands, "MARK")), &whole
	if err := shell.Run(); err != nil {
		t.Fatal(err)
	}
	for i := range whole.Len() {
		for name, out := range hostcmd.Split(commands, "MARK", whole.Bytes()[:i], nil) {
			if out.Err() == nil && string(out.Stdout) != strings.ToUpper(name)+"\n" {
				t.Errorf("after %d bytes, %s printed %q", i, name, out.Stdout)
			}
		}
	}
}

func run(t *testing.T, commands []hostcmd.Command) hostcmd.Outputs {
	t.Helper()
	shell := exec.CommandContext(t.Context(), "/bin/sh", "-s", "")
	var stdout, stderr bytes.Buffer
	shell.Stdin, shell.Stdout, shell.Stderr = bytes.NewReader(hostcmd.Script(commands, "MARK")), &stdout, &stderr
	if err := shell.Run(); err != nil {
		t.Fatalf("%v: %s", err, stderr.Bytes())
	}
	return hostcmd.Split(commands, "MARK", stdout.Bytes(), stderr.Bytes())
}
