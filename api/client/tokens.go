package client

import (
	"context"
	"net/http"
	"time"
)

// Token is what a login gives.
type Token struct {
	Token   string    `json:"token"`
	Issued  time.Time `json:"issued_at"`
	Expires time.Time `json:"expires_at"`
	Method  string    `json:"method"`
}

// CreateToken logs a user in (POST /auth/tokens).
func (c *Client) CreateToken(ctx context.Context, username, password string) (token Token, err error) {
	body := map[string]any{"auth": map[string]any{
		"methods":     []string{"credentials"},
		"credentials": map[string]string{"username": username, "password": password},
	}}
	return token, c.call(ctx, http.MethodPost, "/auth/tokens", nil, body, &token)
}

// DeleteToken ends the validity of the client's token (DELETE /auth/tokens).
func (c *Client) DeleteToken(ctx context.Context) error {
	return c.call(ctx, http.MethodDelete, "/auth/tokens", nil, nil, nil)
}
