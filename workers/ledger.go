package workers

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/store"
	"calipso.io/calipso/tasks"
)

// The ledger's rules: a step is written before it is enqueued, and claimed by exactly one attempt. A worker that does a
// step keeps its heartbeat; a step whose heartbeat is too old is given to the next attempt (scheduler), and what the
// earlier attempt then still writes is the same, or refused. A phase is over when none of its steps is unfinished.

// heartbeatEvery is how often a worker says that it still works on a step.
const heartbeatEvery = 10 * time.Second

// stepWork does the work of one claimed step and notes in it what it found. An error means that the step could not be
// done at all; what single fetchers could not read is in the step's results.
type stepWork func(ctx context.Context, scan *model.Scan, step *model.Step) error

var errNotOurs = errors.New("the step is not this attempt's")

// step makes a handler of the work of a phase: claim the step, do it, write down what became of it, go on.
func (w *Workers) step(work stepWork) func(context.Context, tasks.Step) error {
	return func(ctx context.Context, t tasks.Step) error {
		scan, err := w.DB.Scans.Get(ctx, t.Scan)
		if store.CodeOf(err) == store.NotFound || err == nil && scan.Status != model.ScanRunning {
			return nil
		}
		if err != nil {
			return err
		}
		step, err := w.claim(ctx, t)
		if errors.Is(err, errNotOurs) {
			return nil
		}
		if err != nil {
			return err
		}
		log := w.stepLog(&scan, &step)
		if err := w.do(ctx, work, &scan, &step); err != nil {
			return w.release(ctx, log, step, err)
		}
		report(log, &step, w.Now())
		if err := w.end(ctx, step); err != nil {
			return w.release(ctx, log, step, err)
		}
		if step.Phase == model.PhaseFinish {
			w.sessions.end(scan.ID)
			return nil
		}
		// Steps below anything but a host may have added many.
		return w.advance(ctx, scan.ID, step.Phase, step.ParentType != model.TypeHost)
	}
}

// report logs what became of a step: what could not be read as warnings, all else in less and less detail.
func report(log *slog.Logger, step *model.Step, now time.Time) {
	for _, r := range step.Results {
		if r.Status == model.ResultFailed {
			log.Warn("could not be read", "fetcher", r.Fetcher, "error", r.Error)
			continue
		}
		log.Debug("read", "fetcher", r.Fetcher, "found", r.Found)
		for _, warning := range r.Warnings {
			log.Debug("passed over", "fetcher", r.Fetcher, "source", warning.Source, "line", warning.Line, "reason", warning.Reason)
		}
	}
	log.Info("step ended", "failed", step.Status == model.StepFailed, "found", step.Found, "seconds", now.Sub(*step.Started).Seconds())
}

// claim marks a step as this worker's. It returns errNotOurs when the step is done, or another attempt's. A claim that
// was written, but whose answer got lost, is found again by its time.
func (w *Workers) claim(ctx context.Context, t tasks.Step) (model.Step, error) {
	now := w.Now().UTC()
	return w.DB.Steps.Update(ctx, t.Step, func(s *model.Step) error {
		if s.Status == model.StepRunning && s.Attempt == t.Attempt && s.Worker == w.Name && s.Started.Equal(now) {
			return nil
		}
		if s.Status != model.StepPending || s.Attempt != t.Attempt {
			return errNotOurs
		}
		s.Status, s.Worker, s.Heartbeat, s.Started = model.StepRunning, w.Name, &now, &now
		return nil
	})
}

// do runs the work with a heartbeat beside it. The work's context ends with the task's, when the worker has to stop,
// and when the step was given to another attempt.
func (w *Workers) do(ctx context.Context, work stepWork, scan *model.Scan, step *model.Step) (err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(w.stopping, func() { cancel(errors.New("the worker stops")) })()
	go w.beat(ctx, *step, cancel)
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("internal error: %v", p)
		}
	}()
	err = work(ctx, scan, step)
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}

