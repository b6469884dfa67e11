package client

import (
	"context"
	"net/http"

	"calipso.io/calipso/api/wire"
	"calipso.io/calipso/pkg/model"
)

// CliqueFilter selects cliques. Environment is needed; what is empty selects all.
type CliqueFilter struct {
	Environment    string
	Inventory      string // the default one when empty
	FocalPointType string
	LinkType       string
	LinkID         string // document id of a link
}

// Cliques lists cliques: their ids and focal points (GET /cliques).
func (c *Client) Cliques(ctx context.Context, f CliqueFilter) ([]model.Clique, error) {
	entries, err := list[wire.CliqueEntry](ctx, c, "/cliques", "cliques", params("env_name", f.Environment, "inventory", f.Inventory,
		"focal_point_type", f.FocalPointType, "link_type", f.LinkType, "link_id", f.LinkID))
	cliques := make([]model.Clique, 0, len(entries))
	for _, e := range entries {
		cliques = append(cliques, model.Clique{ID: e.ID, Environment: e.Environment, FocalPoint: e.FocalPoint,
			FocalPointType: e.FocalPointType, FocalPointID: e.FocalPointID})
	}
	return cliques, err
}

// Clique returns the whole clique of a focal point, which is given by its document id (GET /cliques?focal_point=).
// An object that is not a focal point is an Error with status 404.
func (c *Client) Clique(ctx context.Context, environment, inventory, focalPoint string) (clique wire.WholeClique, err error) {
	query := params("env_name", environment, "inventory", inventory, "focal_point", focalPoint)
	return clique, c.call(ctx, http.MethodGet, "/cliques", query, nil, &clique)
}
