package api

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/store"
)

// Keys of gin's context for the audit log.
const (
	auditKey   = "audit"   // the request's *audited
	triedKey   = "tried"   // the name that somebody tries to log in with
	viaKey     = "via"     // how the user has shown who it is
	sourceKey  = "source"  // who knows the user
	failureKey = "failure" // what the answer says went wrong
)

// audited writes what a request does into the audit log. The entry is written before the first change in the store, which
// is not made when that can't be done, and completed when the request is over.
type audited struct {
	server *server
	c      *gin.Context

	mu      sync.Mutex
	begun   bool
	entry   model.AuditEntry
	changes changes
}

// audit is around all requests. What no change of the store tells of is written when the request is over: refusals, and what
// is done without the store. Requests that make no sense (400, 404, 409 …) are not in the log, and neither is reading.
func (s *server) audit(c *gin.Context) {
	a := &audited{server: s, c: c, entry: model.AuditEntry{ID: store.NewID(), Timestamp: s.Now().UTC()}}
	c.Set(auditKey, a)
	defer a.end()
	c.Next()
}

func auditOf(c *gin.Context) *audited { return c.MustGet(auditKey).(*audited) }

// Changing implements store.Observer.
func (a *audited) Changing(ctx context.Context) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.begun {
		return nil
	}
	a.describe()
	a.entry.Result = model.AuditBegun
	if err := a.server.root.Audit.Create(ctx, a.entry); err != nil {
		return store.Errorf(store.Unavailable, "write the audit log, without which nothing is changed: %w", err)
	}
	a.begun = true
	return nil
}

// Changed implements store.Observer.
func (a *audited) Changed(change store.Change) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.changes.add(change)
	if change.Collection == environmentsCollection {
		a.server.grants.forget()
	}
}

const environmentsCollection = "environments_config"

// note begins the entry of a request that changes nothing in the store and is to be in the log all the same, and says what
// it does.
func (a *audited) note(ctx context.Context, text string) error {
	a.entry.Note = text
	return a.Changing(ctx)
}

// describe fills in who asks for what, as far as it is known by now.
func (a *audited) describe() {
	e, c := &a.entry, a.c
	e.User, e.Source, e.Via = c.GetString(userKey), c.GetString(sourceKey), c.GetString(viaKey)
	if tried := c.GetString(triedKey); e.User == "" && tried != "" {
		e.User = shortened(tried, 64)
	}
	e.Address, e.Request, e.Method, e.Route = c.ClientIP(), requestID(c), c.Request.Method, c.FullPath()
	e.Kind = kindOf(e.Method, e.Route)
	if len(c.Params) > 0 && e.Resource == "" {
		e.Resource = shortened(c.Params[0].Value, 256)
	}
}

// kindOf says what a route is about.
func kindOf(method, route string) string {
	switch {
	case route == "/login", route == "/auth/tokens" && method == http.MethodPost, strings.HasPrefix(route, "/auth/oidc"):
		return "login"
	case route == "/logout", route == "/auth/tokens":
		return "logout"
	}
	route = strings.TrimPrefix(strings.TrimPrefix(route, fleetPath), "/auth")
	kind, _, _ := strings.Cut(strings.TrimPrefix(route, "/"), "/")
	return kind
}

// end completes the entry, or writes it now if it has to be and nothing was changed.
func (a *audited) end() {
	a.mu.Lock()
	defer a.mu.Unlock()
	result := a.result(a.c.Writer.Status())
	if !a.begun && result == "" {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(a.c.Request.Context()), 5*time.Second)
	defer cancel()
	a.describe()
	if tried := a.c.GetString(triedKey); tried != "" && result == model.AuditRefused {
		a.entry.Kind = "login"
	}
	a.entry.Result, a.entry.Status, a.entry.Error = result, a.c.Writer.Status(), shortened(a.c.GetString(failureKey), 512)
	a.entry.Changes, a.entry.Environments = a.changes.told(), a.changes.environments()
	if a.entry.Resource == "" {
		a.entry.Resource = a.changes.first()
	}
	if err := a.write(ctx); err != nil {
		a.server.Log.ErrorContext(ctx, "the audit log can't be written", "entry", a.entry.ID, "request", a.entry.Request,
			"user", a.entry.User, "method", a.entry.Method, "route", a.entry.Route, "resource", a.entry.Resource,
			"result", a.entry.Result, "status", a.entry.Status, "error", err)
	}
}

func (a *audited) write(ctx context.Context) error {
	if !a.begun {
		return a.server.root.Audit.Create(ctx, a.entry)
	}
	_, err := a.server.root.Audit.Update(ctx, a.entry.ID, func(e *model.AuditEntry) error { *e = a.entry; return nil })
	return err
}

// result says what the log is to say of an answer: "" when there is nothing to be said.
func (a *audited) result(status int) string {
	reads := slices.Contains([]string{http.MethodGet, http.MethodHead, http.MethodOptions}, a.c.Request.Method)
	known, tried := a.c.GetString(userKey) != "", a.c.GetString(triedKey) != ""
	switch {
	case status == http.StatusUnauthorized && (tried || a.begun):
		return model.AuditRefused
	case a.begun && status < 400 && a.c.GetString(failureKey) == "":
		return model.AuditDone
	case a.begun:
		return model.AuditFailed
	case reads:
		return ""
	case status == http.StatusForbidden && known:
		return model.AuditRefused
	case status >= 500:
		return model.AuditFailed
	case status < 400 && (known || tried):
		return model.AuditDone
	}
	return ""
}

// shortened returns the beginning of a text, of so many bytes at most.
func shortened(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}
