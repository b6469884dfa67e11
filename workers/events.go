package workers

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"calipso.io/calipso/pkg/event/ask"
	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/store"
	"calipso.io/calipso/tasks"
)

// An event is a hint at where the cloud may have changed. All events of an environment that wait are handled together:
// the truth about what they name is read once (reconcile.go), and the inventory made to agree with it. One worker at a
// time does that for an environment.

const (
	mostEvents = 5000            // that are handled together
	longEnough = 2 * time.Minute // after which a task ends, for the next one to go on
)

// handleEvents handles an environment's events until none is due. It is errWait while some wait for their time.
func (w *Workers) handleEvents(ctx context.Context, t tasks.HandleEvents) error {
	if _, err := w.DB.Environments.Get(ctx, t.Environment); store.CodeOf(err) == store.NotFound {
		_, err := w.DB.Events.Delete(ctx, store.Is(store.Environment, t.Environment))
		return err
	}
	return w.underLease(ctx, ask.LeaseName(t.Environment), func(ctx context.Context, l *lease) error {
		for began := w.Now(); w.Now().Sub(began) < longEnough && w.ending.Err() == nil; {
			if err := w.wakeHandled(ctx, t.Environment); err != nil {
				return err
			}
			due, next, err := w.dueEvents(ctx, t.Environment)
			if err != nil {
				return err
			}
			if len(due) == 0 && !next.IsZero() {
				return waitFor{"events came too early", next.Sub(w.Now())}
			}
			if len(due) == 0 {
				return nil
			}
			if err := w.handleBatch(ctx, l, t.Environment, due); err != nil {
				return err
			}
		}
		return fmt.Errorf("there are more events: %w", errWait)
	})
}

// wakeHandled makes events that were handled during a scan wait again once no scan runs: the scan may have read before
// them, and written after them.
func (w *Workers) wakeHandled(ctx context.Context, environment string) error {
	handled, err := w.DB.Events.Find(ctx, store.Where(store.Is(store.Environment, environment), store.Is(store.Status, model.EventHandled)))
	if err != nil || len(handled) == 0 {
		return err
	}
	if scanning, err := w.turnOf(ctx, environment); err != nil || scanning.open {
		return err
	}
	for i := range handled {
		handled[i].Status, handled[i].Attempts = model.EventWaiting, 0
	}
	_, err = w.DB.Events.Put(ctx, 0, handled...)
	return err
}

var errEnough = errors.New("enough")

// overdue is after how long an event that came too early is handled together with new ones: it should not hold them up.
const overdue = 3 * time.Second

// dueEvents returns the events of an environment whose time has come, the oldest first, and when it is that of the next one
// of the others. One that came too early waits for an attempt that it does not share with new ones, but for those that are
// about the same: with them it need not wait any longer.
func (w *Workers) dueEvents(ctx context.Context, environment string) (due []model.Event, next time.Time, err error) {
	now := w.Now()
	var early, again []model.Event
	news := set{}
	q := store.Where(store.Is(store.Environment, environment), store.Is(store.Status, model.EventWaiting))
	q.Sort = []store.Order{{By: store.Received}}
	err = w.DB.Events.Each(ctx, q, func(e model.Event) error {
		if e.NotBefore.After(now) {
			early = append(early, e)
			return nil
		}
		if e.Attempts > 0 && now.Sub(e.NotBefore) < overdue {
			again = append(again, e)
			return nil
		}
		note(news, &e.Hint)
		if due = append(due, e); len(due) == mostEvents {
			return errEnough
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	if len(due) == 0 {
		due, again = again, nil
	}
	for _, e := range append(again, early...) {
		if slices.ContainsFunc(idsOf(&e.Hint), func(id string) bool { return news[id] }) {
			due = append(due, e)
		} else if next.IsZero() || e.NotBefore.Before(next) {
			next = e.NotBefore
		}
	}
	return due, next, err
}

func note(ids set, h *model.Hint) {
	for _, id := range idsOf(h) {
		ids[id] = true
	}
}

// turn says which scan of an environment was the last one to run, by its generation, and whether it still does.
type turn struct {
	scan int64
	open bool
}

func (w *Workers) turnOf(ctx context.Context, environment string) (turn, error) {
	counter, err := w.DB.Counters.Get(ctx, turnName(environment))
	if store.CodeOf(err) == store.NotFound {
		return turn{}, nil
	}
	if err != nil {
		return turn{}, err
	}
	open, err := w.isOpen(ctx, environment, counter.Value)
	return turn{counter.Value, open}, err
}

// handleBatch handles events that are due.
func (w *Workers) handleBatch(ctx context.Context, l *lease, environment string, events []model.Event) error {
	began := w.Now()
	before, err := w.turnOf(ctx, environment)
	if err != nil {
		return err
	}
	w.Metrics.EventBatch(environment, len(events))
	r, err := w.reconcile(ctx, l, environment, events)
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	if err != nil {
		w.Log.Warn("the cloud could not be read after events", "environment", environment, "events", len(events), "error", err)
	}
	after, turnErr := w.turnOf(ctx, environment)
	if turnErr != nil {
		return turnErr
	}
	s := settlement{Workers: w, began: began, overlapped: before.open || before != after}
	for i := range events {
		if err != nil {
			s.add(events[i], unready{why: err.Error(), waits: later})
			continue
		}
		s.add(events[i], r.unfinished(&events[i].Hint))
	}
	if err := l.fence(ctx); err != nil {
		return err
	}
	if err := s.write(ctx, environment); err != nil {
		return err
	}
	log := w.Log.With("environment", environment, "events", len(events), "late", len(s.late), "seconds", w.Now().Sub(began).Seconds())
	if r != nil && r.waits == "" {
		log = log.With("apis", r.apisRead.Sub(began).Seconds(), "hosts", r.hostsRead.Sub(r.apisRead).Seconds(), "hosts_read", len(r.touched))
	}
	log.Info("events handled")
	return nil
}

func hintsOf(events []model.Event) []model.Hint {
	hints := make([]model.Hint, len(events))
	for i := range events {
		hints[i] = events[i].Hint
	}
	return hints
}
