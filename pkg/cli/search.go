package cli

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"calipso.io/calipso/api/client"
	"calipso.io/calipso/api/wire"
)

func searchCommand(connect Connect) *cobra.Command {
	var f client.SearchFilter
	cmd := &cobra.Command{
		Use:   "search TEXT",
		Short: "Find objects by a part of a name or an id, or by an address",
		Long: "Find objects, in all environments, by a part of a name or an id, or by an address: 10.0.0.7, 10.0.0.0/24,\n" +
			"fa:16:3e:00:00:01 in any notation. Of one or two letters only beginnings of words are found.",
		Example: "  calipso search web-1\n  calipso search 10.0.3. -t port",
		Args:    cobra.ExactArgs(1),
	}
	cmd.Flags().StringVarP(&f.Environment, "env", "e", "", "name of the environment; all when left out")
	cmd.Flags().StringVarP(&f.Inventory, "inventory", "y", "", "name of an alternate inventory; it goes with --env")
	cmd.Flags().StringSliceVarP(&f.Types, "type", "t", nil, "only objects of these types")
	cmd.Flags().IntVarP(&f.Limit, "limit", "n", 15, "show so many, at most 500")
	output := outputFlag(cmd)
	cmd.RunE = connected(connect, func(cmd *cobra.Command, c *client.Client, args []string) error {
		if f.Limit < 1 {
			return fmt.Errorf("--limit %d: it is 1 or more", f.Limit)
		}
		f.Text = args[0]
		found, err := c.Search(cmd.Context(), f)
		if err != nil {
			return err
		}
		return output.print(cmd.OutOrStdout(), found, func(w io.Writer) error { return printHits(w, found) })
	})
	return cmd
}

func printHits(w io.Writer, found wire.SearchAnswer) error {
	if len(found.Objects) == 0 {
		_, err := fmt.Fprintln(w, "nothing was found")
		return err
	}
	var rows [][]string
	for _, h := range found.Objects {
		rows = append(rows, []string{h.Type, h.Name, h.ID, h.Environment, h.Host, h.Attribute + " " + h.Text})
	}
	if err := printTable(w, []string{"TYPE", "NAME", "ID", "ENVIRONMENT", "HOST", "FOUND BY"}, rows); err != nil {
		return err
	}
	if more := found.Total - len(found.Objects); more > 0 {
		_, err := fmt.Fprintf(w, "and %d more: see --limit, --type\n", more)
		return err
	}
	return nil
}
