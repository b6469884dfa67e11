package client

import (
	"context"
	"net/http"
	"net/url"

	"calipso.io/calipso/api/wire"
)

// Users lists the users that log in with a password of Calipso's own (GET /users).
func (c *Client) Users(ctx context.Context) ([]wire.User, error) {
	return list[wire.User](ctx, c, "/users", "users", url.Values{})
}

// AddUser makes a user (POST /users).
func (c *Client) AddUser(ctx context.Context, user wire.NewUser) error {
	return c.call(ctx, http.MethodPost, "/users", nil, user, nil)
}

// SetUser changes what a user may do (PUT /users/{name}); what is nil stays as it is.
func (c *Client) SetUser(ctx context.Context, name string, grants wire.UserGrants) error {
	return c.call(ctx, http.MethodPut, "/users/"+url.PathEscape(name), nil, grants, nil)
}

// EndLogins ends all logins of a user that a source knows, or any of them for "", and returns how many these were
// (DELETE /users/{name}/logins).
func (c *Client) EndLogins(ctx context.Context, name, source string) (int, error) {
	var ended wire.Count
	err := c.call(ctx, http.MethodDelete, "/users/"+url.PathEscape(name)+"/logins", params("source", source), nil, &ended)
	return ended.Count, err
}

// DeleteUser removes a user with all rights and logins (DELETE /users/{name}).
func (c *Client) DeleteUser(ctx context.Context, name string) error {
	return c.call(ctx, http.MethodDelete, "/users/"+url.PathEscape(name), nil, nil, nil)
}
