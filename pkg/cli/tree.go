package cli

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"calipso.io/calipso/api/client"
	"calipso.io/calipso/pkg/model"
)

func treeCommand(connect Connect) *cobra.Command {
	var p place
	var objectType string
	var depth int
	cmd := &cobra.Command{
		Use:   "tree [ID]",
		Short: "Show the tree of an environment, or what is below an object",
		Long: "Show the tree of an environment, or what is below an object, which is given by its id or unique name.\n" +
			"Numbers in parentheses say how many objects are directly below.",
		Args: cobra.MaximumNArgs(1),
	}
	p.flags(cmd)
	cmd.Flags().StringVarP(&objectType, "type", "t", "", "type of the object, where the id alone is not unique")
	cmd.Flags().IntVar(&depth, "depth", 0, "how many levels to show; 0 shows all")
	output := outputFlag(cmd)
	cmd.RunE = connected(connect, func(cmd *cobra.Command, c *client.Client, args []string) error {
		if depth < 0 {
			return fmt.Errorf("--depth %d: it is 0 or more", depth)
		}
		if err := p.resolve(cmd.Context(), c); err != nil {
			return err
		}
		root, lost, err := p.readTree(cmd.Context(), c, objectType, args)
		if err != nil {
			return err
		}
		if lost > 0 {
			fmt.Fprintf(cmd.ErrOrStderr(), "objects that are not shown, since their parents are not in the inventory: %d\n", lost)
		}
		root.cut(depth)
		return output.print(cmd.OutOrStdout(), root, func(w io.Writer) error { return printTree(w, root) })
	})
	return cmd
}

// readTree reads the tree below the object that is named or, if none is, of the environment; and then it also tells how
// many objects have no place in it.
func (p *place) readTree(ctx context.Context, c *client.Client, objectType string, args []string) (root *treeNode, lost int, err error) {
	filter := client.ObjectFilter{Environment: p.env, Inventory: p.inventory, Projection: treeAttributes()}
	top := model.Object{Type: model.TypeEnvironment, ID: p.env, Name: p.env}
	if len(args) > 0 {
		if top, err = p.locate(ctx, c, objectType, args[0]); err != nil {
			return nil, 0, err
		}
		filter.ParentPath, filter.SubTree = top.IDPath, true
	}
	objects, err := c.Objects(ctx, filter)
	if err != nil {
		return nil, 0, err
	}
	root, lost = newTree(top, objects)
	if len(args) > 0 {
		lost = 0 // the object itself, whose parent was not asked for
	}
	return root, lost, nil
}

func treeAttributes() []string {
	return []string{"id", "name", "type", "environment", "host", "parent_id", "parent_type", "show_in_tree", "stale"}
}
