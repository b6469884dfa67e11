package integration

import (
	"context"
	"io"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"calipso.io/calipso/api"
	"calipso.io/calipso/api/client"
	"calipso.io/calipso/pkg/auth"
	"calipso.io/calipso/pkg/discover/catalog"
	"calipso.io/calipso/pkg/extension"
	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/store"
	"calipso.io/calipso/pkg/store/sqlite"
	"calipso.io/calipso/scheduler"
	"calipso.io/calipso/tasks"
	"calipso.io/calipso/workers"
)

// inside is a Calipso in pieces: its clock is moved, its workers come and go, and its scheduler looks when it is told to.
type inside struct {
	*calipso
	driver    *stubborn
	db        *store.DB
	redis     redis.UniversalClient
	scheduler *scheduler.Scheduler
	config    workers.Config
	ahead     atomic.Int64 // by how much the clock is ahead, in nanoseconds
}

// stubborn is a store that can be made to fail, or to take its time.
type stubborn struct {
	store.Driver
	down     atomic.Bool
	failures atomic.Int64
	// What is called, if it is set, before records are put, and with those that are inserted or replaced.
	hold   atomic.Pointer[func(spec store.Spec, records []store.Record)]
	change atomic.Pointer[func(*store.Record)]
	lose   func(store.Record) bool // of which replaced records the answer gets lost; set before anything works
}

// Put implements store.Driver.
func (s *stubborn) Put(ctx context.Context, spec store.Spec, records []store.Record) (int, error) {
	if hold := s.hold.Load(); hold != nil {
		(*hold)(spec, records)
	}
	return s.Driver.Put(ctx, spec, records)
}

// Insert implements store.Driver.
func (s *stubborn) Insert(ctx context.Context, spec store.Spec, records []store.Record) (int, error) {
	if change := s.change.Load(); change != nil {
		for i := range records {
			(*change)(&records[i])
		}
	}
	return s.Driver.Insert(ctx, spec, records)
}

// Replace implements store.Driver.
func (s *stubborn) Replace(ctx context.Context, spec store.Spec, record store.Record) error {
	if change := s.change.Load(); change != nil {
		(*change)(&record)
	}
	err := s.Driver.Replace(ctx, spec, record)
	if err == nil && s.lose != nil && s.lose(record) {
		return store.Errorf(store.Unavailable, "the answer got lost")
	}
	return err
}

// Find implements store.Driver.
func (s *stubborn) Find(ctx context.Context, spec store.Spec, q store.Query, each func(store.Record) error) error {
	if s.down.Load() {
		s.failures.Add(1)
		return store.Errorf(store.Unavailable, "the store is down")
	}
	return s.Driver.Find(ctx, spec, q, each)
}

// pieces makes the pieces; no worker runs yet.
func pieces(t *testing.T) *inside {
	t.Helper()
	i := &inside{}
	ctx := context.Background()
	driver, err := sqlite.Open(ctx, filepath.Join(t.TempDir(), "calipso.db"))
	if err != nil {
		t.Fatal(err)
	}
	i.driver = &stubborn{Driver: driver}
	if i.db, err = store.NewDB(ctx, i.driver); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { i.db.Close() })
	client, stop, err := tasks.OpenRedis(ctx, "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	i.redis = client
	i.wire(t)
	return i
}

// now is the time by the clock of these pieces.
func (i *inside) now() time.Time { return time.Now().Add(time.Duration(i.ahead.Load())) }

func (i *inside) wire(t *testing.T) {
	t.Helper()
	sealer, err := auth.NewSealer(make([]byte, auth.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	shipped, err := extension.Load("", catalog.Fetchers())
	if err != nil {
		t.Fatal(err)
	}
	queue, log := tasks.NewEnqueuer(i.redis), slog.New(slog.NewTextHandler(logs(), nil))
	i.scheduler = &scheduler.Scheduler{DB: i.db, Queue: queue, Log: log, Now: i.now}
	i.config = workers.Config{DB: i.db, Queue: queue, Redis: i.redis, Sealer: sealer, Log: log, Now: i.now, Name: "worker", Concurrency: 16,
		Discoverer: shipped.Discoverer(), CliqueTypes: shipped.CliqueTypes, Constraints: shipped.Constraints}
	server := httptest.NewServer(api.New(api.Config{DB: i.db, Queue: queue, Redis: i.redis, Sealer: sealer, Log: log, Now: i.now, Variances: shipped.Variances, LocalToken: "token"}))
	t.Cleanup(server.Close)
	i.calipso = &calipso{Client: client.New(server.URL, "token"), t: t}
}

// logs is where the log of what is tested goes.
func logs() io.Writer {
	if testing.Verbose() {
		return os.Stderr
	}
	return io.Discard
}

// work runs workers until stop is called, or the test ends; stop returns when nothing is being done anymore.
func (i *inside) work(t *testing.T) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- workers.New(i.config).Run(ctx) }()
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
	t.Cleanup(stop)
	return stop
}

// recover makes the scheduler look once, so much later.
func (i *inside) recover(t *testing.T, later time.Duration) {
	t.Helper()
	i.ahead.Add(int64(later))
	if err := i.scheduler.Recover(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// until waits for something to come true.
func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	within(t, patience, what, is)
}

// within waits for something to come true, for so long.
func within(t *testing.T, limit time.Duration, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(limit); !is(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) || t.Context().Err() != nil {
			t.Fatalf("gave up waiting for %s", what)
		}
	}
}

// step returns the entry of a scan's ledger for a parent, in a phase; an empty one when there is none.
func (i *inside) step(t *testing.T, scan, phase, parent string) model.Step {
	t.Helper()
	steps, err := i.db.Steps.Find(t.Context(), store.Where(store.Is(store.ScanID, scan), store.Is(store.Phase, phase)))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range steps {
		if s.ParentID == parent {
			return s
		}
	}
	return model.Step{}
}
