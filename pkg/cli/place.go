package cli

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/spf13/cobra"

	"calipso.io/calipso/api/client"
	"calipso.io/calipso/pkg/model"
)

// place says where to look: in which environment, and in which inventory.
type place struct{ env, inventory string }

func (p *place) envFlag(cmd *cobra.Command) {
	cmd.Flags().StringVarP(&p.env, "env", "e", "", "name of the environment; can be left out when there is only one")
}

func (p *place) flags(cmd *cobra.Command) {
	p.envFlag(cmd)
	cmd.Flags().StringVarP(&p.inventory, "inventory", "y", "", "name of an alternate inventory")
}

// resolve fills the environment in when it was left out.
func (p *place) resolve(ctx context.Context, c *client.Client) error {
	if p.env != "" {
		return nil
	}
	names, err := environmentNames(ctx, c)
	switch {
	case err != nil:
		return err
	case len(names) == 0:
		return errors.New("there is no environment yet: add one with `calipso env add -f FILE`")
	case len(names) > 1:
		return fmt.Errorf("there are several environments, say which with --env: %s", strings.Join(names, ", "))
	}
	p.env = names[0]
	return nil
}

func environmentNames(ctx context.Context, c *client.Client) ([]string, error) {
	environments, err := c.Environments(ctx)
	var names []string
	for _, e := range environments {
		names = append(names, e.Name)
	}
	return names, err
}

// locate returns the object that is meant by an id or, where no object has that id, by a name that only one has.
func (p *place) locate(ctx context.Context, c *client.Client, objectType, idOrName string) (model.Object, error) {
	object, err := c.Object(ctx, p.env, p.inventory, objectType, idOrName)
	if client.StatusOf(err) != http.StatusNotFound {
		return object, err
	}
	named, err := c.Objects(ctx, client.ObjectFilter{Environment: p.env, Inventory: p.inventory, Type: objectType, Name: idOrName})
	if err != nil {
		return object, err
	}
	one, err := onlyOne(named, p.env, objectType, fmt.Sprintf("id or name %q", idOrName))
	if err != nil {
		return object, err
	}
	return c.Object(ctx, p.env, p.inventory, one.Type, one.ID)
}

// onlyOne returns the object of a list that must have one entry; how says by what the objects were looked up.
func onlyOne(found []model.Object, env, objectType, how string) (one model.Object, err error) {
	switch {
	case len(found) == 0 && objectType == "":
		return one, fmt.Errorf("there is no object with the %s in %s: `calipso tree -e %s` shows what there is", how, env, env)
	case len(found) == 0:
		return one, fmt.Errorf("there is no %s with the %s in %s: `calipso get %s -e %s` lists what there is", objectType, how, env, objectType, env)
	case len(found) > 1:
		return one, fmt.Errorf("there are %d objects with the %s in %s, name one by its id: %s", len(found), how, env, listed(found))
	}
	return found[0], nil
}

const maxListed = 5

// listed names some objects in words.
func listed(objects []model.Object) string {
	var names []string
	for _, o := range objects {
		if len(names) == maxListed {
			return strings.Join(append(names, "…"), ", ")
		}
		names = append(names, o.Type+" "+o.ID)
	}
	return strings.Join(names, ", ")
}
