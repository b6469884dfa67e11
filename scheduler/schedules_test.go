package scheduler_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hibiken/asynq"

	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/store"
	"calipso.io/calipso/scheduler"
	"calipso.io/calipso/tasks"
)

// TestDue: a schedule's scan is submitted when it is due, with all that the schedule says, and no sooner.
func TestDue(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	inv, err := s.db.Inventory(t.Context(), "before")
	must(t, err)
	_, err = inv.Objects.Put(t.Context(), 1, model.Object{Environment: "lab", Type: "host", ID: "node-1"})
	must(t, err)
	options := model.ScanOptions{Inventory: "before", LogLevel: "debug", Clear: true, ScanOnlyInventory: true, ObjectID: "node-1", ObjectType: "host"}
	id := s.add(func(sched *model.ScheduledScan) {
		sched.Freq, sched.ScanOptions, sched.ScheduledTimestamp = model.FreqMonthly, options, time.Date(2026, 2, 28, 12, 0, 0, 0, time.UTC)
	})
	s.look(28*24*time.Hour - time.Second)
	s.want(id, 0, 0, time.Date(2026, 2, 28, 12, 0, 0, 0, time.UTC))
	s.look(time.Second)
	s.look(0)
	s.want(id, 1, 0, time.Date(2026, 3, 31, 12, 0, 0, 0, time.UTC))
	scan, now := s.scans()[0], s.clock.Now()
	want := model.Scan{ID: scan.ID, Environment: "lab", Status: model.ScanPending, ScanOptions: options, OriginType: "scheduled scan", OriginID: id,
		SubmitTimestamp: now, ScheduledTimestamp: &now, Generation: model.GenerationsPerScan}
	if diff := cmp.Diff(want, scan); diff != "" {
		t.Errorf("another scan is submitted (-want +got):\n%s", diff)
	}
	if sched := s.schedule(id); sched.LastScan != scan.ID || sched.LastRun == nil || !sched.LastRun.Equal(now) || sched.LastError != "" {
		t.Errorf("the schedule does not tell of its last run: %+v", sched)
	}
}

// TestMissed: after a time without a scheduler, one scan makes up for all that would have been: the latest.
func TestMissed(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	id := s.add(nil)
	s.look(100*time.Hour + time.Minute)
	s.look(time.Second)
	s.want(id, 1, 0, noon.Add(101*time.Hour))
	if due := s.scans()[0].ScheduledTimestamp; !due.Equal(noon.Add(100 * time.Hour)) {
		t.Errorf("the scan is that of %v", due)
	}
	s.end()
	s.look(time.Hour)
	s.want(id, 2, 0, noon.Add(102*time.Hour))
}

// TestStillOpen: a run whose schedule has a scan that has not ended is skipped, and that is told once.
func TestStillOpen(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	id := s.add(nil)
	other := s.add(func(sched *model.ScheduledScan) {
		sched.Freq, sched.Cron, sched.ScheduledTimestamp = "", "0 14 * * *", noon.Add(2*time.Hour)
	})
	s.look(time.Hour)
	s.look(time.Hour)
	s.look(time.Minute)
	s.want(id, 2, 1, noon.Add(3*time.Hour)) // the other schedule's scans are not its own
	s.want(other, 2, 1, noon.Add(26*time.Hour))
	first := s.scans()[0]
	if first.OriginID != id {
		t.Fatalf("the first scan is of %s, want %s", first.OriginID, id)
	}
	text := "the scheduled scan of lab that was due at 2026-01-31T14:00:00Z was skipped: the schedule's scan " + first.ID + " is still pending"
	got := s.messages()[0]
	want := model.Message{ID: got.ID, Environment: "lab", SourceSystem: "Calipso", Level: "warn", Message: text, Timestamp: noon.Add(2 * time.Hour),
		OriginType: "scheduled scan", OriginID: id}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("another message (-want +got):\n%s", diff)
	}
	if sched := s.schedule(id); sched.LastError != text || sched.LastScan != first.ID {
		t.Errorf("the schedule does not tell of what was skipped: %+v", sched)
	}
	s.end()
	s.look(time.Hour)
	s.want(id, 3, 1, noon.Add(4*time.Hour))
	if sched := s.schedule(id); sched.LastError != "" {
		t.Errorf("the error stays: %q", sched.LastError)
	}
}

// TestGone: a schedule whose environment or object is gone stays, tells of each run that failed, and is in nobody's way.
func TestGone(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	environment := s.add(func(sched *model.ScheduledScan) { sched.Environment = "gone" })
	object := s.add(func(sched *model.ScheduledScan) { sched.ObjectID, sched.ObjectType = "node-9", "host" })
	unreadable := s.add(func(sched *model.ScheduledScan) { sched.Freq = "SOMETIMES" })
	good := s.add(nil)
	s.clock.add(time.Hour)
	err := s.scheduler().SubmitDue(t.Context())
	if err == nil || !strings.Contains(err.Error(), "schedule "+unreadable+` of lab: freq: must be one of YEARLY`) {
		t.Errorf("the error is %v, want one that names the schedule that can't be read", err)
	}
	s.want(good, 1, 2, noon.Add(2*time.Hour))
	for id, why := range map[string]string{environment: `environment: there is no environment "gone"`, object: `object_id: there is no host "node-9" in the inventory of lab`} {
		s.want(id, 1, 2, noon.Add(2*time.Hour))
		want := "could not be submitted: " + why
		if sched := s.schedule(id); !strings.HasSuffix(sched.LastError, want) || sched.LastScan != "" || sched.LastRun != nil {
			t.Errorf("the schedule does not tell that its run failed: %+v", sched)
		}
		messages, err := s.db.Messages.Find(t.Context(), store.Where(store.Is(store.OriginID, id)))
		must(t, err)
		if len(messages) != 1 || messages[0].Level != "error" || !strings.HasSuffix(messages[0].Message.(string), want) {
			t.Errorf("messages %+v, want one that says %q", messages, want)
		}
	}
	must(t, s.db.Environments.Create(t.Context(), model.Environment{Name: "gone"}))
	s.end()
	s.clock.add(time.Hour)
	_ = s.scheduler().SubmitDue(t.Context())
	s.want(environment, 3, 3, noon.Add(3*time.Hour))
}

