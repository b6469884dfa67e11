package api

import (
	_ "embed"
	"errors"
	"html/template"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"calipso.io/calipso/api/wire"
	"calipso.io/calipso/pkg/auth"
	"calipso.io/calipso/pkg/store"
)

func browserRoutes() []route {
	return []route{
		{"GET", "/login", public, params(text("next")), (*server).loginForm,
			doc{about: "The form to log in with a browser; next is the page to go to afterwards.", answer: "", media: mediaHTML}},
		{"POST", "/login", public, nil, (*server).loginBrowser,
			doc{about: "Begin a browser's session, and go to the page next.", body: wire.LoginForm{}, answer: "", media: mediaHTML, status: http.StatusSeeOther, same: []int{http.StatusUnauthorized, http.StatusTooManyRequests}}},
		{"GET", "/logout", public, nil, (*server).logoutBrowser,
			doc{about: "End a browser's session, and show the form again.", status: http.StatusSeeOther}},
	}
}

// sessionCookie holds the token of a browser's session.
const sessionCookie = "calipso_session"

//go:embed login.html
var loginHTML string

// loginPage is what login.html shows.
type loginPage struct{ Next, Problem string }

// loginForm answers GET /login: the form to log in with a browser. next is the page to go to afterwards.
func (s *server) loginForm(c *gin.Context, q query) error {
	return writeLoginPage(c, http.StatusOK, loginPage{Next: localPath(q.text("next"))})
}

// loginBrowser answers POST /login, the form with username, password and next: it begins a session.
func (s *server) loginBrowser(c *gin.Context, _ query) error {
	if err := c.Request.ParseForm(); err != nil {
		return &refusal{http.StatusBadRequest, "the form can't be read"}
	}
	form := c.Request.PostForm
	user, next := form.Get("username"), localPath(form.Get("next"))
	err := s.checkPassword(c, user, form.Get("password"))
	if store.CodeOf(err) == store.Unauthorised {
		return writeLoginPage(c, http.StatusUnauthorized, loginPage{Next: next, Problem: "The user name or the password is wrong."})
	}
	if refused := new(refusal); errors.As(err, &refused) {
		return writeLoginPage(c, refused.status, loginPage{Next: next, Problem: refused.message})
	}
	if err != nil {
		return err
	}
	c.Set(userKey, user)
	token, _, err := s.issueToken(c.Request.Context(), user, byCredentials)
	if err != nil {
		return err
	}
	setSession(c, token, int(tokenLifetime.Seconds()))
	c.Redirect(http.StatusSeeOther, next)
	return nil
}

// logoutBrowser answers GET /logout: it ends the session and shows the form again.
func (s *server) logoutBrowser(c *gin.Context, _ query) error {
	if token, _ := c.Cookie(sessionCookie); token != "" {
		user, _ := s.userOfToken(c.Request.Context(), token) // nobody's when it has expired
		c.Set(userKey, user)
		if _, err := s.root.Tokens.Delete(c.Request.Context(), store.IDs(auth.HashToken(token))); err != nil {
			return err
		}
	}
	setSession(c, "", -1)
	c.Redirect(http.StatusSeeOther, "/login")
	return nil
}

// setSession sets the session's cookie for so many seconds; a negative number removes it.
func setSession(c *gin.Context, token string, seconds int) {
	http.SetCookie(c.Writer, &http.Cookie{Name: sessionCookie, Value: token, Path: "/", MaxAge: seconds,
		HttpOnly: true, SameSite: http.SameSiteStrictMode,
		Secure: overTLS(c.Request)})
}

func writeLoginPage(c *gin.Context, status int, page loginPage) error {
	tmpl, err := template.New("login").Parse(loginHTML)
	if err != nil {
		return err
	}
	c.Header("Content-Security-Policy",
		"default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	c.Header("Content-Type", "text/html; charset=utf-8")
	c.Status(status)
	return tmpl.Execute(c.Writer, page)
}

// localPath returns the path if it is one on this server, and the monitor's otherwise: a link to the form can't be made
// to lead somewhere else.
func localPath(path string) string {
	if !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.ContainsAny(path, "\\\t\r\n") {
		return fleetPath
	}
	return path
}
