// Package api serves Calipso over HTTP: a JSON API to register environments, ask for scans, follow them and read what
// they found, and the monitor of the task queues. It reads and writes the store and puts tasks into the queues; how the
// work is done is not its business.
//
// The routes are the table in routes.go; each resource has its file.
package api

import (
	"cmp"
	"log/slog"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/hibiken/asynqmon"
	"github.com/redis/go-redis/v9"

	"calipso.io/calipso/api/openapi"
	"calipso.io/calipso/api/ui"
	"calipso.io/calipso/pkg/auth"
	"calipso.io/calipso/pkg/auth/groups"
	"calipso.io/calipso/pkg/auth/ldap"
	"calipso.io/calipso/pkg/auth/oidc"
	"calipso.io/calipso/pkg/metrics"
	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/monitor"
	"calipso.io/calipso/pkg/search"
	"calipso.io/calipso/pkg/store"
	"calipso.io/calipso/pkg/topology"
	"calipso.io/calipso/pkg/trace"
	"calipso.io/calipso/pkg/variance"
	"calipso.io/calipso/tasks"
)

// Config is what the API works with. All but Metrics, Trace, Constants, Variances, LocalToken,
// Version, Proxies and what is about logins must be set.
type Config struct {
	DB        *store.DB
	Queue     *tasks.Enqueuer
	Redis     redis.UniversalClient // of the queues: for their monitor and for /readyz
	Sealer    *auth.Sealer          // encrypts the secrets of environments
	Log       *slog.Logger
	Now       func() time.Time
	Metrics   *metrics.Metrics
	Trace     trace.Tracer
	Constants model.Constants
	LinkTypes []topology.LinkType // that clique types may have

	CliqueTypes []model.CliqueType // those that are configured
	Constraints []model.CliqueConstraint
	Templates   []monitor.Template // of monitoring's configuration

	Variances variance.Table // which environments are supported; all when it is empty

	LDAP   *ldap.Directory // that knows users beside the store; nil for none
	OIDC   *oidc.Provider  // the same, for browsers
	Groups groups.Mapping  // what their groups may do

	TokenLifetime time.Duration // how long a login lasts; 0 for DefaultTokenLifetime
	SessionIdle   time.Duration // after which a browser that does nothing is logged out; 0 for DefaultSessionIdle

	LocalToken string // a bearer token with all rights, for the commands on the same machine; "" for none
	Version    string // of Calipso; logged-in clients get it in the header Calipso-Version

	// lookAgain is how often who watches something that does not end must still be allowed to; keepAliveEvery when it is 0.
	lookAgain time.Duration

	// Proxies are the proxies before the server: what they say in X-Forwarded-For is believed, and nobody else's.
	Proxies []netip.Prefix

	// Origins are those of other web pages that browsers may let use the API, as "https://ui.example.org": with tokens, never
	// with the session that the browser has.
	Origins []string

	ImportLimit int64 // how many bytes an imported inventory may have; 0 for DefaultImportLimit

	// QueryTime is how long reading may take, but for exports and streams; half a minute when it is 0.
	QueryTime time.Duration
}

// server holds the configuration and what all routes share. Its methods are the handlers.
type server struct {
	Config
	monitor     *asynqmon.HTTPHandler
	throttle    *throttle
	metrics     http.Handler
	crossOrigin *http.CrossOriginProtection
	pages       *ui.Pages
	boards      *boards                           // of the monitor
	inventories *sync.Map                         // inventories that environments are known to have been scanned into
	document    func() (*openapi.Document, error) // describes the API
	grants      *grants

	searches      *indexes // of inventories that were searched in
	preconditions *precondition
	turns         turns // of requests that only read

	// Of a request: who asks, and what that user may see and change. DB is the database within these rights, root the whole.
	user   auth.Identity
	rights store.Rights
	root   *store.DB
	quiet  *store.DB // the same, for what the audit log is not to tell
}

// How long logins last when nothing else is configured.
const (
	DefaultTokenLifetime = 24 * time.Hour
	DefaultSessionIdle   = 2 * time.Hour
)

// New returns the handler of all routes. It closes nothing of what the configuration holds.
//
// Following a scan keeps a request open until the scan ends: a server that shuts down should cancel the context of its
// requests (http.Server.BaseContext) so that these end too.
func New(cfg Config) http.Handler {
	cfg.TokenLifetime = cmp.Or(cfg.TokenLifetime, DefaultTokenLifetime)
	cfg.SessionIdle = cmp.Or(cfg.SessionIdle, DefaultSessionIdle)
	cfg.ImportLimit = cmp.Or(cfg.ImportLimit, DefaultImportLimit)
	s := &server{Config: cfg, monitor: newMonitor(cfg.Redis, &taskText{db: cfg.DB, now: cfg.Now}), throttle: newThrottle(cfg.Redis, cfg.Now),
		metrics: cfg.Metrics.Handler(cfg.Log), crossOrigin: http.NewCrossOriginProtection(), pages: ui.New(), inventories: &sync.Map{},
		searches: &indexes{byNames: map[string]*search.Follower{}}, preconditions: &precondition{}, turns: newTurns(),
		document: sync.OnceValues(func() (*openapi.Document, error) { return document(routes()) }),
		grants:   &grants{db: cfg.DB, now: cfg.Now}, boards: &boards{boards: map[string]*board{}}, quiet: cfg.DB}
	s.root, s.DB = cfg.DB, cfg.DB.Within(store.Rights{}) // before anybody has logged in nothing is to be seen
	for _, origin := range cfg.Origins {
		_ = s.crossOrigin.AddTrustedOrigin(origin) // fails for what is no origin only
	}
	return s.engine()
}

func (s *server) engine() *gin.Engine {
	gin.SetMode(gin.ReleaseMode) // or it would print every route
	engine := gin.New()
	engine.HandleMethodNotAllowed = true
	engine.RedirectTrailingSlash = false
	engine.RemoteIPHeaders = []string{"X-Forwarded-For"}
	_ = engine.SetTrustedProxies(texts(s.Proxies)) // fails for what is no network only
	engine.Use(s.trace, s.audit, s.recoverPanic, s.protect, s.tag)
	for _, r := range routes() {
		engine.Handle(r.method, r.path, s.serve(r))
	}
	engine.Any(monitorPath, s.serveMonitor)
	engine.Any(monitorPath+"/*page", s.serveMonitor)
	engine.NoRoute(s.serve(route{access: login, params: undeclared(), handle: (*server).noRoute}))
	engine.NoMethod(s.serve(route{access: login, params: undeclared(), handle: (*server).noMethod}))
	return engine
}

func texts(networks []netip.Prefix) (texts []string) {
	for _, n := range networks {
		texts = append(texts, n.String())
	}
	return texts
}
