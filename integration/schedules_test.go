package integration

import (
	"log/slog"
	"math/rand/v2"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"calipso.io/calipso/api/client"
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
	request := client.ScheduleRequest{ScanRequest: client.ScanRequest{Environment: "e", Inventory: "nightly"}, Freq: model.FreqHourly}
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

// TestSchedulersTogether: several schedulers look at the same schedules at the same time. Their clocks don't agree, and
// jump back and forth. In the end there is one scan for each time that was due.
func TestSchedulersTogether(t *testing.T) {
	t.Parallel()
	for name, address := range stores(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			t.Run("scans", func(t *testing.T) { together(t, address) }) // the store is dropped when all are closed
		})
	}
}

func together(t *testing.T, address string) {
	const seed = 7
	random := rand.New(rand.NewPCG(seed, seed))
	start := time.Date(2026, 3, 28, 20, 0, 0, 0, time.UTC) // clocks are turned forward in the night
	db, schedulers := openSchedulers(t, address, 2)
	// How often a schedule is due until the end, at 20:00 of the next day.
	due := map[string]int{
		addSchedule(t, db, start, model.ScheduledScan{Freq: model.FreqHourly}):                              24,
		addSchedule(t, db, start, model.ScheduledScan{Cron: "*/30 * * * *", TimeZone: "Europe/Zurich"}):      48,
		addSchedule(t, db, start, model.ScheduledScan{Cron: "30 2,3,4 * * *", TimeZone: "Europe/Zurich"}):    3,
		addSchedule(t, db, start, model.ScheduledScan{Freq: model.FreqDaily, TimeZone: "Europe/Zurich"}):     1,
		addSchedule(t, db, start, model.ScheduledScan{Freq: model.FreqMonthly, TimeZone: "Europe/Zurich"}):   0,
		addSchedule(t, db, start, model.ScheduledScan{Freq: model.FreqWeekly, ScanOptions: model.ScanOptions{}}): 0,
	}
	const step = 10 * time.Minute
	for now := start; !now.After(start.Add(24 * time.Hour)); now = now.Add(step) {
		var group errgroup.Group
		for _, s := range schedulers {
			clock := now.Add(jump(random))
			s.Now = func() time.Time { return clock }
			group.Go(func() error { return s.SubmitDue(t.Context()) })
		}
		if err := group.Wait(); err != nil {
			t.Fatal(err)
		}
		endScans(t, db)
	}
	got, err := db.Scans.Find(t.Context(), store.Query{})
	if err != nil {
		t.Fatal(err)
	}
	count := map[string]int{}
	for _, scan := range got {
		count[scan.OriginID]++
	}
	for id, want := range due {
		if sched, err := db.Schedules.Get(t.Context(), id); count[id] != want {
			t.Errorf("schedule %+v (%v) has %d scans, want %d", sched, err, count[id], want)
		}
	}
}
