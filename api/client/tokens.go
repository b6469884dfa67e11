package client

import (
	"context"
	"net/http"

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
