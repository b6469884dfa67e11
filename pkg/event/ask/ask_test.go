package ask

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/hibiken/asynq"

	"calipso.io/calipso/pkg/store"
	"calipso.io/calipso/pkg/store/sqlite"
	"calipso.io/calipso/tasks"
)

// TestDeadHandler: a handler that lives is waited for; one that was killed is replaced when it has not renewed its lease
// for long enough, though the queue takes it for alive.
func TestDeadHandler(t *testing.T) {
	t.Parallel()
	driver, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "calipso.db"))
	must(t, err)
	db, err := store.NewDB(t.Context(), driver)
	must(t, err)
	t.Cleanup(func() { db.Close() })
	client, stop, err := tasks.OpenRedis(t.Context(), "")
	must(t, err)
	t.Cleanup(stop)
	began, end := make(chan bool), make(chan error)
	server := asynq.NewServerFromRedisClient(client, asynq.Config{Queues: tasks.Queues(), Concurrency: 2, TaskCheckInterval: time.Millisecond,
		LogLevel: asynq.FatalLevel})
	must(t, server.Start(asynq.HandlerFunc(func(_ context.Context, _ *asynq.Task) error { began <- true; return <-end })))
	t.Cleanup(server.Shutdown)

	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	clock := func() time.Time { return now }
	a, handler := New(db, tasks.NewEnqueuer(client), clock), db.Leases("handler", Lifetime, clock)
	asked := func(what string, want bool) {
		t.Helper()
		if certain, err := a.Ask(t.Context(), "e"); certain != want || err != nil {
			t.Errorf("%s: %t, want %t, error %v", what, certain, want, err)
		}
	}
	asked("for the first time", true)
	<-began
	hold := func() {
		t.Helper()
		if held, err := handler.Hold(t.Context(), LeaseName("e")); !held || err != nil {
			t.Fatal(held, err)
		}
	}
	for range 3 {
		hold()
		asked("while it lives", false)
		now = now.Add(Lifetime - 1)
	}
	hold()
	asked("just after it has renewed its lease", false)
	now = now.Add(Lifetime)
	asked("when it is dead", true)
	<-began
	if held, err := db.Leases("next", Lifetime, clock).Hold(t.Context(), LeaseName("e")); !held || err != nil {
		t.Errorf("the next handler has to wait for the lease: %v", err)
	}
	end <- nil
	end <- nil
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
