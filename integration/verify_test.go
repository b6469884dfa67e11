package integration

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"calipso.io/calipso/api/client"
	"calipso.io/calipso/pkg/cli"
	"calipso.io/calipso/pkg/model"
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
	out, problem, code := i.run(t, args...)
	if code == cli.ExitFailed {
		t.Errorf("%q: %s", args, problem)
	}
	return out, code
}

// run runs a command of a user, and returns what it prints, what it complains about, and its exit status.
func (i *inside) run(t *testing.T, args ...string) (out, problem string, code int) {
	connect := func(context.Context, bool) (*client.Client, func(), error) { return i.Client, func() {}, nil }
	root := &cobra.Command{SilenceErrors: true, SilenceUsage: true}
	root.AddCommand(cli.Commands(connect)...)
	var stdout, stderr bytes.Buffer
	root.SetOut(&stdout)
	root.SetErr(&stderr)
	root.SetArgs(args)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	code = cli.Exit(&stderr, root.ExecuteContext(ctx))
	return stdout.String(), stderr.String(), code
}

// TestVerifyTwice: a second verify of an environment is refused while one is at work, and does the first one no harm.
func TestVerifyTwice(t *testing.T) {
	t.Parallel()
	i, l := pieces(t), simulate(t, small("e"))
	stop := i.work(t)
	i.add(document(t, l, "e"))
	i.completed(scanOfE)
	stop()
	type result struct {
		out, problem string
		code         int
	}
	first := make(chan result)
	go func() {
		out, problem, code := i.run(t, "verify", "-e", "e")
		first <- result{out, problem, code}
	}()
	until(t, "the first one's scan", func() bool {
		waiting, err := i.Scans(t.Context(), "e", model.ScanPending)
		check(t, err)
		return len(waiting) == 1
	})
	if out, problem, code := i.run(t, "verify", "-e", "e"); code != cli.ExitFailed || !strings.Contains(problem, "e is being verified already, by scan ") {
		t.Errorf("the second one: exit status %d\n%s%s", code, out, problem)
	}
	i.work(t)
	if got := <-first; got.code != 0 || got.out != "e: 0 differences\n" {
		t.Errorf("the first one: %+v", got)
	}
	if left := i.look("e", "verify"); len(left.dump) > 0 {
		t.Errorf("%d documents are left behind", len(left.dump))
	}
}
