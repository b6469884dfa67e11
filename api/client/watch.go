package client

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"

	"calipso.io/calipso/pkg/event/feed"
)

// WatchEvents passes what becomes of an environment's events from now on to a function
// (GET /environment_configs/{name}/events), until that returns an error, which WatchEvents then returns, or the context
// is done. It calls begun once nothing is missed anymore. A connection that breaks off is an error.
func (c *Client) WatchEvents(ctx context.Context, environment string, begun func(), each func(feed.Entry) error) error {
	answer, err := c.send(ctx, http.MethodGet, "/environment_configs/"+url.PathEscape(environment)+"/events", nil, nil)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	begun()
	err = readEvents(answer.Body, func(_, data string) error {
		var entry feed.Entry
		if err := json.Unmarshal([]byte(data), &entry); err != nil {
			return fmt.Errorf("read an event: %w", err)
		}
		return each(entry)
	})
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("watch the events of %s: %w", environment, err)
	}
	return err
}
