package client

import (
	"context"
	"net/http"
	"net/url"

	"calipso.io/calipso/api/wire"
	"calipso.io/calipso/pkg/model"
)

// Environments lists the environments, without their configuration (GET /environment_configs).
func (c *Client) Environments(ctx context.Context) ([]model.Environment, error) {
	return list[model.Environment](ctx, c, "/environment_configs", "environment_configs", url.Values{})
}

// Environment returns one environment, its secrets masked (GET /environment_configs?name=).
func (c *Client) Environment(ctx context.Context, name string) (env model.Environment, err error) {
	return env, c.call(ctx, http.MethodGet, "/environment_configs", params("name", name), nil, &env)
}

// AddEnvironment stores a new environment (POST /environment_configs). The document is a model.Environment, or JSON
// where keys that Calipso doesn't know are to be refused by their names. A name that is taken is an Error with status 409.
func (c *Client) AddEnvironment(ctx context.Context, document any, options ...EnvironmentOption) error {
	return c.call(ctx, http.MethodPost, "/environment_configs", optionQuery(options), document, nil)
}

// ReplaceEnvironment replaces an environment's document (PUT /environment_configs/{name}); masked secrets in it stand
// for those that are stored.
func (c *Client) ReplaceEnvironment(ctx context.Context, name string, document any, options ...EnvironmentOption) error {
	return c.call(ctx, http.MethodPut, environmentPath(name), optionQuery(options), document, nil)
}

// EnvironmentOption changes how an environment is stored.
type EnvironmentOption string

// Force stores an environment whose variance is not supported.
const Force EnvironmentOption = "force"

func optionQuery(options []EnvironmentOption) url.Values {
	query := url.Values{}
	for _, option := range options {
		query.Set(string(option), "true")
	}
	return query
}

// DeleteEnvironment removes an environment and all that is known of it (DELETE /environment_configs/{name}).
func (c *Client) DeleteEnvironment(ctx context.Context, name string) error {
	return c.call(ctx, http.MethodDelete, environmentPath(name), nil, nil, nil)
}

// HostKeys lists the accepted host keys of an environment (GET /environment_configs/{name}/host_keys).
func (c *Client) HostKeys(ctx context.Context, environment string) (keys []wire.HostKey, err error) {
	return listed[wire.HostKey](ctx, c, environmentPath(environment)+"/host_keys", "host_keys", nil)
}

// DeleteHostKey forgets the key of a host, given as "address:port": the next one that it shows is accepted
// (DELETE /environment_configs/{name}/host_keys/{host:port}).
func (c *Client) DeleteHostKey(ctx context.Context, environment, host string) error {
	return c.call(ctx, http.MethodDelete, environmentPath(environment)+"/host_keys/"+url.PathEscape(host), nil, nil, nil)
}

func environmentPath(name string) string { return "/environment_configs/" + url.PathEscape(name) }