func (w *Workers) beat(ctx context.Context, step model.Step, cancel context.CancelCauseFunc) {
	ticker := time.NewTicker(heartbeatEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		_, err := w.DB.Steps.Update(ctx, step.ID, func(s *model.Step) error {
			if s.Status != model.StepRunning || s.Attempt != step.Attempt {
				return errNotOurs
			}
			now := w.Now().UTC()
			s.Heartbeat = &now
			return nil
		})
		if errors.Is(err, errNotOurs) {
			cancel(err)
		}
	}
}

// end writes down what became of a step, unless another attempt has it now.
func (w *Workers) end(ctx context.Context, done model.Step) error {
	now := w.Now().UTC()
	done.Ended = &now
	if done.Status == model.StepRunning {
		done.Status = model.StepDone
	}
	_, err := w.DB.Steps.Update(ctx, done.ID, func(s *model.Step) error {
		if s.Status != model.StepRunning || s.Attempt != done.Attempt {
			return errNotOurs
		}
		*s = done
		return nil
	})
	if errors.Is(err, errNotOurs) {
		return nil
	}
	return err
}

// release gives a step that could not be done to its next attempt, or gives it up after too many.
func (w *Workers) release(ctx context.Context, log *slog.Logger, step model.Step, cause error) error {
	log.Warn("step could not be done", "error", cause)
	if errors.Is(cause, errNotOurs) {
		return nil
	}
	// The task's own context may be over, which may be why the step could not be done.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	released, err := w.DB.Steps.Update(ctx, step.ID, func(s *model.Step) error {
		if s.Status != model.StepRunning || s.Attempt != step.Attempt {
			return errNotOurs
		}
		s.Release(cause.Error(), w.Now())
		return nil
	})
	if err != nil {
		// If the ledger can't be written now, the step's heartbeat stops and it is found by that.
		log.Warn("step could not be handed back", "error", err)
		return nil
	}
	if released.Status == model.StepFailed {
		return w.advance(ctx, step.Scan, step.Phase, false)
	}
	return w.Queue.Enqueue(ctx, taskFor(released))
}

func taskFor(s model.Step) tasks.Step {
	return tasks.Step{Scan: s.Scan, Step: s.ID, Phase: s.Phase, Attempt: s.Attempt}
}

// addSteps writes steps that are not in the ledger yet.
func (w *Workers) addSteps(ctx context.Context, steps []model.Step) error {
	if _, err := w.DB.Steps.Insert(ctx, steps...); err != nil {
		return fmt.Errorf("write steps: %w", err)
	}
	return nil
}

// handOut asks for those of the steps that wait. Only so many of an environment are handed out at a time, so that none
// fills the queue and keeps the others waiting: those that come first in the ledger. Each step that ends lets the next
// one come in at the end of these, so it is enough to go back to one that is in the queue, unless all are to be looked at.
func (w *Workers) handOut(ctx context.Context, steps []model.Step, all bool) error {
	for _, s := range slices.Backward(steps) {
		if s.Status != model.StepPending {
			continue
		}
		isNew, err := w.Queue.EnqueueNew(ctx, taskFor(s))
		if err != nil || !isNew && !all {
			return err
		}
	}
	return nil
}

// fence is errNotOurs when a step was given to another attempt, or its scan was aborted: what this attempt found must
// not be written anymore. Should the step be lost just after this was asked, the generation of what is written keeps it
// from overwriting what a later attempt has written.
func (w *Workers) fence(ctx context.Context, step *model.Step) error {
	now, err := w.DB.Steps.Get(ctx, step.ID)
	if err == nil && (now.Status != model.StepRunning || now.Attempt != step.Attempt) {
		w.Log.With(stepAttrs(step)...).Warn("what this attempt found is not written: the step is another's")
		return errNotOurs
	}
	return err
}

func newStep(scan *model.Scan, phase, name, parent string) model.Step {
	return model.Step{
		ID:   scan.ID + "/" + phase + "/" + name + "/" + parent,
		Scan: scan.ID, Environment: scan.Environment, Phase: phase, Step: name, Parent: parent,
		Status: model.StepPending,
	}
}
