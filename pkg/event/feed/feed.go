// Package feed shows what becomes of events to those who watch, at once. It is a view, not a record: what nobody watches
// is lost, and so is what comes while the connection to Redis is away.
package feed

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"calipso.io/calipso/pkg/model"
)

// Entry is what became of an event.
type Entry struct {
	Stage     string     `json:"stage"` // Received, or what a handler says: Handled, Postponed, Failed
	MessageID string     `json:"message_id"`
	Type      string     `json:"event_type"`
	Hint      model.Hint `json:"hint"`
	Level     string     `json:"level"`
	Timestamp time.Time  `json:"timestamp"` // of the notification
	Ready     time.Time  `json:"ready"`     // see model.Event.Ready
	At        time.Time  `json:"at"`        // when this became of it
	Note      string     `json:"note,omitempty"`
}

// Stages of events.
const (
	Received  = "received"
	Handled   = "handled"
	Postponed = "postponed" // it came too early
	Failed    = "failed"
)

// Of returns the entry that says what became of an event.
func Of(e model.Event, stage string, at time.Time, note string) Entry {
	return Entry{Stage: stage, MessageID: e.MessageID, Type: e.Type, Hint: e.Hint, Level: e.Level, Timestamp: e.Timestamp, Ready: e.Ready(), At: at.UTC(), Note: note}
}

func channel(environment string) string { return "calipso:events:" + environment }

// Publish shows entries to those who watch the environment.
func Publish(ctx context.Context, client redis.UniversalClient, environment string, entries ...Entry) error {
	if len(entries) == 0 {
		return nil
	}
	data, err := json.Marshal(entries)
	if err == nil {
		err = client.Publish(ctx, channel(environment), data).Err()
	}
	if err != nil {
		return fmt.Errorf("show events of %s: %w", environment, err)
	}
	return nil
}

// Watch passes all that becomes of an environment's events to a function until the context is done or the function
// returns an error, which Watch then returns. The function is called without entries when watching has begun, and again
// when there was nothing for a while, named quiet.
func Watch(ctx context.Context, client redis.UniversalClient, environment string, quiet time.Duration, each func(...Entry) error) error {
	watching := client.Subscribe(ctx, channel(environment))
	defer watching.Close()
	if _, err := watching.Receive(ctx); err != nil {
		return fmt.Errorf("watch events of %s: %w", environment, err)
	}
	if err := each(); err != nil {
		return err
	}
	messages, ticker := watching.Channel(), time.NewTicker(quiet)
	defer ticker.Stop()
	for {
		var entries []Entry
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		case message, ok := <-messages:
			if !ok {
				return fmt.Errorf("watch events of %s: the connection was closed", environment)
			}
			if err := json.Unmarshal([]byte(message.Payload), &entries); err != nil {
				return fmt.Errorf("read events of %s: %w", environment, err)
			}
			ticker.Reset(quiet)
		}
		if err := each(entries...); err != nil {
			return err
		}
	}
}
