package client

import (
	"context"
	"net/http"

	"calipso.io/calipso/api/wire"
	"calipso.io/calipso/pkg/model"
)

// LinkFilter selects links. Environment is needed; what is empty selects all.
type LinkFilter struct {
	Environment string
	Inventory   string // the default one when empty
	LinkType    string
	Host        string
	SourceID    string
	TargetID    string
	State       string
	Network     string // id of a network that the link carries
}

// Links lists links (GET /links): of each its id, name, type, host, state and ends.
func (c *Client) Links(ctx context.Context, f LinkFilter) ([]model.Link, error) {
	entries, err := list[wire.LinkEntry](ctx, c, "/links", "links", params("env_name", f.Environment, "inventory", f.Inventory,
		"link_type", f.LinkType, "host", f.Host, "source_id", f.SourceID, "target_id", f.TargetID, "state", f.State,
		"attributes:network", f.Network))
	links := make([]model.Link, 0, len(entries))
	for _, e := range entries {
		links = append(links, model.Link{ID: e.ID, LinkName: e.LinkName, LinkType: e.LinkType, Environment: e.Environment, Host: e.Host,
			State: e.State, Source: e.Source, Target: e.Target, SourceID: e.SourceID, TargetID: e.TargetID})
	}
	return links, err
}

// Link returns the whole of a link (GET /links?id=).
func (c *Client) Link(ctx context.Context, environment, inventory, id string) (link model.Link, err error) {
	query := params("env_name", environment, "inventory", inventory, "id", id)
	return link, c.call(ctx, http.MethodGet, "/links", query, nil, &link)
}
