package client

import (
	"context"
	"net/http"
	"net/url"

	"calipso.io/calipso/api/wire"
	"calipso.io/calipso/pkg/model"
)

// CliqueTypes lists the clique types, those that were made over the API first (GET /clique_types). An empty environment
// means all.
func (c *Client) CliqueTypes(ctx context.Context, environment string) ([]model.CliqueType, error) {
	return list[model.CliqueType](ctx, c, "/clique_types", "clique_types", params("env_name", environment))
}

// AddCliqueType makes a clique type for an environment or a configuration, and returns its id (POST /clique_types).
func (c *Client) AddCliqueType(ctx context.Context, ct model.CliqueType) (id string, err error) {
	var answer wire.Done
	err = c.call(ctx, http.MethodPost, "/clique_types", nil, ct, &answer)
	return answer.ID, err
}

// DeleteCliqueType deletes a clique type that was made over the API (DELETE /clique_types/{id}).
func (c *Client) DeleteCliqueType(ctx context.Context, id string) error {
	return c.call(ctx, http.MethodDelete, "/clique_types/"+url.PathEscape(id), nil, nil, nil)
}
