package api

import (
	"github.com/gin-gonic/gin"

	"calipso.io/calipso/pkg/store"
)

// route is a way to call the API: who may, with which parameters in the query, and what does it.
type route struct {
	method, path string
	access       access
	params       []param
	handle       func(*gin.Context, query) error // writes the answer, or returns an error that is answered
}

type access int

const (
	public access = iota + 1 // without login
	login                    // a token, a user's name and password, or a browser's session
	page                     // the same; a browser without it is sent to the form
)

// routes is the table of all routes, except the task monitor's, which has pages of its own.
func (s *server) routes() []route {
	return []route{
		{"GET", "/healthz", public, nil, s.healthz},
		{"GET", "/readyz", public, nil, s.readyz},

		{"GET", "/metrics", login, nil, s.getMetrics},

		{"POST", "/auth/tokens", public, nil, s.createToken},
		{"DELETE", "/auth/tokens", public, nil, s.deleteToken},
		{"GET", "/login", public, params(text("next")), s.loginForm},
		{"POST", "/login", public, nil, s.loginBrowser},
		{"GET", "/logout", public, nil, s.logoutBrowser},

		{"GET", "/", page, nil, s.toMonitor},
		{"GET", fleetPath, page, undeclared(), s.fleetPage}, // its script keeps there what is sorted and filtered,
		{"GET", fleetPath + "/events", login, nil, s.fleetEvents},
		{"GET", fleetPath + "/scans/:id", page, nil, s.scanPage},
		{"POST", fleetPath + "/scans/:id/abort", page, nil, s.abortForm},
		{"GET", fleetPath + "/static/:file", login, nil, s.static},

		{"GET", "/environment_configs", login, environmentParams(), s.listEnvironments},
		{"POST", "/environment_configs", login, params(flag("force")), s.createEnvironment},
		{"PUT", "/environment_configs/:name", login, params(flag("force")), s.replaceEnvironment},
		{"DELETE", "/environment_configs/:name", login, nil, s.deleteEnvironment},
		{"GET", "/environment_configs/:name/host_keys", login, nil, s.listHostKeys},
		{"DELETE", "/environment_configs/:name/host_keys/:host", login, nil, s.deleteHostKey},
		{"GET", "/environment_configs/:name/events", login, nil, s.watchEvents},

		{"GET", "/clique_types", login, cliqueTypeParams(), s.listCliqueTypes},
		{"POST", "/clique_types", login, nil, s.createCliqueType},
		{"PUT", "/clique_types/:id", login, nil, s.replaceCliqueType},
		{"DELETE", "/clique_types/:id", login, nil, s.deleteCliqueType},
		{"GET", "/clique_constraints", login, params(text("focal_point_type").many()), s.listConstraints},

		{"GET", "/constants", login, params(text("name").must()), s.getConstant},
		{"GET", "/supported_environments", login, supportedParams(), s.listSupported},

		{"GET", "/scans", login, scanParams(), s.listScans},
		{"POST", "/scans", login, nil, s.createScan},
		{"GET", "/scans/:id", login, nil, s.getScan},
		{"PUT", "/scans/:id", login, nil, s.releaseScan},
		{"POST", "/scans/:id/abort", login, nil, s.abortScan},
		{"GET", "/scans/:id/events", login, nil, s.scanEvents},
		{"GET", "/scans/:id/coverage", login, coverageParams(flag("failed")), s.scanCoverage},
		{"GET", "/scans/:id/stale", login, coverageParams(), s.scanStale},

		{"GET", "/scheduled_scans", login, scheduleParams(), s.listSchedules},
		{"POST", "/scheduled_scans", login, nil, s.createSchedule},
		{"DELETE", "/scheduled_scans", login, params(text("env_name").must(), documentID("ids").many(), flag("all")), s.deleteSchedules},
		{"GET", "/scheduled_scans/:id", login, nil, s.getSchedule},
		{"PUT", "/scheduled_scans/:id", login, nil, s.replaceSchedule},
		{"DELETE", "/scheduled_scans/:id", login, nil, s.deleteSchedule},
		{"GET", "/messages", login, messageParams(), s.listMessages},
		{"PATCH", "/messages", login, chosenMessages(), s.markMessages},
		{"DELETE", "/messages", login, chosenMessages(), s.deleteMessages},

		{"GET", "/inventory", login, inventoryParams(), s.getInventory},
		{"DELETE", "/inventory", login, params(text("env_name").must(), text("inventory").must()), s.deleteAlternate},
		{"GET", "/links", login, linkParams(), s.getLinks},
		{"GET", "/cliques", login, cliqueParams(), s.getCliques},
		{"GET", "/export", login, params(text("env_name").must(), text("inventory")), s.export},
	}
}

// serve makes the handler of a route: who is it, what is asked for, and then the answer.
func (s *server) serve(r route) gin.HandlerFunc {
	return func(c *gin.Context) {
		if err := s.answer(c, r); err != nil {
			s.fail(c, err)
		}
	}
}

func (s *server) answer(c *gin.Context, r route) error {
	if r.access != public {
		err := s.identify(c)
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
	return r.handle(c, q)
}
