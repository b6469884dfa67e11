package api

import (
	"context"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"calipso.io/calipso/api/wire"
	"calipso.io/calipso/pkg/auth"
)

func healthRoutes() []route {
	return []route{
		{"GET", "/healthz", public, nil, (*server).healthz,
			doc{about: "Whether the process is alive.", answer: "ok", media: mediaText}},
		{"GET", "/readyz", public, nil, (*server).readyz,
			doc{about: "Whether the store and Redis answer; 503 when one of them does not.", answer: wire.Ready{}, same: []int{http.StatusServiceUnavailable}}},
		{"GET", "/metrics", access(auth.ViewEnv), nil, (*server).getMetrics,
			doc{about: "The metrics, as Prometheus asks for them.", answer: "", media: mediaText}},
	}
}

// healthz answers GET /healthz: the process is alive.
func (s *server) healthz(c *gin.Context, _ query) error {
	c.String(http.StatusOK, "ok")
	return nil
}

// readyz answers GET /readyz: 200 when the store and Redis answer, 503 otherwise, and which of them does not.
func (s *server) readyz(c *gin.Context, _ query) error {
	ctx, cancel := context.WithTimeout(c.Request.Context(), 5*time.Second)
	defer cancel()
	store, redis := s.root.Ping(ctx), s.Redis.Ping(ctx).Err()
	status := http.StatusOK
	if store != nil || redis != nil {
		status = http.StatusServiceUnavailable
		s.Log.WarnContext(ctx, "not ready", "store", store, "redis", redis)
	}
	c.JSON(status, wire.Ready{Store: reachable(store), Redis: reachable(redis)})
	return nil
}

// getMetrics answers GET /metrics: what Prometheus asks for.
func (s *server) getMetrics(c *gin.Context, _ query) error {
	s.metrics.ServeHTTP(c.Writer, c.Request)
	return nil
}

func reachable(err error) string {
	if err != nil {
		return "no answer"
	}
	return "ok"
}
