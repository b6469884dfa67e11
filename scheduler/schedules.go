package scheduler

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"reflect"
	"time"

	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/schedule"
	"calipso.io/calipso/pkg/store"
)

// errMoved says that a schedule is no longer what it was when it was read.
var errMoved = errors.New("the schedule has moved on")

// SubmitDue looks once at every schedule and submits the scans that are due; Recover has them started.
//
// What a schedule says of its next run only saves work. Whether the latest time that was due has been seen to is known by
// the scan, or the message, whose id follows from the schedule and that time: there is one at most, whatever the clocks
// say. What is to be done is decided once, by whoever first notes it on the schedule (claim). From then on until it is
// noted as done, everything may be done again, by anybody.
func (s *Scheduler) SubmitDue(ctx context.Context) error {
	schedules, err := s.DB.Schedules.Find(ctx, store.Query{})
	if err != nil {
		return fmt.Errorf("read the schedules: %w", err)
	}
	var errs []error
	for _, one := range schedules {
		err := s.submitDue(ctx, one)
		for errors.Is(err, errMoved) {
			if one, err = s.DB.Schedules.Get(ctx, one.ID); err == nil {
				err = s.submitDue(ctx, one)
			}
		}
		if err != nil && store.CodeOf(err) != store.NotFound {
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
	if sched.Run == nil {
		next := rule.Next(s.Now())
		if sched.ScheduledTimestamp.Equal(next) {
			return nil
		}
		due, ok := rule.Last(s.Now())
		if done, err := s.done(ctx, sched, due); err != nil || done || !ok {
			return cmp.Or(err, s.change(ctx, sched, func(now *model.ScheduledScan) { now.ScheduledTimestamp = next }))
		}
		if err := s.claim(ctx, &sched, due); err != nil {
			return err
		}
	}
	return s.carryOut(ctx, sched, rule)
}

// done tells whether a time at which a schedule was due has been seen to.
func (s *Scheduler) done(ctx context.Context, sched model.ScheduledScan, due time.Time) (bool, error) {
	scans, err := s.DB.Scans.Count(ctx, store.IDs(scanID(sched, due)))
	if err != nil || scans > 0 {
		return true, err
	}
	messages, err := s.DB.Messages.Count(ctx, store.IDs(messageID(sched, due)))
	return messages > 0, err
}

// change changes a schedule, if nobody else has done so since it was read.
func (s *Scheduler) change(ctx context.Context, sched model.ScheduledScan, change func(*model.ScheduledScan)) error {
	_, err := s.DB.Schedules.Update(ctx, sched.ID, func(now *model.ScheduledScan) error {
		if !reflect.DeepEqual(*now, sched) {
			return errMoved
		}
		change(now)
		return nil
	})
	return err
}

// claim decides what is to be done about the time at which a schedule was due, and notes it on the schedule.
func (s *Scheduler) claim(ctx context.Context, sched *model.ScheduledScan, due time.Time) error {
	run := model.ScheduledRun{Due: due}
	var err error
	if run.Skip, err = s.reasonToSkip(ctx, *sched); err != nil {
		return err
	}
	if err := s.change(ctx, *sched, func(now *model.ScheduledScan) { now.Run = &run }); err != nil {
		return err
	}
	sched.Run = &run
	return nil
}

// reasonToSkip says why there is to be no scan, "" when there is to be one: an earlier scan of the schedule is still open.
func (s *Scheduler) reasonToSkip(ctx context.Context, sched model.ScheduledScan) (string, error) {
	open, err := s.DB.Scans.Find(ctx, store.Where(store.Is(store.Environment, sched.Environment),
		store.Is(store.Status, model.ScanPending, model.ScanRunning)))
	if err != nil {
		return "", err
	}
	for _, scan := range open {
		if scan.OriginID == sched.ID {
			return fmt.Sprintf("the schedule's scan %s is still %s", scan.ID, scan.Status), nil
		}
	}
	return "", nil
}

// scanID returns the id of the scan of a schedule for a time at which it was due.
func scanID(sched model.ScheduledScan, due time.Time) string {
	return model.DBID(model.OriginSchedule, sched.ID, store.Time(due))
}

// messageID returns the id of the message that there is no such scan.
func messageID(sched model.ScheduledScan, due time.Time) string {
	return model.DBID("message", model.OriginSchedule, sched.ID, store.Time(due))
}

// carryOut does what was decided, and notes that it is done.
func (s *Scheduler) carryOut(ctx context.Context, sched model.ScheduledScan, rule schedule.Rule) error {
	due := sched.Run.Due
	scan, problem, err := s.submit(ctx, sched, *sched.Run)
	if err != nil {
		return err
	}
	next := rule.Next(later(s.Now(), due))
	err = s.change(ctx, sched, func(now *model.ScheduledScan) {
		now.Run, now.ScheduledTimestamp, now.LastError = nil, next, problem
		if problem == "" {
			now.LastRun, now.LastScan = &scan.SubmitTimestamp, scan.ID
		}
	})
	if err == nil {
		s.Log.Info("a scheduled scan was due", "schedule", sched.ID, "environment", sched.Environment, "due", due,
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
		OriginType: model.OriginSchedule, OriginID: sched.ID, ScheduledTimestamp: &run.Due}, s.Now())
	if store.CodeOf(err) == store.Invalid {
		problem = due + " could not be submitted: " + err.Error()
		return model.Scan{}, problem, s.tell(ctx, sched, run, model.LevelError, problem)
	}
	return scan, "", err
}

// tell leaves a message about a run: one, however often it is told.
func (s *Scheduler) tell(ctx context.Context, sched model.ScheduledScan, run model.ScheduledRun, level, text string) error {
	_, err := s.DB.Messages.Insert(ctx, model.Message{ID: messageID(sched, run.Due), Environment: sched.Environment,
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
