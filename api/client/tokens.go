package client

import (
	"context"
	"net/http"
	"net/url"

	"calipso.io/calipso/api/wire"
)

// CreateToken logs a user in (POST /auth/tokens).
func (c *Client) CreateToken(ctx context.Context, username, password string) (token wire.Token, err error) {
	body := wire.TokenRequest{Auth: &wire.TokenAuth{Methods: []string{"credentials"},
		Credentials: &wire.Credentials{Username: username, Password: password}}}
	return token, c.call(ctx, http.MethodPost, "/auth/tokens", nil, body, &token)
}

// DeleteToken ends the validity of the client's token (DELETE /auth/tokens).
func (c *Client) DeleteToken(ctx context.Context) error {
	return c.call(ctx, http.MethodDelete, "/auth/tokens", nil, nil, nil)
}

// Logins returns the user's logins that last (GET /auth/tokens).
func (c *Client) Logins(ctx context.Context) ([]wire.Login, error) {
	var answer wire.LoginList
	err := c.call(ctx, http.MethodGet, "/auth/tokens", nil, nil, &answer)
	return answer.Tokens, err
}

// DeleteLogin ends one of the user's logins (DELETE /auth/tokens/{id}).
func (c *Client) DeleteLogin(ctx context.Context, id string) error {
	return c.call(ctx, http.MethodDelete, "/auth/tokens/"+url.PathEscape(id), nil, nil, nil)
}

// CreateKey makes an API key (POST /auth/keys).
func (c *Client) CreateKey(ctx context.Context, wanted wire.KeyRequest) (key wire.NewKey, err error) {
	err = c.call(ctx, http.MethodPost, "/auth/keys", nil, wanted, &key)
	return key, err
}

// Keys returns the user's API keys (GET /auth/keys).
func (c *Client) Keys(ctx context.Context) ([]wire.Key, error) {
	var answer wire.KeyList
	err := c.call(ctx, http.MethodGet, "/auth/keys", nil, nil, &answer)
	return answer.Keys, err
}

// DeleteKey revokes an API key (DELETE /auth/keys/{id}).
func (c *Client) DeleteKey(ctx context.Context, id string) error {
	return c.call(ctx, http.MethodDelete, "/auth/keys/"+url.PathEscape(id), nil, nil, nil)
}
