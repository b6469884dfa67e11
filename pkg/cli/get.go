package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"calipso.io/calipso/api/client"
	"calipso.io/calipso/pkg/model"
)

func getCommand(connect Connect) *cobra.Command {
	var p place
	cmd := &cobra.Command{
		Use:     "get TYPE[/ID]",
		Short:   "Show all that is known of an object, or list the objects of a type",
		Example: "  calipso get instance\n  calipso get host/node-1 -o yaml",
		Args:    cobra.ExactArgs(1),
	}
	p.flags(cmd)
	output := outputFlag(cmd)
	cmd.RunE = connected(connect, func(cmd *cobra.Command, c *client.Client, args []string) error {
		objectType, id, one := strings.Cut(args[0], "/")
		if objectType == "" || one && id == "" {
			return fmt.Errorf("%q is not TYPE or TYPE/ID, such as host or host/node-1", args[0])
		}
		if err := p.resolve(cmd.Context(), c); err != nil {
			return err
		}
		if one {
			return p.getOne(cmd, c, objectType, id, output)
		}
		return p.getAll(cmd, c, objectType, output)
	})
	return cmd
}

func (p *place) getOne(cmd *cobra.Command, c *client.Client, objectType, id string, output *format) error {
	object, err := p.locate(cmd.Context(), c, objectType, id)
	if err != nil {
		return err
	}
	return output.print(cmd.OutOrStdout(), object, func(w io.Writer) error { return printAttributes(w, object) })
}

func (p *place) getAll(cmd *cobra.Command, c *client.Client, objectType string, output *format) error {
	if output.value != formatTable {
		objects, err := p.wholeObjects(cmd.Context(), c, objectType)
		if err == nil && len(objects) == 0 {
			err = checkType(objectType)
		}
		if err != nil {
			return err
		}
		return output.print(cmd.OutOrStdout(), objects, nil)
	}
	objects, err := c.Objects(cmd.Context(), client.ObjectFilter{Environment: p.env, Inventory: p.inventory, Type: objectType})
	if err == nil && len(objects) == 0 {
		err = checkType(objectType)
	}
	if err != nil {
		return err
	}
	var rows [][]string
	for _, o := range objects {
		rows = append(rows, []string{o.ID, o.Name, o.Host, o.ParentType, o.ParentID})
	}
	slices.SortFunc(rows, slices.Compare)
	return printTable(cmd.OutOrStdout(), []string{"ID", "NAME", "HOST", "PARENT TYPE", "PARENT"}, rows)
}

// wholeObjects returns the objects of a type with all their attributes, ordered by id. It reads the export, where they
// are in one request, and stops behind the inventory.
func (p *place) wholeObjects(ctx context.Context, c *client.Client, objectType string) ([]model.Object, error) {
	enough := errors.New("all objects have been seen")
	objects := []model.Object{}
	err := c.Documents(ctx, p.env, p.inventory, func(d client.Document) error {
		if d.Collection != "inventory" {
			return enough
		}
		var object model.Object
		if err := json.Unmarshal(d.Document, &object); err != nil {
			return fmt.Errorf("read an object: %w", err)
		}
		if object.Type == objectType {
			objects = append(objects, object)
		}
		return nil
	})
	if err != nil && !errors.Is(err, enough) {
		return nil, err
	}
	slices.SortFunc(objects, func(a, b model.Object) int { return strings.Compare(a.ID, b.ID) })
	return objects, nil
}
