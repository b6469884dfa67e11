package api

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"calipso.io/calipso/api/wire"
	"calipso.io/calipso/pkg/auth"
	"calipso.io/calipso/pkg/store"
)

func tokenRoutes() []route {
	return []route{
		{"POST", "/auth/tokens", public, nil, (*server).createToken,
			doc{about: "Exchange a user's name and password, or a token, for a new token.", body: wire.TokenRequest{Auth: &wire.TokenAuth{Methods: []string{byCredentials}, Credentials: &wire.Credentials{Username: "admin", Password: "…"}}}, answer: wire.Token{}, status: http.StatusCreated}},
		{"DELETE", "/auth/tokens", public, nil, (*server).deleteToken,
			doc{about: "End the validity of the token in the header."}},
	}
}

// tokenLifetime is how long a login lasts.
const tokenLifetime = 24 * time.Hour

// Methods of logging in.
const (
	byCredentials = "credentials"
	byToken       = "token"
)

// createToken answers POST /auth/tokens: it exchanges a password, or a token, for a new token.
func (s *server) createToken(c *gin.Context, _ query) error {
	body, err := decodeBody[wire.TokenRequest](c)
	if err != nil {
		return err
	}
	user, method, err := s.authenticate(c, body)
	if err != nil {
		return err
	}
	c.Set(userKey, user)
	token, stored, err := s.issueToken(c.Request.Context(), user, method)
	if err != nil {
		return err
	}
	c.JSON(http.StatusCreated, wire.Token{ID: stored.Hash[:24], Token: token, Issued: stored.Issued, Expires: stored.Expires, Method: method})
	return nil
}

// authenticate finds out whom a token is for; credentials are preferred to a token.
func (s *server) authenticate(c *gin.Context, body wire.TokenRequest) (user, method string, err error) {
	if body.Auth == nil {
		return "", "", invalid("auth", "this key is missing")
	}
	for _, m := range body.Auth.Methods {
		if err := checkOneOf(m, []string{byCredentials, byToken}); err != nil {
			return "", "", invalid("auth.methods", "must be "+err.Error())
		}
	}
	switch credentials := body.Auth.Credentials; {
	case slices.Contains(body.Auth.Methods, byCredentials) && credentials != nil:
		return credentials.Username, byCredentials, s.checkPassword(c, credentials.Username, credentials.Password)
	case slices.Contains(body.Auth.Methods, byToken) && body.Auth.Token != "":
		user, err := s.userOfToken(c.Request.Context(), body.Auth.Token)
		return user, byToken, err
	}
	return "", "", store.Errorf(store.Unauthorised, "credentials or a token are needed, and the method that says which")
}

// issueToken makes a token for a user, of which only the hash is stored.
func (s *server) issueToken(ctx context.Context, user, method string) (string, store.Token, error) {
	token, now := auth.NewToken(), s.Now().UTC()
	// The collection stays as small as a day's logins.
	if err := dropTokens(ctx, s.root, func(t store.Token) bool { return now.After(t.Expires) }); err != nil {
		return "", store.Token{}, err
	}
	stored := store.Token{Hash: auth.HashToken(token), User: user, Method: method, Issued: now, Expires: now.Add(tokenLifetime)}
	return token, stored, s.root.Tokens.Create(ctx, stored)
}

// dropTokens deletes the tokens that the function selects.
func dropTokens(ctx context.Context, db *store.DB, drop func(store.Token) bool) error {
	var dropped []string
	err := db.Tokens.Each(ctx, store.Query{}, func(t store.Token) error {
		if drop(t) {
			dropped = append(dropped, t.Hash)
		}
		return nil
	})
	if err != nil || len(dropped) == 0 {
		return err
	}
	_, err = db.Tokens.Delete(ctx, store.IDs(dropped...))
	return err
}

// deleteToken answers DELETE /auth/tokens: the token in the header is worth nothing from then on.
func (s *server) deleteToken(c *gin.Context, _ query) error {
	given := headerToken(c)
	if given == "" {
		return store.Errorf(store.Unauthorised, "the token to delete is missing: it belongs into the header X-Auth-Token")
	}
	user, err := s.userOfToken(c.Request.Context(), given)
	if err != nil {
		return err
	}
	c.Set(userKey, user)
	deleted, err := s.root.Tokens.Delete(c.Request.Context(), store.IDs(auth.HashToken(given)))
	if err != nil {
		return err
	}
	if deleted == 0 {
		return store.Errorf(store.Unauthorised, "this token can't be deleted: it is not from a login")
	}
	c.Status(http.StatusOK)
	return nil
}
