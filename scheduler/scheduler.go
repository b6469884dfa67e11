// Package scheduler sees to it that what was asked for happens: it submits scheduled scans when they are due, looks after
// scans that wait or run, and brings back the work of workers that died. Any number of schedulers may run: all that they
// do is idempotent.
package scheduler

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"calipso.io/calipso/pkg/event/ask"
	"calipso.io/calipso/pkg/metrics"
	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/store"
	"calipso.io/calipso/tasks"
)

// Scheduler submits scheduled scans and recovers lost work.
type Scheduler struct {
	DB    *store.DB
	Queue *tasks.Enqueuer
	Log   *slog.Logger
	Now   func() time.Time

	// OnlyRecover is for a process that ends with a scan of its own: it leaves schedules alone.
	OnlyRecover bool
	Metrics     *metrics.Metrics // none when nil

	once sync.Once
	memo *memory
}

// memory is what a scheduler keeps of what it has seen.
type memory struct {
	asker  *ask.Asker
	leases *store.Leases // none is ever held
}

func (s *Scheduler) shared() *memory {
	s.once.Do(func() {
		s.memo = &memory{asker: ask.New(s.DB, s.Queue, s.Now), leases: s.DB.Leases("", silence, s.Now)}
	})
	return s.memo
}

// lookEvery is how often the ledger is looked at. tooOld is the age of a heartbeat that says that its worker is gone, and
// suspicious one that says so when the queue has not heard of the worker either.
const (
	lookEvery  = 5 * time.Second
	tooOld     = 45 * time.Second
	suspicious = 15 * time.Second

	retainEvery = time.Hour // how often what is too old is removed
)

// Run looks after schedules and scans until the context is done.
func (s *Scheduler) Run(ctx context.Context) error {
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	var retained time.Time
	for {
		if s.Now().Sub(retained) >= retainEvery {
			if err := s.Queue.Enqueue(ctx, tasks.Retain{}); err == nil {
				retained = s.Now()
			}
		}
		s.look(ctx)
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

func (s *Scheduler) look(ctx context.Context) {
	if !s.OnlyRecover {
		if err := s.SubmitDue(ctx); err != nil && ctx.Err() == nil {
			s.Log.Warn("not all schedules could be looked at", "error", err)
		}
		if err := s.LookAfterListened(ctx); err != nil && ctx.Err() == nil {
			s.Log.Warn("not all environments that are listened to could be looked at", "error", err)
		}
	}
	if err := s.Recover(ctx); err != nil && ctx.Err() == nil {
		s.Log.Warn("recovery could not look at everything", "error", err)
	}
}

// Recover looks once at every scan that waits or runs, and asks again for what may have been lost. What is under way
// already is not disturbed: a task that exists is not enqueued twice.
func (s *Scheduler) Recover(ctx context.Context) error {
	open, err := s.DB.Scans.Find(ctx, store.Where(store.Is(store.Status, model.ScanPending, model.ScanRunning)))
	if err != nil {
		return fmt.Errorf("read the scans: %w", err)
	}
	var errs []error
	working, err := s.Queue.Working()
	if err != nil {
		errs = append(errs, err) // the ledger alone has to do
	}
	for _, scan := range open {
		if err := s.recoverScan(ctx, scan, working); err != nil {
			errs = append(errs, fmt.Errorf("scan %s of %s: %w", scan.ID, scan.Environment, err))
		}
	}
	return errors.Join(append(errs, s.recoverEvents(ctx), s.recoverTests(ctx))...)
}

// recoverEvents asks for the handling of events where there are any.
func (s *Scheduler) recoverEvents(ctx context.Context) error {
	kept, err := s.DB.Events.CountBy(ctx, store.Environment)
	if err != nil {
		return fmt.Errorf("count the events: %w", err)
	}
	var errs []error
	for environment := range kept {
		_, err := s.shared().asker.Ask(ctx, environment)
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// recoverTests asks for the connection tests that have no answer.
func (s *Scheduler) recoverTests(ctx context.Context) error {
	asked, err := s.DB.Tests.Find(ctx, store.Where(store.Is(store.Status, model.TestRequest)))
	if err != nil {
		return fmt.Errorf("read the connection tests: %w", err)
	}
	var errs []error
	for _, test := range asked {
		errs = append(errs, s.Queue.Enqueue(ctx, tasks.TestConnection{Environment: test.Environment, Test: test.ID}))
	}
	return errors.Join(errs...)
}

func (s *Scheduler) recoverScan(ctx context.Context, scan model.Scan, working func(worker string) bool) error {
	if scan.Phase == "" {
		return s.Queue.Enqueue(ctx, tasks.StartScan{Scan: scan.ID})
	}
	running, err := s.DB.Steps.Find(ctx, store.Where(store.Is(store.ScanID, scan.ID), store.Is(store.Phase, scan.Phase),
		store.Is(store.Status, model.StepRunning)))
	if err != nil {
		return err
	}
	var errs []error
	for _, step := range running {
		errs = append(errs, s.takeBack(ctx, step, working(step.Worker)))
	}
	// What this hands out is what waits, steps whose tasks were lost among them.
	errs = append(errs, s.Queue.Enqueue(ctx, tasks.AdvanceScan{Scan: scan.ID, Phase: scan.Phase}))
	return errors.Join(errs...)
}

var errAlive = errors.New("its worker is alive")

// takeBack gives a step to the next attempt, when its worker has gone silent. Its heartbeat may be missing because the
// store was away: so it takes longer until that alone counts, when the queue has heard of the worker.
func (s *Scheduler) takeBack(ctx context.Context, step model.Step, working bool) error {
	limit := suspicious
	if working {
		limit = tooOld
	}
	taken, err := s.DB.Steps.Update(ctx, step.ID, func(now *model.Step) error {
		switch {
		case now.Attempt != step.Attempt || now.Status != model.StepRunning:
			return errAlive
		case now.Heartbeat != nil && s.Now().Sub(*now.Heartbeat) < limit:
			return errAlive
		default:
			now.Release("its worker "+now.Worker+" went silent", s.Now())
		}
		return nil
	})
	if errors.Is(err, errAlive) {
		return nil
	}
	if err == nil {
		s.Metrics.TakenBack(step.Environment)
		s.Log.Warn("took a step back", "scan", step.Scan, "environment", step.Environment, "host", step.Host, "step", step.ID,
			"worker", step.Worker, "attempt", taken.Attempt)
	}
	return err
}
