package integration

import (
	"log/slog"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"calipso.io/calipso/api/client"
	"calipso.io/calipso/api/wire"
	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/store"
	"calipso.io/calipso/pkg/store/open"
	"calipso.io/calipso/scheduler"
)

// TestScheduledScan: a scan that is due is done, as the schedule says.
func TestScheduledScan(t *testing.T) {
	t.Parallel()
	i, l := pieces(t), simulate(t, small("e"))
	i.work(t)
	i.add(document(t, l, "e"))
	request := wire.ScheduleRequest{ScanRequest: client.ScanRequest{Environment: "e", Inventory: "nightly"}, Freq: model.FreqHourly}
	id, next, err := i.AddSchedule(t.Context(), request)
	if err != nil {
		t.Fatal(err)
	}
	i.ahead.Store(int64(time.Until(next)))
	if err := i.scheduler.SubmitDue(t.Context()); err != nil {
		t.Fatal(err)
	}
	i.recover(t, 0)
	sched, err := i.Schedule(t.Context(), id)
	if err != nil || sched.LastScan == "" || !sched.ScheduledTimestamp.Equal(next.Add(time.Hour)) {
		t.Fatalf("the schedule has not gone on: %v, %+v", err, sched)
	}
	scan := i.wait(sched.LastScan)
	if scan.Status != model.ScanCompleted || scan.OriginType != model.OriginSchedule || scan.OriginID != id {
		t.Errorf("the scan ended %s: %s; it came from %s %s", scan.Status, scan.Error, scan.OriginType, scan.OriginID)
	}
	checkTruth(t, i.look("e", "nightly"), l.Truth("e"))
}

// TestSchedulersTogether: several schedulers look at the same schedules at the same time, and their clocks don't agree.
// In the end there is one scan for each time that was due.
func TestSchedulersTogether(t *testing.T) {
	t.Parallel()
	for name, address := range stores(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := openSchedulers(t, address)
			start := time.Date(2026, 3, 28, 20, 0, 0, 0, time.UTC) // clocks are turned forward in the night
			t.Run("somewhat wrong", func(t *testing.T) {
				s.day(t, start, func(r *rand.Rand) time.Duration {
					return [...]time.Duration{0, 20 * time.Second, -20 * time.Second, -3 * time.Hour, -100 * 24 * time.Hour}[r.IntN(5)]
				})
				if messages, err := s.db.Messages.Count(t.Context()); err != nil || messages > 0 {
					t.Errorf("%d runs did not become scans (%v)", messages, err)
				}
			})
			t.Run("jumping", func(t *testing.T) {
				s.day(t, start, func(r *rand.Rand) time.Duration {
					return [...]time.Duration{0, 0, 0, 20 * time.Minute, 3 * time.Hour, -3 * time.Hour, 100 * 24 * time.Hour}[r.IntN(7)]
				})
			})
		})
	}
}

// together is a store with an environment, and schedulers that each have a connection of their own.
type together struct {
	db         *store.DB
	schedulers []*scheduler.Scheduler
}

func openSchedulers(t *testing.T, address string) *together {
	t.Helper()
	s := &together{}
	for range 3 {
		db, err := open.Store(t.Context(), address)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { db.Close() })
		s.db = db
		s.schedulers = append(s.schedulers, &scheduler.Scheduler{DB: db, Log: slog.New(slog.NewTextHandler(logs(), nil))})
	}
	if err := s.db.Environments.Create(t.Context(), model.Environment{Name: "e"}); err != nil {
		t.Fatal(err)
	}
	return s
}

// day lets a day pass, on which each scheduler looks every quarter of an hour with a clock that is wrong by some jump, and checks
// that each schedule has had its scans. Where a clock was ahead, a time may also have been skipped because of it.
func (s *together) day(t *testing.T, start time.Time, jump func(*rand.Rand) time.Duration) {
	t.Helper()
	random := rand.New(rand.NewPCG(1, 2)) // the same each time
	due := map[string]int{
		s.add(t, start, model.ScheduledScan{Freq: model.FreqHourly}):                                24,
		s.add(t, start, model.ScheduledScan{Cron: "*/30 * * * *", TimeZone: "Europe/Zurich"}):       48,
		s.add(t, start, model.ScheduledScan{Cron: "30 1,2,3,4 * * *", TimeZone: "Europe/Zurich"}):   4,
		s.add(t, start, model.ScheduledScan{Freq: model.FreqDaily, TimeZone: "Europe/Zurich"}):      1,
		s.add(t, start, model.ScheduledScan{Freq: model.FreqMonthly, TimeZone: "America/New_York"}): 0,
	}
	end := start.Add(24 * time.Hour)
	for now := start; !now.After(end); now = now.Add(15 * time.Minute) {
		var group errgroup.Group
		for i, one := range s.schedulers {
			clock := now
			if i > 0 { // one clock is right
				clock = now.Add(jump(random))
			}
			one.Now = func() time.Time { return clock }
			group.Go(func() error { return one.SubmitDue(t.Context()) })
		}
		if err := group.Wait(); err != nil {
			t.Fatal(err)
		}
		s.endScans(t)
	}
	for id, want := range due {
		if got := len(s.seenTo(t, id, end)); got != want {
			t.Errorf("of schedule %+v, %d times were seen to, want %d", s.schedule(t, id), got, want)
		}
	}
	if _, err := s.db.Schedules.Delete(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func (s *together) add(t *testing.T, now time.Time, sched model.ScheduledScan) string {
	t.Helper()
	sched.ID, sched.Environment, sched.SubmitTimestamp, sched.ChangedTimestamp = store.NewID(), "e", now, now
	if err := s.db.Schedules.Create(t.Context(), sched); err != nil {
		t.Fatal(err)
	}
	return sched.ID
}

func (s *together) schedule(t *testing.T, id string) model.ScheduledScan {
	t.Helper()
	sched, err := s.db.Schedules.Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return sched
}

// endScans ends all scans as workers do.
func (s *together) endScans(t *testing.T) {
	t.Helper()
	open, err := s.db.Scans.IDs(t.Context(), store.Where(store.Is(store.Status, model.ScanPending)))
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range open {
		if _, err := s.db.Scans.Update(t.Context(), id, func(scan *model.Scan) error { scan.Status = model.ScanCompleted; return nil }); err != nil {
			t.Fatal(err)
		}
	}
}

// seenTo returns the times until the end for which there is a scan of the schedule, or a message that there is none.
func (s *together) seenTo(t *testing.T, id string, end time.Time) map[string]bool {
	t.Helper()
	seen := map[string]bool{}
	note := func(due string) {
		if seen[due] {
			t.Errorf("schedule %s was seen to twice for %s", id, due)
		}
		if due <= end.Format(time.RFC3339) {
			seen[due] = true
		}
	}
	scans, err := s.db.Scans.Find(t.Context(), store.Query{})
	if err != nil {
		t.Fatal(err)
	}
	for _, scan := range scans {
		if scan.OriginID == id {
			note(scan.ScheduledTimestamp.UTC().Format(time.RFC3339))
		}
	}
	messages, err := s.db.Messages.Find(t.Context(), store.Where(store.Is(store.OriginID, id)))
	if err != nil {
		t.Fatal(err)
	}
	for _, message := range messages {
		_, rest, _ := strings.Cut(message.Message.(string), "that was due at ")
		due, _, _ := strings.Cut(rest, " ")
		note(due)
	}
	return seen
}
