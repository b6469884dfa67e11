package api

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"calipso.io/calipso/pkg/auth"
	"calipso.io/calipso/pkg/store"
)

// Cookies of browsers.
const (
	sessionCookie = "calipso_session" // the token of a session
	pendingCookie = "calipso_login"   // a login by OpenID Connect that was begun
)

// secure tells whether the browser speaks TLS, to this server or to a proxy before it.
func secure(c *gin.Context) bool {
	return c.Request.TLS != nil || c.GetHeader("X-Forwarded-Proto") == "https"
}

// cookieName is a cookie's name. Browsers take one with this prefix from this very server over TLS only, so that no neighbour
// of the same domain can put one in its place.
func cookieName(c *gin.Context, name string) string {
	if secure(c) {
		return "__Host-" + name
	}
	return name
}

// setCookie sets a cookie for so many seconds; a negative number removes it.
func setCookie(c *gin.Context, name, value string, seconds int, site http.SameSite) {
	http.SetCookie(c.Writer, &http.Cookie{Name: cookieName(c, name), Value: value, Path: "/", MaxAge: seconds,
		HttpOnly: true, SameSite: site, Secure: secure(c)})
}

// cookie returns the value of a cookie, or "".
func cookie(c *gin.Context, name string) string {
	if found, err := c.Request.Cookie(cookieName(c, name)); err == nil {
		return found.Value
	}
	return ""
}

// sessionOf returns the token of a browser's session, or "".
func sessionOf(c *gin.Context) string { return cookie(c, sessionCookie) }

// beginSession logs a browser in: always under a new token, and the one that it had ends.
func (s *server) beginSession(c *gin.Context, user auth.Identity, method string) error {
	if _, err := s.endSession(c); err != nil {
		return err
	}
	c.Set(userKey, user.User)
	c.Set(sourceKey, user.Source)
	token, _, err := s.issueToken(c.Request.Context(), s.tokenFor(c, user, store.SessionToken, method))
	if err != nil {
		return err
	}
	setCookie(c, sessionCookie, token, int(s.TokenLifetime.Seconds()), http.SameSiteStrictMode)
	return nil
}

// endSession ends the session that a browser has, and returns what it was.
func (s *server) endSession(c *gin.Context) (ended store.Token, err error) {
	token := sessionOf(c)
	if token == "" {
		return ended, nil
	}
	ended, err = s.root.Tokens.Get(c.Request.Context(), auth.HashToken(token))
	if err == nil {
		c.Set(userKey, ended.User)
		c.Set(sourceKey, ended.Source)
	}
	if store.CodeOf(err) == store.NotFound || err == nil && ended.Kind != store.SessionToken {
		return store.Token{}, nil
	}
	if err != nil {
		return ended, err
	}
	_, err = s.root.Tokens.Delete(c.Request.Context(), store.IDs(ended.Hash))
	return ended, err
}
