package cli

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"os"
	"regexp"

	"github.com/spf13/cobra"

	"calipso.io/calipso/api/client"
	"calipso.io/calipso/pkg/store"
)

// opened is a file of which the beginning was looked at.
type opened struct {
	io.Reader
	io.Closer
}

// exportBegins is how the JSON lines of an inventory's export begin.
var exportBegins = regexp.MustCompile(`^\s*\{\s*"collection"\s*:`)

// openImport opens what is to be imported, and tells whether that is an inventory.
func openImport(file string, stdin io.Reader) (opened, bool, error) {
	from := io.NopCloser(stdin)
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return opened{}, false, fmt.Errorf("read what is to be imported: %w", err)
		}
		from = f
	}
	reader := bufio.NewReader(from)
	head, _ := reader.Peek(64) // what can't be read is told by who reads it
	return opened{reader, from}, exportBegins.Match(head), nil
}

func importInventory(cmd *cobra.Command, c *client.Client, p place, dryRun bool, lines io.Reader, output *format) error {
	for _, flag := range []string{"force", "key"} {
		if cmd.Flags().Changed(flag) {
			return fmt.Errorf("--%s does not go with an inventory, which has no secrets and needs no support", flag)
		}
	}
	if err := p.resolve(cmd.Context(), c); err != nil {
		return err
	}
	done, err := c.ImportInventory(cmd.Context(), p.env, cmp.Or(p.inventory, store.DefaultInventory), dryRun, lines)
	if err != nil {
		return err
	}
	return output.print(cmd.OutOrStdout(), done, func(w io.Writer) error {
		fmt.Fprintf(w, "%s of %s: %d objects, %d links, %d cliques\n", done.Inventory, safe(done.Environment), done.Objects, done.Links, done.Cliques)
		if !done.Written {
			_, err = fmt.Fprintln(w, "\nNothing was written: this was a dry run.")
		}
		return err
	})
}
