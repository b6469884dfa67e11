package client

import (
	"context"
	"net/http"
	"time"

	"calipso.io/calipso/pkg/model"
)

// ConnectionTest says what is to be tried. Without sections the stored ones are, and without targets all that there are.
type ConnectionTest struct {
	Environment string   `json:"environment"`
	Targets     []string `json:"test_targets,omitempty"`
	Sections    []any    `json:"targets_configuration,omitempty"`
}

// testPoll is how often it is asked whether a test has been answered.
const testPoll = 200 * time.Millisecond

// TestConnection asks for a test and waits for its answer, for as long as the context allows (POST and GET /connection_tests).
func (c *Client) TestConnection(ctx context.Context, test ConnectionTest) (answer model.ConnectionTest, err error) {
	var asked struct{ ID string }
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
