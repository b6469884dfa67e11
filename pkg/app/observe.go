package app

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"calipso.io/calipso/pkg/trace"
	"calipso.io/calipso/tasks"
)

// openTrace makes the tracer that the environment variables ask for.
func (a *App) openTrace(ctx context.Context) error {
	tracer, stop, err := trace.FromEnvironment(ctx, Version, a.log)
	if err != nil {
		return err
	}
	a.trace = tracer
	a.closes = append(a.closes, func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := stop(ctx); err != nil {
			a.log.Warn("spans are lost", "error", err)
		}
	})
	return nil
}

// observe adds what the installation holds to the metrics of the roles that there are few of, so that not every worker
// counts the store, and serves metrics without login where the configuration says. The processes of single commands
// leave that address to the roles that run for long.
func (a *App) observe(ctx context.Context, group *errgroup.Group, r Roles) error {
	if a.config.Metrics != "" && !r.Private {
		metrics, err := net.Listen("tcp", a.config.Metrics)
		if err != nil {
			return fmt.Errorf("listen on %s (CALIPSO_METRICS_LISTEN): %w", a.config.Metrics, err)
		}
		serveHTTP(ctx, group, listener{Listener: metrics}, a.openMetrics(), a.log, func() {})
	}
	if r.API || r.Scheduler {
		a.metrics.Queues(a.redis, slices.Collect(maps.Keys(tasks.Queues())))
		a.metrics.Inventory(a.db, time.Now)
	}
	return nil
}

// openMetrics answers without login.
func (a *App) openMetrics() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", a.metrics.Handler(a.log))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "ok") })
	return mux
}
