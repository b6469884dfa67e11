package scheduler_test

import (
	"context"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/store"
	"calipso.io/calipso/pkg/store/sqlite"
	"calipso.io/calipso/scheduler"
)

// noon is when the schedules of these tests are made.
var noon = time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)

// site is a store with the environment lab, and a clock.
type site struct {
	t      *testing.T
	db     *store.DB
	driver store.Driver
	clock  *clock
}

func newSite(t *testing.T) *site {
	t.Helper()
	driver, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "calipso.db"))
	must(t, err)
	db, err := store.NewDB(t.Context(), driver)
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	s := &site{t: t, db: db, driver: driver, clock: &clock{now: noon}}
	must(t, db.Environments.Create(t.Context(), model.Environment{Name: "lab"}))
	return s
}

// add makes a schedule of the environment lab, hourly unless something else is said.
func (s *site) add(change func(*model.ScheduledScan)) string {
	s.t.Helper()
	sched := model.ScheduledScan{ID: store.NewID(), Environment: "lab", Freq: model.FreqHourly, SubmitTimestamp: noon, ChangedTimestamp: noon,
		ScheduledTimestamp: noon.Add(time.Hour), ScanOptions: model.ScanOptions{Inventory: store.DefaultInventory}}
	if change != nil {
		change(&sched)
	}
	must(s.t, s.db.Schedules.Create(s.t.Context(), sched))
	return sched.ID
}

// look makes a scheduler look at the schedules after so much time.
func (s *site) look(after time.Duration) {
	s.t.Helper()
	s.clock.add(after)
	must(s.t, s.scheduler().SubmitDue(s.t.Context()))
}

// scheduler returns one of the schedulers of this store.
func (s *site) scheduler() *scheduler.Scheduler {
	return &scheduler.Scheduler{DB: s.db, Log: slog.New(slog.DiscardHandler), Now: s.clock.Now}
}

func (s *site) schedule(id string) model.ScheduledScan {
	s.t.Helper()
	sched, err := s.db.Schedules.Get(s.t.Context(), id)
	must(s.t, err)
	return sched
}

// scans returns the scans in the order in which they were submitted.
func (s *site) scans() []model.Scan {
	s.t.Helper()
	scans, err := s.db.Scans.Find(s.t.Context(), store.Query{Sort: []store.Order{{By: store.Submitted}}})
	must(s.t, err)
	return scans
}

// end ends all scans as workers do.
func (s *site) end() {
	s.t.Helper()
	for _, scan := range s.scans() {
		_, err := s.db.Scans.Update(s.t.Context(), scan.ID, func(now *model.Scan) error { now.Status = model.ScanCompleted; return nil })
		must(s.t, err)
	}
}

func (s *site) messages() []model.Message {
	s.t.Helper()
	messages, err := s.db.Messages.Find(s.t.Context(), store.Query{Sort: []store.Order{{By: store.Timestamp}}})
	must(s.t, err)
	return messages
}

// want checks how many scans and messages there are, and when a schedule is due next.
func (s *site) want(id string, scans, messages int, next time.Time) {
	s.t.Helper()
	if n := len(s.scans()); n != scans {
		s.t.Errorf("there are %d scans, want %d", n, scans)
	}
	if n := len(s.messages()); n != messages {
		s.t.Errorf("there are %d messages, want %d", n, messages)
	}
	if got := s.schedule(id); !got.ScheduledTimestamp.Equal(next) || got.Run != nil {
		s.t.Errorf("the next run is at %v (being carried out: %v), want %v", got.ScheduledTimestamp, got.Run, next)
	}
}

// clock stands still unless it is moved.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// mortal is the store of a scheduler that dies: after so many writes nothing succeeds anymore.
type mortal struct {
	store.Driver
	left int
}

var errDead = store.Errorf(store.Unavailable, "dead")

func (m *mortal) write() error {
	if m.left--; m.left < 0 {
		return errDead
	}
	return nil
}

// Insert implements store.Driver.
func (m *mortal) Insert(ctx context.Context, spec store.Spec, records []store.Record) (int, error) {
	if err := m.write(); err != nil {
		return 0, err
	}
	return m.Driver.Insert(ctx, spec, records)
}

// Replace implements store.Driver.
func (m *mortal) Replace(ctx context.Context, spec store.Spec, record store.Record) error {
	if err := m.write(); err != nil {
		return err
	}
	return m.Driver.Replace(ctx, spec, record)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
