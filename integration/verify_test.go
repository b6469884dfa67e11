package integration

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"calipso.io/calipso/api/client"
	"calipso.io/calipso/pkg/cli"
	"calipso.io/calipso/pkg/store"
)

// TestVerify: the command tells what has changed in a cloud of which nobody told, and leaves nothing behind.
func TestVerify(t *testing.T) {
	t.Parallel()
	i, l := pieces(t), simulate(t, small("e"))
	i.work(t)
	i.add(document(t, l, "e"))
	i.completed(scanOfE)
	before := i.look("e", "")
	if out, code := i.command(t, "verify", "-e", "e"); code != 0 || out != "e: 0 differences\n" {
		t.Errorf("after a scan: exit status %d\n%s", code, out)
	}

	cloud := l.Cloud("e")
	gone, renamed := cloud.Instances[0], cloud.Instances[1]
	was := renamed.Name
	check(t, cloud.DeleteInstance(gone.ID))
	check(t, cloud.RenameInstance(renamed.ID, "another"))
	network, err := cloud.AddNetwork("new", "vxlan")
	check(t, err)
	out, code := i.command(t, "verify")
	for _, line := range []string{
		"gone inventory instance " + gone.ID,
		"gone cliques around instance " + gone.ID,
		"different inventory instance " + renamed.ID + " " + was + ": name: \"" + was + "\", \"another\"",
		"missing inventory network " + network.ID + " new",
	} {
		if !strings.Contains(out, line) {
			t.Errorf("the differences don't have %q:\n%s", line, out)
		}
	}
	if code != cli.ExitWithErrors {
		t.Errorf("exit status %d", code)
	}

	if d := changes(before, i.look("e", "")); d != "" {
		t.Errorf("it changed the inventory:\n%s", d)
	}
	if left := i.look("e", "verify"); len(left.dump) > 0 {
		t.Errorf("it left %d documents behind", len(left.dump))
	}
	if err := i.DeleteInventory(t.Context(), "e", store.DefaultInventory); client.StatusOf(err) != 400 {
		t.Errorf("deleting the inventory itself: %v", err)
	}
}

// command runs a command of a user, and returns what it prints and its exit status.
func (i *inside) command(t *testing.T, args ...string) (out string, code int) {
	t.Helper()
	connect := func(context.Context, bool) (*client.Client, func(), error) { return i.Client, func() {}, nil }
	root := &cobra.Command{SilenceErrors: true, SilenceUsage: true}
	root.AddCommand(cli.Commands(connect)...)
	var stdout, stderr bytes.Buffer
	root.SetOut(&stdout)
	root.SetErr(&stderr)
	root.SetArgs(args)
	err := root.ExecuteContext(t.Context())
	if code = cli.Exit(&stderr, err); code == cli.ExitFailed || errors.Is(err, context.Canceled) {
		t.Errorf("%q: %s", args, stderr.String())
	}
	return stdout.String(), code
}
