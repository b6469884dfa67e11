package api

import (
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"calipso.io/calipso/pkg/auth"
	"calipso.io/calipso/pkg/auth/oidc"
	"calipso.io/calipso/pkg/store"
)

// oidcPath is where a browser begins to log in by the OpenID Connect provider.
const oidcPath = "/login/oidc"

// pendingFor is how long a login by the provider may take.
const pendingFor = 10 * time.Minute

// pendingLogin is what a browser keeps while it is at the provider, sealed: nobody else can go on with the login.
type pendingLogin struct {
	oidc.Pending
	Next  string
	Until time.Time
}

// pendingPlace is where a sealed pending login belongs.
const pendingPlace = "a browser's pending login"

// beginOIDC answers GET /login/oidc: it sends the browser to the provider.
func (s *server) beginOIDC(c *gin.Context, q query) error {
	if s.OIDC == nil {
		return s.writeLoginPage(c, http.StatusNotFound, fleetPath, "Logging in by OpenID Connect is not set up here.")
	}
	next := localPath(q.text("next"))
	pending, address, err := s.OIDC.Begin(c.Request.Context())
	if err != nil {
		return s.oidcFailed(c, next, err)
	}
	text, err := json.Marshal(pendingLogin{pending, next, s.Now().Add(pendingFor)})
	if err != nil {
		return err
	}
	// Lax, since it is the provider's page that leads the browser back.
	setCookie(c, pendingCookie, s.Sealer.Seal(string(text), pendingPlace), int(pendingFor.Seconds()), http.SameSiteLaxMode)
	c.Redirect(http.StatusSeeOther, address)
	return nil
}

// finishOIDC answers GET /login/oidc/callback: it begins a session of the user whom the provider names.
func (s *server) finishOIDC(c *gin.Context, _ query) error {
	if s.OIDC == nil {
		return s.writeLoginPage(c, http.StatusNotFound, fleetPath, "Logging in by OpenID Connect is not set up here.")
	}
	pending := s.pendingOf(c)
	setCookie(c, pendingCookie, "", -1, http.SameSiteLaxMode)
	ctx, next := c.Request.Context(), localPath(pending.Next)
	user, err := s.OIDC.Finish(ctx, pending.Pending, c.Request.URL.Query())
	if err != nil {
		return s.oidcFailed(c, next, err)
	}
	if err := s.notLocal(ctx, user.Name); errors.Is(err, auth.ErrPassword) {
		return s.writeLoginPage(c, http.StatusForbidden, next, "A user of Calipso's own has the name "+user.Name+": log in by its password.")
	} else if err != nil {
		return err
	}
	if err := s.beginSession(c, auth.Identity{User: user.Name, Source: auth.SourceOIDC, Groups: user.Groups}, byOIDC); err != nil {
		return err
	}
	return writeOnward(c, next)
}

// pendingOf returns the login that the browser has begun, or one that nothing fits.
func (s *server) pendingOf(c *gin.Context) pendingLogin {
	text, err := s.Sealer.Open(cookie(c, pendingCookie), pendingPlace)
	var pending pendingLogin
	if err != nil || json.Unmarshal([]byte(text), &pending) != nil || s.Now().After(pending.Until) {
		return pendingLogin{}
	}
	return pending
}

// oidcFailed shows the form again. What went wrong is in the log; the browser may be somebody's who tries what can be done.
func (s *server) oidcFailed(c *gin.Context, next string, err error) error {
	if store.CodeOf(err) != "" {
		return err
	}
	s.Log.WarnContext(c.Request.Context(), "login by OpenID Connect failed", "remote", c.ClientIP(), "request", requestID(c), "error", err)
	if errors.Is(err, oidc.ErrRefused) {
		return s.writeLoginPage(c, http.StatusUnauthorized, next, "Logging in by "+s.OIDC.Name()+" did not work: try again. The log has more of request "+requestID(c)+".")
	}
	return s.writeLoginPage(c, http.StatusServiceUnavailable, next, s.OIDC.Name()+" can't be asked now: try again later. The log has more of request "+requestID(c)+".")
}
