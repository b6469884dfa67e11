package client

import (
	"context"
	"net/http"
	"strconv"

	"calipso.io/calipso/api/wire"
)

// SearchFilter says what to look for: a part of a name, an id, or an address. What is empty selects all.
type SearchFilter struct {
	Text        string
	Environment string
	Inventory   string // the default one when empty; it goes with an environment
	Types       []string
	Limit       int // 15 when it is 0; at most 500
}

// Search finds objects in all environments that the user may see, the best hits first (GET /search).
func (c *Client) Search(ctx context.Context, f SearchFilter) (answer wire.SearchAnswer, err error) {
	query := params("query", f.Text, "env_name", f.Environment, "inventory", f.Inventory)
	for _, t := range f.Types {
		query.Add("type", t)
	}
	if f.Limit > 0 {
		query.Set("page_size", strconv.Itoa(f.Limit))
	}
	return answer, c.call(ctx, http.MethodGet, "/search", query, nil, &answer)
}
