package client

import (
	"context"
	"net/http"
	"time"

	"calipso.io/calipso/api/wire"
	"calipso.io/calipso/pkg/model"
)

// testPoll is how often it is asked whether a test has been answered.
const testPoll = 200 * time.Millisecond

// TestConnection asks for a test and waits for its answer, for as long as the context allows (POST and GET /connection_tests).
func (c *Client) TestConnection(ctx context.Context, test wire.ConnectionTestRequest) (answer model.ConnectionTest, err error) {
	var asked wire.Done
	if err := c.call(ctx, http.MethodPost, "/connection_tests", nil, test, &asked); err != nil {
		return answer, err
	}
	for {
		query := params("env_name", test.Environment, "id", asked.ID)
		if err := c.call(ctx, http.MethodGet, "/connection_tests", query, nil, &answer); err != nil || answer.Status == model.TestResponse {
			return answer, err
		}
		select {
		case <-time.After(testPoll):
		case <-ctx.Done():
			return answer, ctx.Err()
		}
	}
}
