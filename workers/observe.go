package workers

import (
	"context"
	"errors"
	"time"

	"github.com/hibiken/asynq"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/propagation"

	"calipso.io/calipso/pkg/metrics"
	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/trace"
)

var errPanic = errors.New("internal error")

// observeTask is a middleware by which every task is seen from outside: it continues the trace of who enqueued it, it
// is counted, and it is logged when it fails.
func (w *Workers) observeTask(next asynq.Handler) asynq.Handler {
	return asynq.HandlerFunc(func(ctx context.Context, task *asynq.Task) error {
		started := w.Now()
		ctx, end := w.Trace.Begin(ctx, trace.Consumer, task.Type(), propagation.MapCarrier(task.Headers()))
		result, err := metrics.Failed, errPanic // unless it returns
		defer func() {
			w.Metrics.Task(task.Type(), result, w.Now().Sub(started))
			end(err)
		}()
		switch err = next.ProcessTask(ctx, task); {
		case err == nil:
			result = metrics.Done
		case errors.Is(err, errWait):
			result = metrics.Waiting
		default:
			id, _ := asynq.GetTaskID(ctx)
			w.Log.Warn("task failed", "kind", task.Type(), "task", id, "error", err)
		}
		return err
	})
}

// observeStep says in the trace what a step is, and counts what became of it and of its fetchers.
func (w *Workers) observeStep(work stepWork) stepWork {
	return func(ctx context.Context, scan *model.Scan, step *model.Step) error {
		trace.Note(ctx, attribute.String("calipso.scan", scan.ID), attribute.String("calipso.environment", scan.Environment),
			attribute.String("calipso.step", step.ID), attribute.String("calipso.parent", step.ParentID), attribute.String("host.name", step.Host))
		started := w.Now()
		err := errPanic // unless it returns
		defer func() { w.countStep(step, err, w.Now().Sub(started)) }()
		err = work(ctx, scan, step)
		return err
	}
}

func (w *Workers) countStep(step *model.Step, err error, took time.Duration) {
	result := metrics.Done
	switch {
	case err != nil && step.Attempt+1 < model.MaxAttempts:
		result = metrics.Released
	case err != nil, step.Status == model.StepFailed:
		result = metrics.Failed
	case incomplete(*step):
		result = metrics.Incomplete
	}
	w.Metrics.Step(step.Environment, step.Phase, result, took)
	for _, r := range step.Results {
		w.Metrics.Fetch(step.Environment, r.Fetcher, r.Status)
	}
}
