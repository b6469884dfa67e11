package api

import (
	"context"
	"net/http"
	"slices"

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
		{"GET", "/auth/tokens", login, nil, (*server).listTokens, doc{about: "One's own logins that last: tokens, and sessions of browsers.", answer: wire.LoginList{}}},
		{"DELETE", "/auth/tokens/:id", login, nil, (*server).revokeToken, doc{about: "End one of one's own logins.", status: http.StatusNoContent}},
	}
}

// Methods of logging in.
const (
	byCredentials = "credentials"
	byToken       = "token"
	byOIDC        = "oidc"
)

// createToken answers POST /auth/tokens: it exchanges a password, or a token, for a new token.
func (s *server) createToken(c *gin.Context, _ query) error {
	body, err := decodeBody[wire.TokenRequest](c)
	if err != nil {
		return err
	}
	wanted, err := s.authenticate(c, body)
	if err != nil {
		return err
	}
	c.Set(userKey, wanted.User)
	c.Set(sourceKey, wanted.Source)
	token, stored, err := s.issueToken(c.Request.Context(), wanted)
	if err != nil {
		return err
	}
	c.JSON(http.StatusCreated, wire.Token{ID: tokenID(stored), Token: token, Issued: stored.Issued, Expires: stored.Expires, Method: stored.Method})
	return nil
}

// authenticate finds out whom a token is for; credentials are preferred to a token.
func (s *server) authenticate(c *gin.Context, body wire.TokenRequest) (store.Token, error) {
	if body.Auth == nil {
		return store.Token{}, invalid("auth", "this key is missing")
	}
	for _, m := range body.Auth.Methods {
		if err := checkOneOf(m, []string{byCredentials, byToken}); err != nil {
			return store.Token{}, invalid("auth.methods", "must be "+err.Error())
		}
	}
	switch credentials := body.Auth.Credentials; {
	case slices.Contains(body.Auth.Methods, byCredentials) && credentials != nil:
		user, err := s.checkPassword(c, credentials.Username, credentials.Password)
		return s.tokenFor(c, user, store.LoginToken, byCredentials), err
	case slices.Contains(body.Auth.Methods, byToken) && body.Auth.Token != "":
		return s.renewed(c, body.Auth.Token)
	}
	return store.Token{}, store.Errorf(store.Unauthorised, "credentials or a token are needed, and the method that says which")
}

// tokenFor is what is kept of a token for somebody who has just logged in.
func (s *server) tokenFor(c *gin.Context, user auth.Identity, kind store.TokenKind, method string) store.Token {
	now := s.Now().UTC()
	return store.Token{Kind: kind, Method: method, User: user.User, Source: user.Source, Groups: user.Groups,
		Address: c.ClientIP(), Issued: now, Confirmed: now, Used: now, Expires: now.Add(s.TokenLifetime)}
}

// renewed is what is kept of a token for who has a token. A key can't be made a token: it may be restricted, and has a lifetime
// of its own. Whom a directory knows has to log in there again when the first token would have ended: else nobody would notice
// that the user is gone from there.
func (s *server) renewed(c *gin.Context, given string) (store.Token, error) {
	if s.isLocal(given) {
		return s.tokenFor(c, auth.Identity{User: localUser, Source: auth.SourceLocal}, store.LoginToken, byToken), nil
	}
	old, err := s.checkToken(c, given)
	if err != nil {
		return store.Token{}, err
	}
	if old.Kind == store.KeyToken {
		return store.Token{}, store.Errorf(store.Unauthorised, "a key can't be exchanged for a token: use the key in its place")
	}
	renewed := s.tokenFor(c, identityBy(old), store.LoginToken, byToken)
	if old.Source != auth.SourceLocal {
		renewed.Confirmed, renewed.Expires = old.Confirmed, old.Expires
	}
	return renewed, nil
}

// issueToken makes a secret for a token, of which only the hash is stored.
func (s *server) issueToken(ctx context.Context, wanted store.Token) (string, store.Token, error) {
	secret := newSecret(wanted.Kind)
	wanted.Hash = auth.HashToken(secret)
	// The collection stays as small as what still counts.
	if _, err := s.root.Tokens.Delete(ctx, store.Less(store.Expires, store.Time(s.Now()))); err != nil {
		return "", wanted, err
	}
	if err := s.confirm(ctx, wanted); err != nil {
		return "", wanted, err
	}
	return secret, wanted, s.root.Tokens.Create(ctx, wanted)
}

// confirm tells the other tokens of a user that the directory still knows the user, and in which groups.
func (s *server) confirm(ctx context.Context, by store.Token) error {
	if by.Source == auth.SourceLocal || by.Method == byToken {
		return nil
	}
	ids, err := s.root.Tokens.IDs(ctx, store.Where(store.Is(store.TokenOwner, by.Owner())))
	for _, id := range ids {
		if err != nil {
			return err
		}
		_, err = s.root.Tokens.Update(ctx, id, func(t *store.Token) error {
			t.Groups, t.Confirmed = by.Groups, by.Confirmed
			return nil
		})
		if store.CodeOf(err) == store.NotFound { // revoked meanwhile
			err = nil
		}
	}
	return err
}

// deleteToken answers DELETE /auth/tokens: the token in the header is worth nothing from then on.
func (s *server) deleteToken(c *gin.Context, _ query) error {
	given := headerToken(c)
	if given == "" {
		return store.Errorf(store.Unauthorised, "the token to delete is missing: it belongs into the header X-Auth-Token")
	}
	if s.isLocal(given) {
		return store.Errorf(store.Unauthorised, "this token can't be deleted: it is not from a login")
	}
	token, err := s.checkToken(c, given)
	if err != nil {
		return err
	}
	c.Set(userKey, token.User)
	if token.Kind == store.KeyToken {
		return store.Errorf(store.Unauthorised, "this token can't be deleted: it is a key, which DELETE /auth/keys/%s revokes", tokenID(token))
	}
	if _, err := s.root.Tokens.Delete(c.Request.Context(), store.IDs(token.Hash)); err != nil {
		return err
	}
	c.Status(http.StatusOK)
	return nil
}
