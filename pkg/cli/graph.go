package cli

import (
	"fmt"
	"io"
	"net/http"

	"github.com/spf13/cobra"

	"calipso.io/calipso/api/client"
	"calipso.io/calipso/api/wire"
)

func graphCommand(connect Connect) *cobra.Command {
	var p place
	var objectType string
	cmd := &cobra.Command{
		Use:   "graph ID",
		Short: "Show the whole path around an object: its clique",
		Long: "Show the whole path around an object, which is given by its id or unique name: the clique of which it is the focal point.\n" +
			"An arrow shows the direction of a link.",
		Example: "  calipso graph web-1\n  calipso graph web-1 -o dot | dot -Tsvg > web-1.svg",
		Args:    cobra.ExactArgs(1),
	}
	p.flags(cmd)
	cmd.Flags().StringVarP(&objectType, "type", "t", "", "type of the object, where the id alone is not unique")
	output := outputFlag(cmd, formatText, formatDOT, formatJSON, formatYAML)
	cmd.RunE = connected(connect, func(cmd *cobra.Command, c *client.Client, args []string) error {
		if err := p.resolve(cmd.Context(), c); err != nil {
			return err
		}
		clique, err := p.cliqueOf(cmd, c, objectType, args[0])
		if err != nil {
			return err
		}
		return output.print(cmd.OutOrStdout(), clique, func(w io.Writer) error {
			if output.value == formatDOT {
				return printDOT(w, newGraph(clique))
			}
			return printGraph(w, newGraph(clique))
		})
	})
	return cmd
}

func (p *place) cliqueOf(cmd *cobra.Command, c *client.Client, objectType, idOrName string) (clique wire.WholeClique, err error) {
	object, err := p.locate(cmd.Context(), c, objectType, idOrName)
	if err != nil {
		return clique, err
	}
	clique, err = c.Clique(cmd.Context(), p.env, p.inventory, object.DBID())
	if client.StatusOf(err) == http.StatusNotFound {
		return clique, fmt.Errorf("%s %s of %s is not the focal point of a clique: try an instance or a vservice, or scan again", object.Type, object.Name, p.env)
	}
	return clique, err
}
