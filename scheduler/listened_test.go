package scheduler_test

import (
	"testing"
	"time"

	"calipso.io/calipso/pkg/event/listen"
	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/store"
	"calipso.io/calipso/scheduler"
)

// listened makes the environment one that is listened to.
func (s *site) listened(change func(*model.Environment)) {
	s.t.Helper()
	_, err := s.db.Environments.Update(s.t.Context(), "lab", func(e *model.Environment) error {
		e.Listen, e.Scanned, e.Operational = true, true, model.OperationalRunning
		change(e)
		return nil
	})
	must(s.t, err)
}

// TestReconcile: so often as the environment says it is compared with its cloud, by one of several schedulers, unless a scan
// was made meanwhile.
func TestReconcile(t *testing.T) {
	t.Parallel()
	minutes := func(n int) func(*model.Environment) { return func(e *model.Environment) { e.ReconcileMinutes = &n } }
	for name, tt := range map[string]struct {
		change func(*model.Environment)
		want   int // in six hours
	}{
		"by default every hour": {func(*model.Environment) {}, 6},
		"every half hour":       {minutes(30), 12},
		"never":                 {minutes(0), 0},
		"not listened to":       {func(e *model.Environment) { e.Listen = false }, 0},
		"never scanned":         {func(e *model.Environment) { e.Scanned = false }, 0},
		"scanned after two hours and a half, and half an hour later": {func(e *model.Environment) {
			later := noon.Add(3 * time.Hour)
			e.LastScanned = &later
		}, 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			s.listened(tt.change)
			both, handled := []*scheduler.Scheduler{s.scheduler(), s.scheduler()}, 0
			for range 6 * 12 { // every five minutes
				for _, scheduler := range both {
					must(t, scheduler.LookAfterListened(t.Context()))
				}
				handled += s.handle()
				s.clock.add(5 * time.Minute)
			}
			if handled < tt.want || handled > tt.want+min(tt.want, 1) { // the hour in which it begins may have begun before
				t.Errorf("it was compared %d times, want %d", handled, tt.want)
			}
		})
	}
}

// handle handles all events as workers do, and returns how many there were.
func (s *site) handle() int {
	s.t.Helper()
	events, err := s.db.Events.Find(s.t.Context(), store.Query{})
	must(s.t, err)
	for _, e := range events {
		if e.Hint.Kind != model.EventCloud || e.Status != model.EventWaiting {
			s.t.Errorf("event %+v", e)
		}
		_, err := s.db.Messages.Insert(s.t.Context(), e.Message(s.clock.Now()))
		must(s.t, err)
		_, err = s.db.Events.Delete(s.t.Context(), store.IDs(e.ID))
		must(s.t, err)
	}
	return len(events)
}

// TestNobodyListens: when the last listener was killed, the environment says so after a while; as long as one lives, and
// where it is known already why nobody can listen, nothing is written.
func TestNobodyListens(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.listened(func(*model.Environment) {})
	scheduler, listener := s.scheduler(), s.db.Leases("listener", 15*time.Second, s.clock.Now)
	is := func(status, reason string) {
		t.Helper()
		must(t, scheduler.LookAfterListened(t.Context()))
		if env, err := s.db.Environments.Get(t.Context(), "lab"); err != nil || env.Operational != status || env.OperationalReason != reason {
			t.Errorf("it is %s %q, want %s %q; error %v", env.Operational, env.OperationalReason, status, reason, err)
		}
	}
	for range 10 {
		if held, err := listener.Hold(t.Context(), listen.LeaseName("lab")); !held || err != nil {
			t.Fatal(held, err)
		}
		is(model.OperationalRunning, "")
		s.clock.add(20 * time.Second)
	}
	is(model.OperationalRunning, "")
	s.clock.add(29 * time.Second)
	s.listened(func(e *model.Environment) {
		e.Operational, e.OperationalReason = model.OperationalError, "wrong password"
	})
	is(model.OperationalError, "wrong password")
	s.listened(func(e *model.Environment) { e.OperationalReason = "" })
	s.clock.add(time.Second)
	is(model.OperationalStopped, "no listener runs")
}
