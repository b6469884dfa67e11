package api

import (
	"slices"

	"github.com/gin-gonic/gin"

	"calipso.io/calipso/pkg/store"
)

// route is a way to call the API: who may, with which parameters in the query, and what does it.
type route struct {
	method, path string
	access       access
	params       []param
	handle       handler
	doc          doc
}

// handler writes the answer, or returns an error that is answered. Its server shows what the user may see.
type handler func(*server, *gin.Context, query) error

// doc is what the API's description says of a route, beside what the route itself says.
type doc struct {
	about  string   // what it does, in a sentence
	body   any      // a value of the type of the request's body; nil for none
	answer any      // a value of the type of the answer; nil for none
	status int      // of the answer; 0 means 200
	media  string   // type of the answer; "" means JSON
	also   []string // other types that the answer may have
	same   []int    // statuses that are no errors of the usual form: they have the same kind of answer
	long   bool     // it may take any time: an export. Streams of events may anyway
}

// access says who may use a route: one of these, or a role that is needed for all environments.
type access string

const (
	public access = "public" // without login
	login  access = "login"  // a token, a user's name and password, or a browser's session
	page   access = "page"   // the same; a browser without it is sent to the form
)

// routes is the table of all routes, except the task monitor's, which has pages of its own.
func routes() []route {
	return slices.Concat(
		healthRoutes(),
		tokenRoutes(),
		browserRoutes(),
		monitorRoutes(),
		hostKeyRoutes(),
		eventRoutes(),
		environmentRoutes(),
		cliqueTypeRoutes(),
		constantRoutes(),
		supportedRoutes(),
		coverageRoutes(),
		scanRoutes(),
		scheduleRoutes(),
		messageRoutes(),
		inventoryRoutes(),
		linkRoutes(),
		cliqueRoutes(),
		exportRoutes(),
		docsRoutes(),
		userRoutes(),
		userLoginRoutes(),
		auditRoutes(),
		keyRoutes(),
		connectionTestRoutes(),
		linkTypeRoutes(),
		constraintRoutes(),
		templateRoutes(),
		searchRoutes(),
		treeRoutes(),
		graphRoutes(),
		aggregateRoutes(),
		importRoutes(),
		importInventoryRoutes(),
	)
}

// serve makes the handler of a route: who is it, what is asked for, and then the answer.
func (s *server) serve(r route) gin.HandlerFunc {
	return func(c *gin.Context) {
		ctx, cancel := s.inTime(c.Request.Context(), r)
		defer cancel()
		c.Request = c.Request.WithContext(ctx)
		if err := s.answer(c, r); err != nil {
			s.fail(c, err)
		}
	}
}

func (s *server) answer(c *gin.Context, r route) error {
	seen := s.observed(c)
	if r.access != public {
		var err error
		seen, err = seen.admitUser(c, r.access)
		if r.access == page && store.CodeOf(err) == store.Unauthorised && wantsPage(c.Request) {
			toLogin(c)
			return nil
		}
		if err != nil {
			return err
		}
	}
	q, err := parseQuery(c.Request.URL.RawQuery, r.params)
	if err != nil {
		return err
	}
	return seen.inTurn(c.Request.Context(), r, func() error {
		return seen.ifMatch(c, r, q, func() error { return r.handle(seen, c, q) })
	})
}
