package api

import (
	"net/http"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"calipso.io/calipso/api/wire"
	"calipso.io/calipso/pkg/auth"
	"calipso.io/calipso/pkg/store"
)

func keyRoutes() []route {
	return []route{
		{"POST", "/auth/keys", login, nil, (*server).createKey, doc{
			about: "Make an API key: a token for a program, with the rights of who makes it. It is shown this once.",
			body:  wire.KeyRequest{}, answer: wire.NewKey{}, status: http.StatusCreated}},
		{"GET", "/auth/keys", login, nil, (*server).listKeys, doc{about: "One's own API keys.", answer: wire.KeyList{}}},
		{"DELETE", "/auth/keys/:id", login, nil, (*server).revokeKey, doc{about: "Revoke one of one's own API keys.", status: http.StatusNoContent}},
	}
}

// Limits of keys.
const (
	keyLifetime    = 90 * 24 * time.Hour // where none is asked for
	maxKeyLifetime = 366 * 24 * time.Hour
	maxKeyName     = 64  // characters
	maxKeys        = 100 // of one user
)

// createKey answers POST /auth/keys. It takes a login: who finds a key can't make others of it, which would outlive it.
func (s *server) createKey(c *gin.Context, _ query) error {
	body, err := decodeBody[wire.KeyRequest](c)
	if err != nil {
		return err
	}
	if s.user.Key != "" {
		return store.Errorf(store.Forbidden, "a key can't make keys: log in by name and password, or with a browser")
	}
	if s.user.User == localUser {
		return store.Errorf(store.Forbidden, "a key is somebody's: log in as a user")
	}
	expires, err := s.checkKey(c, body)
	if err != nil {
		return err
	}
	wanted := s.tokenFor(c, s.user, store.KeyToken, byToken)
	wanted.Name, wanted.ReadOnly, wanted.Expires, wanted.Used = body.Name, body.ReadOnly, expires, time.Time{}
	secret, stored, err := s.issueToken(c.Request.Context(), wanted)
	if err != nil {
		return err
	}
	c.JSON(http.StatusCreated, wire.NewKey{Key: describeKey(stored), Secret: secret})
	return nil
}

// checkKey looks at what is asked for, and returns when the key is to expire.
func (s *server) checkKey(c *gin.Context, k wire.KeyRequest) (time.Time, error) {
	if n := utf8.RuneCountInString(k.Name); n == 0 || n > maxKeyName || strings.TrimSpace(k.Name) != k.Name || strings.ContainsFunc(k.Name, unicode.IsControl) {
		return time.Time{}, invalid("name", "must be a text of 1 to 64 characters, without blanks at its ends")
	}
	own, err := s.ownTokens(c.Request.Context(), store.KeyToken)
	if err != nil {
		return time.Time{}, err
	}
	for _, other := range own {
		if other.Name == k.Name {
			return time.Time{}, &store.Error{Code: store.Conflict, Field: "name", Message: "name: you have a key of this name"}
		}
	}
	if len(own) >= maxKeys {
		return time.Time{}, store.Errorf(store.Conflict, "you have %d keys: revoke some first", len(own))
	}
	return s.keyExpires(k.Expires)
}

func (s *server) keyExpires(wanted string) (time.Time, error) {
	now := s.Now().UTC()
	if wanted == "" {
		return now.Add(keyLifetime), nil
	}
	expires, err := time.Parse(time.RFC3339, wanted)
	if err != nil || !expires.After(now) || expires.After(now.Add(maxKeyLifetime)) {
		return expires, invalid("expires_at", "must be a time within the next 366 days, such as "+now.Add(keyLifetime).Format(time.RFC3339))
	}
	return expires.UTC(), nil
}

func describeKey(t store.Token) wire.Key {
	entry := wire.Key{ID: tokenID(t), Name: t.Name, ReadOnly: t.ReadOnly, Issued: t.Issued, Expires: t.Expires}
	if !t.Used.IsZero() {
		entry.Used = &t.Used
	}
	return entry
}

// listKeys answers GET /auth/keys.
func (s *server) listKeys(c *gin.Context, _ query) error {
	keys, err := s.ownTokens(c.Request.Context(), store.KeyToken)
	if err != nil {
		return err
	}
	list := wire.KeyList{Keys: []wire.Key{}}
	for _, key := range keys {
		list.Keys = append(list.Keys, describeKey(key))
	}
	c.JSON(http.StatusOK, list)
	return nil
}

// revokeKey answers DELETE /auth/keys/{id}.
func (s *server) revokeKey(c *gin.Context, _ query) error { return s.revoke(c, "key", store.KeyToken) }

// newSecret makes the secret of a token. A key's says what it is, so that programs that look for lost secrets find it.
func newSecret(kind store.TokenKind) string {
	if kind == store.KeyToken {
		return "calipso_" + auth.NewToken()
	}
	return auth.NewToken()
}
