package client

import (
	"context"
	"net/http"
	"net/url"
	"time"
)

// User is a user as the API shows it: roles for all environments, and single environments.
type User struct {
	Name    string     `json:"name"`
	Source  string     `json:"source"`
	Roles   []string   `json:"roles"`
	View    []string   `json:"view-env"`
	Edit    []string   `json:"edit-env"`
	Groups  []string   `json:"groups,omitempty"`
	Created *time.Time `json:"created,omitempty"`
}

// UserGrants is what a user may do; nil leaves it as it is.
type UserGrants struct {
	Roles *[]string `json:"roles,omitempty"`
	View  *[]string `json:"view-env,omitempty"`
	Edit  *[]string `json:"edit-env,omitempty"`
}

// Users lists the users that log in with a password of Calipso's own (GET /users).
func (c *Client) Users(ctx context.Context) ([]User, error) {
	return list[User](ctx, c, "/users", "users", url.Values{})
}

// AddUser makes a user (POST /users).
func (c *Client) AddUser(ctx context.Context, name, password string, grants UserGrants) error {
	body := struct {
		Name     string `json:"name"`
		Password string `json:"password"`
		UserGrants
	}{name, password, grants}
	return c.call(ctx, http.MethodPost, "/users", nil, body, nil)
}

// SetUser changes what a user may do (PUT /users/{name}).
func (c *Client) SetUser(ctx context.Context, name string, grants UserGrants) error {
	return c.call(ctx, http.MethodPut, "/users/"+url.PathEscape(name), nil, grants, nil)
}

// DeleteUser removes a user with all rights and logins (DELETE /users/{name}).
func (c *Client) DeleteUser(ctx context.Context, name string) error {
	return c.call(ctx, http.MethodDelete, "/users/"+url.PathEscape(name), nil, nil, nil)
}
