package client

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"calipso.io/calipso/api/wire"
	"calipso.io/calipso/pkg/model"
)

// MessageFilter selects messages; what is empty selects all.
type MessageFilter struct {
	Environment string
	Levels      []string // any of them
	Since       time.Time
	Scan        string // only what is about this scan
	Unseen      bool   // only what nobody has marked as viewed
	Limit       int    // the latest so many; all when 0
}

// Messages lists messages, the latest first (GET /messages).
func (c *Client) Messages(ctx context.Context, f MessageFilter) ([]model.Message, error) {
	query := params("env_name", f.Environment, "origin_id", f.Scan)
	query["level"] = f.Levels
	if !f.Since.IsZero() {
		query.Set("start_time", f.Since.UTC().Format(time.RFC3339Nano))
	}
	if f.Unseen {
		query.Set("viewed", "false")
	}
	entries, err := some[wire.MessageEntry](ctx, c, "/messages", "messages", query, f.Limit)
	messages := make([]model.Message, 0, len(entries))
	for _, e := range entries {
		messages = append(messages, model.Message{ID: e.ID, Environment: e.Environment, SourceSystem: e.SourceSystem, Level: e.Level, Message: e.Message,
			DisplayContext: e.DisplayContext, RelatedObject: e.RelatedObject, RelatedObjectType: e.RelatedObjectType, Timestamp: e.Timestamp,
			ReceivedTimestamp: e.ReceivedTimestamp, FinishedTimestamp: e.FinishedTimestamp, Viewed: e.Viewed, OriginType: e.OriginType, OriginID: e.OriginID})
	}
	return messages, err
}

// MarkMessages notes that messages of an environment have been viewed, those with the ids or, without any, all
// (PATCH /messages). It returns how many there were.
func (c *Client) MarkMessages(ctx context.Context, environment string, ids ...string) (n int, err error) {
	viewed := true
	return c.change(ctx, http.MethodPatch, environment, ids, wire.MessageMark{Viewed: &viewed})
}

// DeleteMessages deletes messages of an environment, those with the ids or, without any, all (DELETE /messages). It
// returns how many there were.
func (c *Client) DeleteMessages(ctx context.Context, environment string, ids ...string) (n int, err error) {
	return c.change(ctx, http.MethodDelete, environment, ids, nil)
}

func (c *Client) change(ctx context.Context, method, environment string, ids []string, body any) (int, error) {
	query := url.Values{"env_name": {environment}, "ids": ids}
	if len(ids) == 0 {
		query.Set("all", "true")
	}
	var answer wire.Count
	err := c.call(ctx, method, "/messages", query, body, &answer)
	return answer.Count, err
}