// TestDeath: wherever a scheduler dies, another one finishes what it began, and adds nothing.
func TestDeath(t *testing.T) {
	t.Parallel()
	for name, prepare := range map[string]func(*site) (id string, scans, messages int){
		"submitting": func(s *site) (string, int, int) { return s.add(nil), 1, 0 },
		"skipping": func(s *site) (string, int, int) {
			id := s.add(nil)
			s.look(time.Hour)
			return id, 1, 1
		},
		"failing": func(s *site) (string, int, int) {
			return s.add(func(sched *model.ScheduledScan) { sched.Environment = "gone" }), 0, 1
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			died := 0
			for writes, alive := 0, false; !alive; writes++ {
				s := newSite(t)
				id, scans, messages := prepare(s)
				due := s.schedule(id).ScheduledTimestamp
				s.clock.add(due.Sub(s.clock.Now()))
				alive = s.die(writes)
				if !alive {
					died++
				}
				if name == "skipping" && s.schedule(id).Run != nil {
					s.end() // what was decided stays
				}
				s.look(time.Minute)
				s.look(time.Minute)
				s.want(id, scans, messages, due.Add(time.Hour))
			}
			if died < 3 {
				t.Errorf("a scheduler died at %d writes: there are at least 3", died)
			}
		})
	}
}

// die makes a scheduler look at the schedules and die after so many writes, unless it needs no more.
func (s *site) die(writes int) (alive bool) {
	s.t.Helper()
	db, err := store.NewDB(s.t.Context(), &mortal{Driver: s.driver, left: writes})
	must(s.t, err)
	dying := &scheduler.Scheduler{DB: db, Log: slog.New(slog.DiscardHandler), Now: s.clock.Now}
	err = dying.SubmitDue(s.t.Context())
	if err != nil && store.CodeOf(err) != store.Unavailable {
		s.t.Fatal(err)
	}
	return err == nil
}

// TestAhead: what a clock that is ahead does is not done again when the time comes, and nothing that comes before is lost.
func TestAhead(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		ahead time.Duration
		early int // scans of times that have not come yet
	}{"by minutes": {10 * time.Minute, 0}, "by months": {100 * 24 * time.Hour, 1}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			id := s.add(nil)
			s.look(55*time.Minute + test.ahead)
			if n := len(s.scans()); n != 1 {
				t.Fatalf("there are %d scans, want that of the time that seems to have come", n)
			}
			s.end()
			s.look(-test.ahead)
			s.want(id, 1, 0, noon.Add(time.Hour))
			s.look(5 * time.Minute)
			s.want(id, 1+test.early, 0, noon.Add(2*time.Hour))
			s.end()
			s.look(time.Hour)
			s.want(id, 2+test.early, 0, noon.Add(3*time.Hour))
			s.end()
			s.look(test.ahead - 2*time.Hour)
			s.look(0)
			if n := len(s.scans()); test.early == 1 && n != 3 {
				t.Errorf("there are %d scans, want no other for the time that seemed to have come", n)
			}
		})
	}
}

// TestBackwards: a clock that is turned back repeats nothing.
func TestBackwards(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	id := s.add(nil)
	s.look(time.Hour)
	s.end()
	for range 3 {
		s.look(-30 * time.Minute)
		s.look(30 * time.Minute)
	}
	s.look(-100 * time.Hour)
	s.look(100 * time.Hour)
	s.want(id, 1, 0, noon.Add(2*time.Hour))
}

// TestRun: a scheduled scan is enqueued, unless the scheduler is to leave schedules alone.
func TestRun(t *testing.T) {
	t.Parallel()
	for _, only := range []bool{false, true} {
		s := newSite(t)
		s.add(nil)
		s.clock.add(time.Hour)
		manual, err := s.db.SubmitScan(t.Context(), model.Scan{Environment: "lab"}, s.clock.Now())
		must(t, err)
		client, stop, err := tasks.OpenRedis(t.Context(), "")
		must(t, err)
		t.Cleanup(stop)
		running := s.scheduler()
		running.Queue, running.OnlyRecover = tasks.NewEnqueuer(client), only
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- running.Run(ctx) }()
		inspector := asynq.NewInspectorFromRedisClient(client)
		waitFor(t, "the manual scan to be enqueued", func() bool { return enqueued(inspector, manual.ID) })
		if !only {
			waitFor(t, "the scheduled scan to be enqueued", func() bool {
				scans := s.scans()
				return len(scans) == 2 && enqueued(inspector, scans[0].ID) && enqueued(inspector, scans[1].ID)
			})
		}
		cancel()
		must(t, <-ended)
		if only && len(s.scans()) != 1 {
			t.Error("a scheduler that only recovers has submitted a scheduled scan")
		}
	}
}

func enqueued(inspector *asynq.Inspector, scan string) bool {
	_, err := inspector.GetTaskInfo(tasks.QueueScan, tasks.StartScan{Scan: scan}.ID())
	return err == nil
}

func waitFor(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(5 * time.Minute); !is(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("gave up waiting for %s", what)
		}
	}
}
