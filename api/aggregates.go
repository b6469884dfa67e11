package api

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"calipso.io/calipso/api/wire"
	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/store"
)

func aggregateRoutes() []route {
	return []route{
		{"GET", "/aggregates", login, params(oneOf("type", "environment", "message", "constant").must(), text("env_name")), (*server).aggregates,
			doc{about: "Numbers: of an environment's objects by type, of messages by level and environment, of the values of constants.", answer: wire.Aggregates{}}},
		{"GET", "/health", login, params(text("env_name")), (*server).health,
			doc{about: "The server's version, and how the last scans of environments went.", answer: wire.Health{}}},
		{"GET", "/timezone", login, params(text("env_name")), (*server).timeZone, doc{about: "The server's time zone.", answer: wire.TimeZone{}}},
	}
}

// aggregates answers GET /aggregates.
func (s *server) aggregates(c *gin.Context, q query) (err error) {
	answer := wire.Aggregates{Type: q.text("type"), EnvName: q.text("env_name"), Aggregates: map[string]map[string]int{}}
	switch answer.Type {
	case "environment":
		if !q.has("env_name") {
			return invalid("env_name", "this parameter is missing")
		}
		err = s.countObjects(c.Request.Context(), q, answer.Aggregates)
	case "message":
		err = s.countMessages(c.Request.Context(), q, answer.Aggregates)
	default:
		answer.Aggregates["names"] = s.countConstants()
	}
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, answer)
	return nil
}

func (s *server) countObjects(ctx context.Context, q query, into map[string]map[string]int) error {
	inv, environment, err := s.inventory(ctx, q)
	if err == nil {
		into["object_types"], err = inv.Objects.CountBy(ctx, store.Type, store.Is(store.Environment, environment))
	}
	return err
}

// countMessages counts those of one environment, or of all that the user may see.
func (s *server) countMessages(ctx context.Context, q query, into map[string]map[string]int) (err error) {
	if q.has("env_name") {
		if err := s.checkEnvironment(ctx, q.text("env_name")); err != nil {
			return err
		}
	}
	var conds []store.Cond
	if q.has("env_name") {
		conds = append(conds, store.Is(store.Environment, q.text("env_name")))
	}
	if into["levels"], err = s.DB.Messages.CountBy(ctx, store.Level, conds...); err != nil {
		return err
	}
	into["environments"], err = s.DB.Messages.CountBy(ctx, store.Environment, conds...)
	return err
}

func (s *server) countConstants() map[string]int {
	counts := make(map[string]int, len(s.Constants))
	for _, constant := range s.Constants {
		counts[constant.Name] = len(constant.Data)
	}
	return counts
}

// health answers GET /health.
func (s *server) health(c *gin.Context, q query) error {
	ctx := c.Request.Context()
	if q.has("env_name") {
		if err := s.checkEnvironment(ctx, q.text("env_name")); err != nil {
			return err
		}
	}
	answer := wire.Health{Version: s.Version, TimeZone: zoneOf(s.Now().Local()), Environments: []wire.EnvironmentHealth{}}
	environments, err := s.DB.Environments.Find(ctx, store.Query{})
	if err != nil {
		return err
	}
	for _, e := range environments {
		if !q.meets("env_name", []string{e.Name}) {
			continue
		}
		state, err := s.healthOf(ctx, &e)
		if err != nil {
			return err
		}
		answer.Environments = append(answer.Environments, state)
	}
	c.JSON(http.StatusOK, answer)
	return nil
}

func (s *server) healthOf(ctx context.Context, e *model.Environment) (wire.EnvironmentHealth, error) {
	const enough = 5 // imports are among the scans, and are none
	state := wire.EnvironmentHealth{Name: e.Name, Scanned: e.Scanned, LastScanned: e.LastScanned}
	last, err := s.DB.Scans.Find(ctx, store.Query{Where: []store.Cond{store.Is(store.Environment, e.Name)},
		Sort: []store.Order{{By: store.Submitted, Desc: true}}, Limit: enough})
	if at := slices.IndexFunc(last, func(scan model.Scan) bool { return scan.OriginType != model.OriginImport }); at >= 0 {
		state.LastScanStatus = last[at].Status
	}
	return state, err
}

// timeZone answers GET /timezone.
func (s *server) timeZone(c *gin.Context, q query) error {
	if q.has("env_name") {
		if err := s.checkEnvironment(c.Request.Context(), q.text("env_name")); err != nil {
			return err
		}
	}
	c.JSON(http.StatusOK, zoneOf(s.Now().Local()))
	return nil
}

func zoneOf(now time.Time) wire.TimeZone {
	name, seconds := now.Zone()
	return wire.TimeZone{Name: name, Offset: wire.UTCOffset{Hours: seconds / 3600, Minutes: seconds % 3600 / 60}}
}
