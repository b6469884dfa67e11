package api

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hibiken/asynq"

	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/tasks"
)

// TestTaskMonitorText: the monitor says what tasks are about; of what it doesn't know it shows no secrets.
func TestTaskMonitorText(t *testing.T) {
	t.Parallel()
	s, _ := withCloud(t)
	scan := model.Scan{ID: "0123456789abcdef01234567", Environment: "lab", Status: model.ScanRunning}
	step := model.Step{ID: scan.ID + "/inventory/host/abc", Scan: scan.ID, Environment: "lab", Phase: "inventory", Step: "host",
		ParentType: model.TypeHost, ParentID: "node-\x1b[1", Host: "node-\x1b[1", Attempt: 1}
	if err := s.db.Scans.Create(t.Context(), scan); err != nil {
		t.Fatal(err)
	}
	if err := s.db.Steps.Create(t.Context(), step); err != nil {
		t.Fatal(err)
	}
	queue := tasks.NewEnqueuer(s.redis)
	for _, task := range []tasks.Task{tasks.StartScan{Scan: scan.ID}, tasks.AdvanceScan{Scan: scan.ID, Phase: "links"},
		tasks.Step{Scan: scan.ID, Step: step.ID, Phase: step.Phase, Attempt: 1}, tasks.StartScan{Scan: "gone"}} {
		if err := queue.Enqueue(t.Context(), task); err != nil {
			t.Fatal(err)
		}
	}
	client := asynq.NewClientFromRedisClient(s.redis)
	for id, payload := range map[string]string{
		"a": `{"message":"m","config":{"pwd":"s3cret","hosts":[{"user":"root","Private_Key":"s3cret"}]},"url":"amqp://u:s3cret@h/","pem":"-----BEGIN s3cret"}`,
		"b": "s3cret, and no JSON",
	} {
		if _, err := client.Enqueue(asynq.NewTask("other:"+id, []byte(payload)), asynq.Queue(tasks.QueueScan), asynq.TaskID(id)); err != nil {
			t.Fatal(err)
		}
	}
	got := map[string]string{}
	for _, task := range s.call("GET", "/tasks/api/queues/scan/pending_tasks", "").want(200)["tasks"].([]any) {
		task := task.(map[string]any)
		got[task["id"].(string)] = task["payload"].(string)
	}
	want := map[string]string{
		"0123456789abcdef01234567:start":                `environment "lab", scan 0123456789abcdef01234567`,
		"0123456789abcdef01234567:advance:links":        `environment "lab", scan 0123456789abcdef01234567, phase links`,
		"0123456789abcdef01234567:inventory:host:abc:1": `environment "lab", scan 0123456789abcdef01234567, phase inventory, step host of "node-\x1b[1", host "node-\x1b[1", attempt 2`,
		"gone:start": `{"scan":"gone"}`,
		"a":          `{"config":{"hosts":[{"Private_Key":"********","user":"root"}],"pwd":"********"},"message":"m","pem":"********","url":"********"}`,
		"b":          "(19 bytes)",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("other texts (-want +got):\n%s", diff)
	}
}

// TestTaskMonitorWithoutStore: the monitor goes on when the store does not answer.
func TestTaskMonitorWithoutStore(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	if err := tasks.NewEnqueuer(s.redis).Enqueue(t.Context(), tasks.StartScan{Scan: "abc"}); err != nil {
		t.Fatal(err)
	}
	s.db.Close()
	body := s.call("GET", "/tasks/api/queues/scan/pending_tasks", "").want(200)
	if got := column(body["tasks"], "payload"); !cmp.Equal(got, []string{`{"scan":"abc"}`}) {
		t.Errorf("payloads %q", got)
	}
}

// TestMetrics: Prometheus logs in as others do, and is told of requests by their routes, not by what was asked for.
func TestMetrics(t *testing.T) {
	t.Parallel()
	s, _ := withCloud(t)
	s.anonymous("GET", "/metrics", "").want(401)
	s.call("GET", "/scans/s3cret-name", "").want(404)
	s.call("BREW", "/no/such/s3cret-path", "").want(404)
	page := s.anonymous("GET", "/metrics", "", "Authorization: Bearer "+localToken)
	if page.Code != 200 || !strings.HasPrefix(page.Header().Get("Content-Type"), "text/plain") {
		t.Fatalf("status %d, %s", page.Code, page.Header().Get("Content-Type"))
	}
	for _, series := range []string{
		`calipso_http_request_duration_seconds_count{method="GET",route="/scans/:id",status="404"} 1`,
		`calipso_http_request_duration_seconds_count{method="other",route="unknown",status="404"} 1`,
		`calipso_http_request_duration_seconds_count{method="GET",route="/metrics",status="401"} 1`,
	} {
		if !strings.Contains(page.Body.String(), series) {
			t.Errorf("the page lacks %s", series)
		}
	}
	if strings.Contains(page.Body.String(), "s3cret") || strings.Contains(page.Body.String(), "BREW") {
		t.Error("the page has what a client invented")
	}
}
