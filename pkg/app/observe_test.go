package app

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// freeAddress is an address that nobody listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// run runs roles until the test ends.
func run(t *testing.T, c Config, r Roles) {
	t.Helper()
	c.Data, c.Listen = t.TempDir(), "127.0.0.1:0"
	ctx, stop := context.WithCancel(context.Background())
	a, err := Open(ctx, c, slog.DiscardHandler)
	if err != nil {
		t.Fatal(err)
	}
	started, ended := make(chan struct{}), make(chan error, 1)
	r.Started = func(string, string) { close(started) }
	go func() { ended <- a.Run(ctx, r) }()
	t.Cleanup(func() {
		if r.API {
			<-started
		}
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		a.Close()
	})
}

// get asks until somebody answers.
func get(t *testing.T, url string) (status int, body string) {
	t.Helper()
	for deadline := time.Now().Add(5 * time.Minute); ; time.Sleep(20 * time.Millisecond) {
		r, err := http.NewRequestWithContext(t.Context(), "GET", url, nil)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := http.DefaultClient.Do(r)
		if err == nil {
			defer answer.Body.Close()
			text, err := io.ReadAll(answer.Body)
			if err != nil {
				t.Fatal(err)
			}
			return answer.StatusCode, string(text)
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
}

// TestMetricsListen: each role serves its metrics where the configuration says; what the store and the queues hold is
// told by the scheduler, and not by each worker.
func TestMetricsListen(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		roles Roles
		fleet bool
	}{
		{name: "worker", roles: Roles{Workers: true, Concurrency: 1}},
		{name: "scheduler", roles: Roles{Scheduler: true}, fleet: true},
		{name: "all", roles: Roles{API: true, Workers: true, Scheduler: true, Concurrency: 1}, fleet: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c := Config{Metrics: freeAddress(t)}
			run(t, c, test.roles)
			status, page := get(t, "http://"+c.Metrics+"/metrics")
			if status != 200 || !strings.Contains(page, "calipso_build_info{") {
				t.Errorf("status %d: %.500s", status, page)
			}
			for _, name := range []string{"calipso_store_up 1", "calipso_redis_up 1", "calipso_workers "} {
				if strings.Contains(page, name) != test.fleet {
					t.Errorf("%q is there: %v, want %v", name, !test.fleet, test.fleet)
				}
			}
			if status, page = get(t, "http://"+c.Metrics+"/healthz"); status != 200 || page != "ok" {
				t.Errorf("/healthz: %d %s", status, page)
			}
			if status, _ = get(t, "http://"+c.Metrics+"/environment_configs"); status != 404 {
				t.Errorf("something else is served there: %d", status)
			}
		})
	}
}

// TestMetricsListenTaken: an address that can't be listened on is told of by the name of its variable, and nothing runs.
func TestMetricsListenTaken(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	c := Config{Data: t.TempDir(), Listen: "127.0.0.1:0", Metrics: listener.Addr().String()}
	a, err := Open(t.Context(), c, slog.DiscardHandler)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	err = a.Run(t.Context(), Roles{API: true, Started: func(string, string) { t.Error("the API was started") }})
	if err == nil || !strings.HasPrefix(err.Error(), "listen on "+c.Metrics+" (CALIPSO_METRICS_LISTEN): ") {
		t.Errorf("error: %v", err)
	}
}

// TestMetricsListenOfCommands: the processes of single commands leave the address to those that run for long.
func TestMetricsListenOfCommands(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	a, err := Open(t.Context(), Config{Data: t.TempDir(), Listen: "127.0.0.1:0", Metrics: listener.Addr().String()}, slog.DiscardHandler)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	ctx, stop := context.WithCancel(t.Context())
	if err := a.Run(ctx, Roles{API: true, Private: true, Started: func(string, string) { stop() }}); err != nil {
		t.Error(err)
	}
}
