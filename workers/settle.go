package workers

import (
	"context"
	"fmt"
	"slices"
	"time"

	"calipso.io/calipso/pkg/event/feed"
	"calipso.io/calipso/pkg/metrics"
	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/store"
	"calipso.io/calipso/tasks"
)

// unready says why an event can't be settled yet; there is no reason when why is "".
type unready struct {
	why   string
	waits []time.Duration // attempt by attempt; an event that tells of the next step ends the wait
	told  bool            // the inventory agrees with the cloud already, which may change by itself
}

var (
	// soon is for what a cloud is still at: at first as long as it mostly needs for its next step, then longer.
	soon = slices.Concat(slices.Repeat([]time.Duration{500 * time.Millisecond}, 4), slices.Repeat([]time.Duration{time.Second}, 20), later[1:])
	// later is for what can't be read, and what is left on a host.
	later = []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second, 15 * time.Second, 30 * time.Second}
)

// patience is how long an event waits at least before it is left to a scan.
const patience = time.Minute

// settlement is what becomes of a batch of events.
type settlement struct {
	*Workers
	began      time.Time // to read
	overlapped bool      // a scan may have read before them, and write after them
	done       []model.Event
	late       []model.Event
	hopeless   []model.Event // that a scan has to see to
	messages   []model.Message
	entries    []feed.Entry // for those who watch
}

// add settles one event.
func (s *settlement) add(e model.Event, u unready) {
	now := s.Now().UTC()
	e.Attempts++
	if u.why != "" {
		e.Unready = s.began.UTC()
	}
	switch {
	case u.why == "":
		s.agree(e, now, "")
	case e.Attempts <= len(u.waits) || now.Sub(e.Received) < patience:
		e.NotBefore = now.Add(u.waits[min(e.Attempts, len(u.waits))-1])
		s.late = append(s.late, e)
		s.Metrics.EventHandled(e.Environment, e.Hint.Kind, metrics.Retried)
		s.entries = append(s.entries, feed.Of(e, feed.Postponed, now, u.why))
	case u.told:
		s.messages = append(s.messages, e.GivenUp(u.why+"; it may stay", now))
		s.agree(e, now, u.why)
	default:
		why := u.why + "; a scan will tell"
		s.entries = append(s.entries, feed.Of(e, feed.Failed, now, why))
		s.messages = append(s.messages, e.GivenUp(why, now))
		s.hopeless = append(s.hopeless, e)
	}
}

// agree ends an event with which the inventory agrees.
func (s *settlement) agree(e model.Event, now time.Time, note string) {
	if e.Handled.IsZero() {
		s.Metrics.EventHandled(e.Environment, e.Hint.Kind, metrics.Done)
		s.Metrics.EventAgreed(e.Environment, now.Sub(e.Timestamp), now.Sub(e.Ready()))
		s.entries = append(s.entries, feed.Of(e, feed.Handled, now, note))
	}
	s.finish(e, now)
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
	if err := feed.Publish(ctx, s.Redis, environment, s.entries...); err != nil {
		s.Log.Debug("who watches events is not told", "environment", environment, "error", err)
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
