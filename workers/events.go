package workers

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"calipso.io/calipso/pkg/metrics"
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
	return w.underLease(ctx, "events/"+t.Environment, func(ctx context.Context, l *lease) error {
		for began := w.Now(); w.Now().Sub(began) < longEnough; {
			if err := w.wakeHandled(ctx, t.Environment); err != nil {
				return err
			}
			due, waiting, err := w.dueEvents(ctx, t.Environment)
			if err != nil {
				return err
			}
			if len(due) == 0 && waiting {
				return fmt.Errorf("events came too early: %w", errWait)
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

// dueEvents returns the events of an environment whose time has come, the oldest first, and whether others wait.
func (w *Workers) dueEvents(ctx context.Context, environment string) (due []model.Event, waiting bool, err error) {
	now := w.Now()
	q := store.Where(store.Is(store.Environment, environment), store.Is(store.Status, model.EventWaiting))
	q.Sort = []store.Order{{By: store.Received}}
	err = w.DB.Events.Each(ctx, q, func(e model.Event) error {
		if e.NotBefore.After(now) {
			waiting = true
			return nil
		}
		due = append(due, e)
		if len(due) == mostEvents {
			return errEnough
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return due, waiting, err
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
	hints := make([]model.Hint, len(events))
	for i := range events {
		hints[i] = events[i].Hint
	}
	w.Metrics.EventBatch(environment, len(events))
	r, err := w.reconcile(ctx, l, environment, hints)
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
	s := settlement{Workers: w, overlapped: before.open || before != after}
	for i := range events {
		why := ""
		if err != nil {
			why = err.Error()
		} else {
			why = r.unfinished(&events[i].Hint)
		}
		s.add(events[i], why)
	}
	if err := l.fence(ctx); err != nil {
		return err
	}
	if err := s.write(ctx, environment); err != nil {
		return err
	}
	w.Log.Info("events handled", "environment", environment, "events", len(events), "late", len(s.late), "seconds", w.Now().Sub(began).Seconds())
	return nil
}

// backOff is how long an event that came too early waits, attempt by attempt.
var backOff = [...]time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second, 15 * time.Second, 30 * time.Second}

// settlement is what becomes of a batch of events.
type settlement struct {
	*Workers
	overlapped bool // a scan may have read before them, and write after them
	done       []model.Event
	late       []model.Event
	hopeless   []model.Event // that a scan has to see to
	messages   []model.Message
}

// add settles one event. why says what the cloud has not finished yet; "": nothing.
func (s *settlement) add(e model.Event, why string) {
	now := s.Now().UTC()
	e.Attempts++
	switch {
	case why == "":
		if e.Handled.IsZero() {
			s.Metrics.EventHandled(e.Environment, e.Hint.Kind, metrics.Done)
			s.Metrics.EventAgreed(e.Environment, now.Sub(e.Timestamp))
		}
		s.finish(e, now)
	case e.Attempts <= len(backOff):
		e.NotBefore = now.Add(backOff[e.Attempts-1])
		s.late = append(s.late, e)
		s.Metrics.EventHandled(e.Environment, e.Hint.Kind, metrics.Retried)
	default:
		s.messages = append(s.messages, e.GivenUp(why, now))
		s.hopeless = append(s.hopeless, e)
	}
}

func (s *settlement) finish(e model.Event, now time.Time) {
	e.Status, e.NotBefore, e.Handled = model.EventHandled, time.Time{}, now
	s.messages = append(s.messages, e.Message(now))
	s.done = append(s.done, e)
}

// write writes what became of the events: messages first, so that none is lost.
func (s *settlement) write(ctx context.Context, environment string) error {
	if err := s.handOver(ctx, environment); err != nil {
		return err
	}
	if _, err := s.DB.Messages.Insert(ctx, s.messages...); err != nil {
		return fmt.Errorf("write messages: %w", err)
	}
	if s.overlapped {
		s.late = append(s.late, s.done...)
	}
	if _, err := s.DB.Events.Put(ctx, 0, s.late...); err != nil {
		return fmt.Errorf("write events: %w", err)
	}
	if s.overlapped {
		return nil
	}
	ids := make([]string, len(s.done))
	for i := range s.done {
		ids[i] = s.done[i].ID
	}
	for chunk := range slices.Chunk(ids, mostIDs) {
		if _, err := s.DB.Events.Delete(ctx, store.IDs(chunk...)); err != nil {
			return fmt.Errorf("remove events of %s: %w", environment, err)
		}
	}
	return nil
}

// scanAgain is how long after a scan that events asked for they may ask for another one.
const scanAgain = 10 * time.Minute

// handOver asks for a scan to see to the events that came too early too often. While it is too soon for that they wait.
func (s *settlement) handOver(ctx context.Context, environment string) error {
	if len(s.hopeless) == 0 {
		return nil
	}
	latest, err := s.DB.Scans.Find(ctx, store.Query{Where: []store.Cond{store.Is(store.Environment, environment)},
		Sort: []store.Order{{By: store.Submitted, Desc: true}}, Limit: keepLedgers})
	if err != nil {
		return err
	}
	now := s.Now().UTC()
	for _, scan := range latest {
		if next := scan.SubmitTimestamp.Add(scanAgain); scan.OriginType == model.OriginEvent && now.Before(next) {
			for _, e := range s.hopeless {
				e.NotBefore = next
				s.late = append(s.late, e)
			}
			return nil
		}
	}
	scan := model.Scan{Environment: environment, OriginType: model.OriginEvent, OriginID: s.hopeless[0].ID}
	if scan, err = s.DB.SubmitScan(ctx, scan, now); err != nil {
		return err
	}
	for _, e := range s.hopeless {
		s.Metrics.EventHandled(e.Environment, e.Hint.Kind, metrics.GivenUp)
		s.finish(e, now)
	}
	return s.Queue.Enqueue(ctx, tasks.StartScan{Scan: scan.ID})
}

// mostIDs is how many documents one query names.
const mostIDs = 1000
