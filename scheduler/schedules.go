package scheduler

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/schedule"
	"calipso.io/calipso/pkg/store"
)

// skew is by how much the clocks of schedulers may differ. A next run that is later than another scheduler's clock can
// have made it was set by a clock that was wrong.
const skew = time.Hour

// errMoved says that a schedule is no longer what it was when it was read.
var errMoved = errors.New("the schedule has moved on")

// SubmitDue looks once at every schedule and submits the scans that are due; Recover has them started.
//
// The id of a scan follows from its schedule and from when it was due, so that each due time becomes one scan at most,
// whatever the clocks say. What is to be done about a due time is decided once, by whoever first notes the decision on
// the schedule (claim). From then on until the schedule has its next time, everything may be done again, by anybody.
func (s *Scheduler) SubmitDue(ctx context.Context) error {
	schedules, err := s.DB.Schedules.Find(ctx, store.Query{})
	if err != nil {
		return fmt.Errorf("read the schedules: %w", err)
	}
	var errs []error
	for _, one := range schedules {
		err := s.submitDue(ctx, one)
		if err != nil && !errors.Is(err, errMoved) && store.CodeOf(err) != store.NotFound {
			errs = append(errs, fmt.Errorf("schedule %s of %s: %w", one.ID, one.Environment, err))
		}
	}
	return errors.Join(errs...)
}

func (s *Scheduler) submitDue(ctx context.Context, sched model.ScheduledScan) error {
	rule, err := schedule.Parse(&sched)
	if err != nil {
		return err
	}
	now := s.Now()
	switch {
	case sched.Run != nil:
	case sched.ScheduledTimestamp.After(rule.Next(now.Add(skew))):
		return s.setBack(ctx, sched, rule.Next(now))
	case sched.ScheduledTimestamp.After(now):
		return nil
	default:
		if sched, err = s.claim(ctx, sched); err != nil {
			return err
		}
	}
	return s.carryOut(ctx, sched, rule)
}

// setBack repairs a schedule that a clock that was ahead has moved too far.
func (s *Scheduler) setBack(ctx context.Context, sched model.ScheduledScan, next time.Time) error {
	_, err := s.DB.Schedules.Update(ctx, sched.ID, func(now *model.ScheduledScan) error {
		if now.Run != nil || !now.ScheduledTimestamp.Equal(sched.ScheduledTimestamp) {
			return errMoved
		}
		now.ScheduledTimestamp = next
		return nil
	})
	if err == nil {
		s.Log.Warn("a clock was ahead: set a schedule back", "schedule", sched.ID, "environment", sched.Environment,
			"from", sched.ScheduledTimestamp, "to", next)
	}
	return err
}

// claim decides what is to be done about the run that is due, and notes it on the schedule.
func (s *Scheduler) claim(ctx context.Context, sched model.ScheduledScan) (model.ScheduledScan, error) {
	run := model.ScheduledRun{Due: sched.ScheduledTimestamp}
	var err error
	if run.Skip, err = s.reasonToSkip(ctx, sched); err != nil {
		return sched, err
	}
	return s.DB.Schedules.Update(ctx, sched.ID, func(now *model.ScheduledScan) error {
		if now.Run != nil || !now.ScheduledTimestamp.Equal(run.Due) {
			return errMoved
		}
		now.Run = &run
		return nil
	})
}

// reasonToSkip says why there is to be no scan, "" when there is to be one: an earlier scan of the schedule is still open.
func (s *Scheduler) reasonToSkip(ctx context.Context, sched model.ScheduledScan) (string, error) {
	open, err := s.DB.Scans.Find(ctx, store.Where(store.Is(store.Environment, sched.Environment),
		store.Is(store.Status, model.ScanPending, model.ScanRunning)))
	if err != nil {
		return "", err
	}
	i := slices.IndexFunc(open, func(scan model.Scan) bool { return scan.OriginID == sched.ID })
	if i < 0 {
		return "", nil
	}
	_, err = s.DB.Scans.Get(ctx, scanID(sched, sched.ScheduledTimestamp))
	if store.CodeOf(err) == store.NotFound {
		return fmt.Sprintf("the schedule's scan %s is still %s", open[i].ID, open[i].Status), nil
	}
	return "", err // submitted already: to be done again is to do nothing
}

// scanID returns the id of a schedule's scan that is due at a time.
func scanID(sched model.ScheduledScan, due time.Time) string {
	return model.DBID(model.OriginSchedule, sched.ID, store.Time(due))
}

// carryOut does what was decided about a run, and gives the schedule its next time. Runs that were missed meanwhile are
// made up by this one.
func (s *Scheduler) carryOut(ctx context.Context, sched model.ScheduledScan, rule schedule.Rule) error {
	run := *sched.Run
	scan, problem, err := s.submit(ctx, sched, run)
	if err != nil {
		return err
	}
	next := rule.Next(later(s.Now(), run.Due))
	_, err = s.DB.Schedules.Update(ctx, sched.ID, func(now *model.ScheduledScan) error {
		if now.Run == nil || !now.Run.Due.Equal(run.Due) {
			return errMoved
		}
		now.Run, now.ScheduledTimestamp, now.LastError = nil, next, problem
		if problem == "" && (now.LastRun == nil || now.LastRun.Before(scan.SubmitTimestamp)) {
			now.LastRun, now.LastScan = &scan.SubmitTimestamp, scan.ID
		}
		return nil
	})
	if err == nil {
		s.Log.Info("a scheduled scan was due", "schedule", sched.ID, "environment", sched.Environment, "due", run.Due,
			"scan", scan.ID, "problem", problem, "next", next)
	}
	return err
}

// submit submits the scan of a run. When there can't be one it says why, and leaves a message.
func (s *Scheduler) submit(ctx context.Context, sched model.ScheduledScan, run model.ScheduledRun) (scan model.Scan, problem string, err error) {
	due := "the scheduled scan of " + sched.Environment + " that was due at " + run.Due.UTC().Format(time.RFC3339)
	if run.Skip != "" {
		problem = due + " was skipped: " + run.Skip
		return scan, problem, s.tell(ctx, sched, run, model.LevelWarn, problem)
	}
	scan, err = s.DB.SubmitScan(ctx, model.Scan{ID: scanID(sched, run.Due), Environment: sched.Environment, ScanOptions: sched.ScanOptions,
		OriginType: model.OriginSchedule, OriginID: sched.ID}, s.Now())
	if store.CodeOf(err) == store.Invalid {
		problem = due + " could not be submitted: " + err.Error()
		return model.Scan{}, problem, s.tell(ctx, sched, run, model.LevelError, problem)
	}
	return scan, "", err
}

// tell leaves a message about a run: one, however often it is told.
func (s *Scheduler) tell(ctx context.Context, sched model.ScheduledScan, run model.ScheduledRun, level, text string) error {
	_, err := s.DB.Messages.Insert(ctx, model.Message{ID: model.DBID("message", scanID(sched, run.Due)), Environment: sched.Environment,
		SourceSystem: model.SourceCalipso, Level: level, Message: text, Timestamp: s.Now().UTC(),
		OriginType: model.OriginSchedule, OriginID: sched.ID})
	return err
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
