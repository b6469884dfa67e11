package api

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"
	"github.com/hibiken/asynqmon"
	"github.com/redis/go-redis/v9"

	"calipso.io/calipso/pkg/auth"
	"calipso.io/calipso/pkg/store"
)

// monitorPath is where the task monitor is.
const monitorPath = "/tasks"

// sharedRedis lets the monitor use a connection that is open already.
type sharedRedis struct{ client redis.UniversalClient }

func (r sharedRedis) MakeRedisClient() any { return r.client }

func newMonitor(client redis.UniversalClient, text *taskText) *asynqmon.HTTPHandler {
	return asynqmon.New(asynqmon.Options{RootPath: monitorPath, RedisConnOpt: sharedRedis{client},
		PayloadFormatter: text, ResultFormatter: text})
}

// serveMonitor answers everything under /tasks: the web pages of asynqmon and what they ask for. Who is not logged in
// is sent to the form, if it is a browser that asks for a page.
func (s *server) serveMonitor(c *gin.Context) {
	// It shows the tasks of all environments, and its buttons stop them.
	needed := access(auth.EditEnv)
	if c.Request.Method == http.MethodGet {
		needed = access(auth.ViewEnv)
	}
	_, err := s.admitUser(c, needed)
	if err == nil && needed == access(auth.EditEnv) {
		err = auditOf(c).note(c.Request.Context(), c.Request.URL.Path)
	}
	switch {
	case store.CodeOf(err) == store.Unauthorised && wantsPage(c.Request):
		toLogin(c)
	case err != nil:
		s.fail(c, err)
	default:
		// Its page has a script within, and takes its fonts and icons from Google.
		c.Header("Content-Security-Policy", "default-src 'self'; script-src 'self' 'unsafe-inline'; img-src 'self' data:; "+
			"style-src 'self' 'unsafe-inline' https://fonts.googleapis.com; font-src 'self' https://fonts.gstatic.com; "+
			"base-uri 'none'; form-action 'self'; frame-ancestors 'none'")
		s.monitor.ServeHTTP(c.Writer, c.Request)
	}
}

// toLogin sends a browser to the form, and from there back to where it wanted to be.
func toLogin(c *gin.Context) {
	c.Redirect(http.StatusSeeOther, "/login?next="+url.QueryEscape(c.Request.URL.RequestURI()))
}

func wantsPage(r *http.Request) bool {
	return r.Method == http.MethodGet && strings.Contains(r.Header.Get("Accept"), "text/html")
}
