package listen

import (
	"context"
	"errors"
	"fmt"
	"time"

	"calipso.io/calipso/pkg/event"
	"calipso.io/calipso/pkg/event/feed"
	"calipso.io/calipso/pkg/metrics"
	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/store"
	"calipso.io/calipso/tasks"
)

// askAgain is how soon it is asked again for events to be handled, when it can't be said that they will be.
const askAgain = 250 * time.Millisecond

// Take implements amqp.Consumer: the events of the messages are in the store when it returns nil. A message that can't be
// used is counted and forgotten: it would be the same the next time.
func (c *consumer) Take(ctx context.Context, messages [][]byte) error {
	var events []model.Event
	received := c.Now()
	for _, message := range messages {
		found, err := event.Events(c.environment, message, received)
		switch {
		case err != nil:
			c.Metrics.EventIn(c.environment, metrics.OtherKind, metrics.Malformed, 1)
			c.Log.Warn("a message of the bus can't be used", "environment", c.environment, "bytes", len(message), "error", err)
		case len(found) == 0:
			c.Metrics.EventIn(c.environment, metrics.OtherKind, metrics.Ignored, 1)
		}
		events = append(events, found...)
	}
	if err := c.keep(ctx, events); err != nil {
		return fmt.Errorf("keep %d events: %w", len(events), err)
	}
	return nil
}

// keep writes the events that are not in the store yet.
func (c *consumer) keep(ctx context.Context, events []model.Event) error {
	if len(events) == 0 {
		return nil
	}
	isNew, err := c.db.Events.Insert(ctx, events...)
	if err != nil && store.CodeOf(err) != store.Unavailable && ctx.Err() == nil {
		events, isNew, err = c.keepEach(ctx, events)
	}
	if err != nil {
		return err
	}
	c.tell()
	c.count(events, isNew)
	c.show(ctx, events)
	return nil
}

// keepEach writes the events one by one, without those that the store refuses, and returns the others.
func (c *consumer) keepEach(ctx context.Context, events []model.Event) (kept []model.Event, isNew int, err error) {
	for _, e := range events {
		n, err := c.db.Events.Insert(ctx, e)
		if store.CodeOf(err) == store.Unavailable || ctx.Err() != nil {
			return kept, isNew, errors.Join(err, ctx.Err())
		}
		if err != nil {
			c.Metrics.EventIn(c.environment, e.Hint.Kind, metrics.Malformed, 1)
			c.Log.Warn("an event can't be stored", "environment", c.environment, "message", e.MessageID, "type", e.Type, "error", err)
			continue
		}
		kept, isNew = append(kept, e), isNew+n
	}
	return kept, isNew, nil
}

// count counts events that were received. Which of them had come before is not known, only how many.
func (c *consumer) count(events []model.Event, isNew int) {
	for _, e := range events {
		c.Metrics.EventIn(c.environment, e.Hint.Kind, metrics.Kept, 1)
		c.Metrics.EventLag(c.environment, c.Now().Sub(e.Timestamp))
	}
	c.Metrics.EventIn(c.environment, metrics.OtherKind, metrics.Duplicate, len(events)-isNew)
}

func (c *consumer) show(ctx context.Context, events []model.Event) {
	entries := make([]feed.Entry, len(events))
	for i, e := range events {
		entries[i] = feed.Of(e, feed.Received, e.Received, "")
	}
	if err := feed.Publish(ctx, c.Redis, c.environment, entries...); err != nil && ctx.Err() == nil {
		c.Log.Debug("nobody can watch the events", "environment", c.environment, "error", err)
	}
}

// asked asks for the environment's events to be handled, and tells whether it is certain that they will be.
func (c *consumer) asked(ctx context.Context) bool {
	certain, err := c.asker.Ask(ctx, c.environment)
	if err != nil && ctx.Err() == nil {
		c.Log.Warn("events can't be handled yet", "environment", c.environment, "error", err)
	}
	return err == nil && certain
}

// Missed implements amqp.Consumer: nobody knows what has changed, so the environment has to be scanned.
func (c *consumer) Missed(ctx context.Context, why string) error {
	c.Metrics.EventsMissed(c.environment)
	c.Log.Warn("notifications may have been missed", "environment", c.environment, "why", why)
	waiting, err := c.waitingScan(ctx)
	if err != nil || waiting {
		return err
	}
	scan, err := c.db.SubmitScan(ctx, model.Scan{Environment: c.environment, OriginType: model.OriginEvent, OriginID: "listen"}, c.Now())
	if err != nil {
		return fmt.Errorf("submit a scan, since notifications may have been missed: %w", err)
	}
	// What can't be enqueued now the scheduler enqueues.
	_ = c.Queue.Enqueue(ctx, tasks.StartScan{Scan: scan.ID})
	_, err = c.db.Messages.Insert(ctx, scan.Message("missed", model.LevelInfo,
		"notifications of the cloud may have been missed, "+why+": the environment is scanned", c.Now()))
	return err
}

// waitingScan tells whether a scan of all of the environment has been asked for and has not begun.
func (c *consumer) waitingScan(ctx context.Context) (bool, error) {
	pending, err := c.db.Scans.Find(ctx, store.Where(store.Is(store.Environment, c.environment), store.Is(store.Status, model.ScanPending)))
	for _, scan := range pending {
		if scan.ScanOptions == (model.ScanOptions{Inventory: store.DefaultInventory}) {
			return true, nil
		}
	}
	return false, err
}
