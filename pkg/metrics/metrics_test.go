package metrics

import (
	"errors"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
)

// TestCounts: what is counted is what Prometheus is told, under names that follow its conventions.
func TestCounts(t *testing.T) {
	t.Parallel()
	m := New("1.2.3")
	m.Task("scan:links", Done, time.Second)
	m.Task("scan:links", Failed, time.Second)
	m.Step("lab", "links", Done, 3*time.Second)
	m.Fetch("lab", "cli.bridges", "empty")
	m.TakenBack("lab")
	m.Fenced("lab", 3)
	m.Fenced("other", 0)
	m.API("lab", "compute", 20*time.Millisecond, nil)
	m.API("lab", "compute", time.Second, errors.New("refused"))
	m.SSH("lab", "dial", time.Second, nil)
	m.SQL("lab", time.Second, errors.New("refused"))
	m.HTTP("GET", "/scans/:id", "200", time.Millisecond)
	want := `
# HELP calipso_cloud_api_request_errors_total Requests to clouds' APIs that failed.
# TYPE calipso_cloud_api_request_errors_total counter
calipso_cloud_api_request_errors_total{environment="lab",service="compute"} 1
# HELP calipso_fenced_writes_total Documents that were not written because a later scan had written them.
# TYPE calipso_fenced_writes_total counter
calipso_fenced_writes_total{environment="lab"} 3
# HELP calipso_fetches_total Fetchers that were run, by what became of them: ok, empty or failed.
# TYPE calipso_fetches_total counter
calipso_fetches_total{environment="lab",fetcher="cli.bridges",result="empty"} 1
# HELP calipso_sql_query_errors_total Queries of clouds' databases that failed.
# TYPE calipso_sql_query_errors_total counter
calipso_sql_query_errors_total{environment="lab"} 1
# HELP calipso_ssh_operation_errors_total Dials and scripts that failed.
# TYPE calipso_ssh_operation_errors_total counter
calipso_ssh_operation_errors_total{environment="lab",operation="dial"} 0
# HELP calipso_steps_taken_back_total Steps that were taken from workers that went silent.
# TYPE calipso_steps_taken_back_total counter
calipso_steps_taken_back_total{environment="lab"} 1
# HELP calipso_tasks_total Tasks that were run, by what became of them: done, waiting (its turn has not come) or failed.
# TYPE calipso_tasks_total counter
calipso_tasks_total{kind="scan:links",result="done"} 1
calipso_tasks_total{kind="scan:links",result="failed"} 1
`
	err := testutil.GatherAndCompare(m.Gatherer(), strings.NewReader(want), "calipso_cloud_api_request_errors_total",
		"calipso_fenced_writes_total", "calipso_fetches_total", "calipso_sql_query_errors_total", "calipso_ssh_operation_errors_total",
		"calipso_steps_taken_back_total", "calipso_tasks_total")
	if err != nil {
		t.Error(err)
	}
	page := scrape(t, m)
	for _, line := range []string{`calipso_step_duration_seconds_bucket{environment="lab",phase="links",le="5"} 1`,
		`calipso_step_duration_seconds_bucket{environment="lab",phase="links",le="2.5"} 0`,
		`calipso_cloud_api_request_duration_seconds_count{environment="lab",service="compute"} 2`,
		`calipso_http_request_duration_seconds_count{method="GET",route="/scans/:id",status="200"} 1`,
		`version="1.2.3"} 1`, "\ngo_goroutines ", "\nprocess_open_fds "} {
		if !strings.Contains(page, line) {
			t.Errorf("the page lacks %q", line)
		}
	}
	lint(t, m)
}

// TestNone: without metrics nothing is counted, and nothing fails.
func TestNone(t *testing.T) {
	t.Parallel()
	var m *Metrics
	m.Task("scan:links", Done, 0)
	m.Step("lab", "links", Done, 0)
	m.Fetch("lab", "cli.bridges", "ok")
	m.TakenBack("lab")
	m.Fenced("lab", 1)
	m.API("lab", "compute", 0, nil)
	m.SSH("lab", "dial", 0, nil)
	m.SQL("lab", 0, nil)
	m.HTTP("GET", "/scans", "200", 0)
}

// scrape returns what Prometheus gets.
func scrape(t *testing.T, m *Metrics) string {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler(slog.New(slog.DiscardHandler)).ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", "/metrics", nil))
	if w.Code != 200 {
		t.Errorf("status %d: %s", w.Code, w.Body)
	}
	return w.Body.String()
}

func lint(t *testing.T, m *Metrics) {
	t.Helper()
	problems, err := testutil.GatherAndLint(m.Gatherer())
	if err != nil {
		t.Error(err)
	}
	for _, p := range problems {
		if strings.HasPrefix(p.Metric, "calipso_") {
			t.Errorf("%s: %s", p.Metric, p.Text)
		}
	}
}
