package client

import (
	"context"
	"net/http"

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

// Clique is a clique with its links and nodes.
type Clique struct {
	model.Clique
	NodesDetailed []Node `json:"nodes_detailed"`
}

// Node is an object of a clique.
type Node struct {
	DBID string `json:"_id"`
	ID   string `json:"id"`
	Type string `json:"type"`
	Name string `json:"name"`
	Host string `json:"host"`
}

// Cliques lists cliques: their ids and focal points (GET /cliques).
func (c *Client) Cliques(ctx context.Context, f CliqueFilter) ([]model.Clique, error) {
	type entry struct {
		model.Clique
		Entry string `json:"id"`
	}
	entries, err := list[entry](ctx, c, "/cliques", "cliques", params("env_name", f.Environment, "inventory", f.Inventory,
		"focal_point_type", f.FocalPointType, "link_type", f.LinkType, "link_id", f.LinkID))
	cliques := make([]model.Clique, 0, len(entries))
	for _, e := range entries {
		e.ID = e.Entry
		cliques = append(cliques, e.Clique)
	}
	return cliques, err
}

// Clique returns the whole clique of a focal point, which is given by its document id (GET /cliques?focal_point=).
// An object that is not a focal point is an Error with status 404.
func (c *Client) Clique(ctx context.Context, environment, inventory, focalPoint string) (clique Clique, err error) {
	query := params("env_name", environment, "inventory", inventory, "focal_point", focalPoint)
	return clique, c.call(ctx, http.MethodGet, "/cliques", query, nil, &clique)
}
