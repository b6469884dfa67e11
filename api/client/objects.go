package client

import (
	"context"
	"net/http"
	"strings"

	"calipso.io/calipso/pkg/model"
)

// ObjectFilter selects inventory objects. Environment is needed; what is empty selects all.
type ObjectFilter struct {
	Environment string
	Inventory   string // the default one when empty
	Type        string
	Name        string
	ParentID    string
	ParentType  string
	IDPath      string
	ParentPath  string   // the objects directly below the one with this id_path …
	SubTree     bool     // … or that object and all below it
	Projection  []string // the attributes to return, instead of id, name, name_path, type, host, parent_id and parent_type
}

// Objects lists inventory objects (GET /inventory). Of each only what identifies it, or the projection, is set.
func (c *Client) Objects(ctx context.Context, f ObjectFilter) ([]model.Object, error) {
	query := params("env_name", f.Environment, "inventory", f.Inventory, "type", f.Type, "name", f.Name,
		"parent_id", f.ParentID, "parent_type", f.ParentType, "id_path", f.IDPath, "parent_path", f.ParentPath,
		"projection", strings.Join(f.Projection, ","))
	if f.SubTree {
		query.Set("sub_tree", "true")
	}
	return list[model.Object](ctx, c, "/inventory", "objects", query)
}

// Object returns the whole of the object with an id (GET /inventory?id=). The type can be empty when the id is of one
// object only. A missing object is an Error with status 404.
func (c *Client) Object(ctx context.Context, environment, inventory, objectType, id string) (object model.Object, err error) {
	query := params("env_name", environment, "inventory", inventory, "type", objectType, "id", id)
	return object, c.call(ctx, http.MethodGet, "/inventory", query, nil, &object)
}
