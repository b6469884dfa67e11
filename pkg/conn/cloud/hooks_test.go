package cloud_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"calipso.io/calipso/pkg/conn/cloud"
)

func TestNoMoreRequestsThanAllowed(t *testing.T) {
	t.Parallel()
	var now, most atomic.Int32
	busy := func(w http.ResponseWriter, r *http.Request) {
		for n := now.Add(1); n > most.Load(); n = now.Load() {
			most.Store(n)
		}
		defer now.Add(-1)
		pages("x", 0, 1)(w, r)
	}
	server := serve(t, routes{"GET /v2.0/{list}": busy, "GET /v2.1/{list...}": busy})
	slots := make(chan struct{}, 2)
	c := client(t, section(t, server.URL), func(cfg *cloud.Config) {
		cfg.Hooks.Limit = func(ctx context.Context, _ string) (func(), error) {
			if _, ok := ctx.Deadline(); ok {
				t.Error("the wait counts as time of the request")
			}
			slots <- struct{}{}
			return func() { <-slots }, nil
		}
	})
	var wg sync.WaitGroup
	for _, list := range all(c) {
		wg.Go(func() { _, _ = list(t.Context(), "RegionOne") })
	}
	wg.Wait()
	if most.Load() > 2 || len(slots) > 0 {
		t.Errorf("%d requests at the same time, %d did not end", most.Load(), len(slots))
	}
}

func TestNoTurn(t *testing.T) {
	t.Parallel()
	server := serve(t, nil)
	c := client(t, section(t, server.URL), func(cfg *cloud.Config) {
		cfg.Hooks.Limit = func(context.Context, string) (func(), error) { return nil, errors.New("no turn") }
	})
	_, err := c.Ports(t.Context(), "RegionOne")
	expect(t, err, "log in at {URL}/: no turn", server.URL)
	if n := c.Requests(); n != 0 {
		t.Errorf("%d requests were made", n)
	}
}

func TestRequestsAreObserved(t *testing.T) {
	t.Parallel()
	server := serve(t, routes{"GET /v2.0/ports": pages("ports", 1, 9), "GET /v2.1/servers/detail": text(500, "{}"),
		"GET /v3/projects": pages("projects", 1, 9)})
	var mu sync.Mutex
	seen := map[string]string{}
	c := client(t, section(t, server.URL), func(cfg *cloud.Config) {
		cfg.Hooks.Observe = func(service string, _ time.Duration, err error) {
			mu.Lock()
			defer mu.Unlock()
			seen[service] += "ok "
			if err != nil {
				seen[service] = err.Error()
			}
		}
	})
	for _, list := range []list{c.Ports, c.Servers, func(ctx context.Context, _ string) ([]cloud.Item, error) { return c.Projects(ctx) }} {
		_, _ = list(t.Context(), "RegionOne")
	}
	want := map[string]string{"identity": "ok ok ", "network": "ok ", "compute": "500 Internal Server Error"}
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Errorf("observed (-want +got):\n%s", diff)
	}
}
