package api

import (
	_ "embed"
	"errors"
	"html/template"
	"net/http"
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"

	"calipso.io/calipso/api/wire"
	"calipso.io/calipso/pkg/auth"
	"calipso.io/calipso/pkg/auth/oidc"
	"calipso.io/calipso/pkg/store"
)

func browserRoutes() []route {
	return []route{
		{"GET", "/login", public, params(text("next")), (*server).loginForm,
			doc{about: "The form to log in with a browser; next is the page to go to afterwards.", answer: "", media: mediaHTML}},
		{"POST", "/login", public, nil, (*server).loginBrowser,
			doc{about: "Begin a browser's session, and go to the page next.", body: wire.LoginForm{}, answer: "", media: mediaHTML, status: http.StatusSeeOther, same: []int{http.StatusUnauthorized, http.StatusTooManyRequests, http.StatusServiceUnavailable}}},
		{"POST", "/logout", public, nil, (*server).logoutBrowser,
			doc{about: "End a browser's session, and show the form again, or go to the provider to end the session there.", answer: "", media: mediaHTML, status: http.StatusSeeOther, same: []int{http.StatusOK}}},
		{"GET", oidcPath, public, params(text("next")), (*server).beginOIDC,
			doc{about: "Send a browser to the OpenID Connect provider to log in.", answer: "", media: mediaHTML, status: http.StatusSeeOther, same: []int{http.StatusNotFound, http.StatusServiceUnavailable}}},
		{"GET", oidc.CallbackPath, public, undeclared(), (*server).finishOIDC,
			doc{about: "Where the provider sends the browser back to: begin a session.", answer: "", media: mediaHTML, same: []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusServiceUnavailable}}},
	}
}

//go:embed login.html
var loginHTML string

//go:embed onward.html
var onwardHTML string

// loginPage is what login.html shows.
type loginPage struct {
	Next, Problem string
	Provider      string // that a browser may log in by, too; "" for none
	ProviderURL   string
}

// loginForm answers GET /login: the form to log in with a browser. next is the page to go to afterwards.
func (s *server) loginForm(c *gin.Context, q query) error {
	return s.writeLoginPage(c, http.StatusOK, localPath(q.text("next")), "")
}

// loginBrowser answers POST /login, the form with username, password and next: it begins a session.
func (s *server) loginBrowser(c *gin.Context, _ query) error {
	if err := c.Request.ParseForm(); err != nil {
		return &refusal{http.StatusBadRequest, "the form can't be read"}
	}
	form := c.Request.PostForm
	next := localPath(form.Get("next"))
	user, err := s.checkPassword(c, form.Get("username"), form.Get("password"))
	if store.CodeOf(err) == store.Unauthorised {
		return s.writeLoginPage(c, http.StatusUnauthorized, next, "The user name or the password is wrong.")
	}
	if refused := new(refusal); errors.As(err, &refused) {
		return s.writeLoginPage(c, refused.status, next, refused.message)
	}
	if err != nil {
		return err
	}
	if err := s.beginSession(c, user, byCredentials); err != nil {
		return err
	}
	c.Redirect(http.StatusSeeOther, next)
	return nil
}

// logoutBrowser answers POST /logout: it ends the session and shows the form again or, when the session was begun by a provider
// that can end its own, too, goes there.
func (s *server) logoutBrowser(c *gin.Context, _ query) error {
	ended, err := s.endSession(c)
	if err != nil {
		return err
	}
	setCookie(c, sessionCookie, "", -1, http.SameSiteStrictMode)
	if ended.Source == auth.SourceOIDC && s.OIDC != nil {
		if end := s.OIDC.LogoutURL(c.Request.Context()); end != "" {
			return writeOnward(c, end)
		}
	}
	c.Redirect(http.StatusSeeOther, "/login")
	return nil
}

func (s *server) writeLoginPage(c *gin.Context, status int, next, problem string) error {
	page := loginPage{Next: next, Problem: problem}
	if s.OIDC != nil {
		page.Provider, page.ProviderURL = s.OIDC.Name(), oidcPath+"?next="+url.QueryEscape(next)
	}
	return writeHTML(c, status, "login", loginHTML, page)
}

// writeOnward writes a page that the browser leaves at once for another one. After a redirect that begins at another site, or
// that ends there, browsers would not send a strict cookie, or would not let a form lead there.
func writeOnward(c *gin.Context, to string) error {
	return writeHTML(c, http.StatusOK, "onward", onwardHTML, to)
}

func writeHTML(c *gin.Context, status int, name, text string, data any) error {
	tmpl, err := template.New(name).Parse(text)
	if err != nil {
		return err
	}
	c.Header("Content-Security-Policy",
		"default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	c.Header("Content-Type", "text/html; charset=utf-8")
	c.Status(status)
	return tmpl.Execute(c.Writer, data)
}

// localPath returns the path if it is one on this server, and the monitor's otherwise: a link to the form can't be made
// to lead somewhere else.
func localPath(path string) string {
	if !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.ContainsAny(path, "\\\t\r\n") {
		return fleetPath
	}
	return path
}
