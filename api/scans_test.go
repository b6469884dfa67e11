package api

import (
	"bufio"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"calipso.io/calipso/api/wire"
	"calipso.io/calipso/pkg/model"
)

// submit asks for a scan of the environment lab and returns its id.
func (s *site) submit() string {
	s.t.Helper()
	return s.call("POST", "/scans", `{"environment":"lab"}`).want(201)["id"].(string)
}

// update changes a scan as workers do.
func (s *site) update(id string, change func(*model.Scan)) {
	s.t.Helper()
	if _, err := s.db.Scans.Update(s.t.Context(), id, func(scan *model.Scan) error { change(scan); return nil }); err != nil {
		s.t.Fatal(err)
	}
}

func (s *site) putSteps(steps ...model.Step) {
	s.t.Helper()
	if _, err := s.db.Steps.Put(s.t.Context(), 1, steps...); err != nil {
		s.t.Fatal(err)
	}
}

func TestCreateScan(t *testing.T) {
	t.Parallel()
	s, _ := withCloud(t)
	created := s.call("POST", "/scans", `{"env_name":"lab","status":"pending","log_level":"debug","clear":true,
		"scan_only_inventory":true,"inventory":"inventory2"}`).want(201)
	id := created["id"].(string)
	if created["message"] != "accepted a scan of environment lab" {
		t.Errorf("message %q", created["message"])
	}
	got := s.call("GET", "/scans/"+id, "").want(200)
	delete(got, "generation")
	want := map[string]any{"_id": id, "id": id, "environment": "lab", "inventory": "inventory2", "status": "pending",
		"log_level": "debug", "clear": true, "scan_only_inventory": true, "scan_only_links": false, "scan_only_cliques": false,
		"submit_timestamp": "2026-03-04T12:00:00Z", "progress": []any{
			map[string]any{"phase": "inventory", "total": 0.0, "done": 0.0, "failed": 0.0, "found": 0.0},
			map[string]any{"phase": "finish", "total": 0.0, "done": 0.0, "failed": 0.0, "found": 0.0}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	queued := s.call("GET", "/tasks/api/queues/scan/pending_tasks", "").want(200)
	if diff := cmp.Diff([]string{id + ":start"}, column(queued["tasks"], "id")); diff != "" {
		t.Errorf("other tasks are queued (-want +got):\n%s", diff)
	}
	one := s.call("POST", "/scans", `{"environment":"lab","object_id":"node-1"}`).want(201)["id"].(string)
	if got := s.call("GET", "/scans?id="+one, "").want(200); got["object_type"] != "host" {
		t.Errorf("the type of the single object is %v", got["object_type"])
	}
}

// TestCreateScanWithoutRedis: a scan that can't be enqueued is accepted, because it is enqueued later.
func TestCreateScanWithoutRedis(t *testing.T) {
	t.Parallel()
	s, _ := withCloud(t)
	s.redis.Close()
	id := s.submit()
	if got := s.call("GET", "/scans/"+id, "").want(200); got["status"] != "pending" {
		t.Errorf("status %v", got["status"])
	}
	if !strings.Contains(s.log.String(), "scan not enqueued") {
		t.Error("nothing about it in the log")
	}
}

func TestScanLists(t *testing.T) {
	t.Parallel()
	s, _ := withCloud(t)
	s.call("POST", "/environment_configs", otherDoc("other")).want(201)
	first := s.submit()
	s.clock.add(time.Minute)
	second := s.call("POST", "/scans", `{"environment":"other"}`).want(201)["id"].(string)
	s.clock.add(time.Minute)
	third := s.call("POST", "/scans", `{"environment":"lab","object_id":"node-1"}`).want(201)["id"].(string)
	s.update(first, func(scan *model.Scan) { now := s.clock.Now(); scan.Status, scan.EndTimestamp = model.ScanFailed, &now })
	tests := []struct {
		query string
		want  []string
	}{
		{"", []string{third, second, first}},
		{"?page_size=2", []string{third, second}},
		{"?page_size=2&page=1", []string{first}},
		{"?env_name=lab", []string{third, first}},
		{"?status=failed", []string{first}},
		{"?status=failed&status=pending&env_name=other", []string{second}},
		{"?base_object=node-1", []string{third}},
	}
	for _, test := range tests {
		t.Run(test.query, func(t *testing.T) {
			t.Parallel()
			got := s.call("GET", "/scans"+test.query, "").want(200)
			if diff := cmp.Diff(test.want, column(got["scans"], "id")); diff != "" {
				t.Errorf("other scans (-want +got):\n%s", diff)
			}
		})
	}
	got := s.call("GET", "/scans?status=failed", "").want(200)
	want := map[string]any{"scans": []any{map[string]any{"id": first, "environment": "lab", "inventory": "inventory", "status": "failed",
		"submit_timestamp": "2026-03-04T12:00:00Z", "end_timestamp": "2026-03-04T12:02:00Z"}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestCoverage(t *testing.T) {
	t.Parallel()
	s, _ := withCloud(t)
	id := s.submit()
	got := s.call("GET", "/scans/"+id+"/coverage", "").want(200)
	if diff := cmp.Diff(map[string]any{"coverage": []any{}}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	s.putSteps(model.Step{ID: id + "/1", Scan: id, Phase: model.PhaseInventory, ParentType: "host", ParentID: "node-1",
		Status: model.StepDone, Results: []model.Result{{Fetcher: "cli.bridges", Status: model.ResultOK, Found: 2}}},
		model.Step{ID: "x/1", Scan: "x", Phase: model.PhaseInventory, Status: model.StepFailed})
	got = s.call("GET", "/scans/"+id+"/coverage", "").want(200)
	want := map[string]any{"coverage": []any{map[string]any{"parent_type": "host", "parent": "node-1",
		"fetcher": "cli.bridges", "status": "ok", "found": 2.0}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, path := range []string{"/scans/none", "/scans/none/coverage", "/scans/none/events"} {
		s.call("GET", path, "").wantError(404, "404", "Not Found", "", `scans: there is no "none"`)
	}
}

// event is one server-sent event.
type event struct {
	name string
	data wire.ScanState
}

// follow opens the events of a scan and returns a function that waits for the next one; "" is the end of the answer.
func (s *site) follow(id string) (next func() event) {
	s.t.Helper()
	server := httptest.NewServer(s.handler)
	s.t.Cleanup(server.Close)
	request, _ := http.NewRequestWithContext(s.t.Context(), "GET", server.URL+"/scans/"+id+"/events", nil)
	request.Header.Set("Authorization", "Bearer "+localToken)
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { answer.Body.Close() })
	if got := answer.Header.Get("Content-Type"); answer.StatusCode != 200 || got != "text/event-stream" {
		s.t.Fatalf("status %d, type %s", answer.StatusCode, got)
	}
	lines := bufio.NewScanner(answer.Body)
	return func() (e event) {
		s.t.Helper()
		for lines.Scan() && (lines.Text() != "" || e.name == "") { // comments say only that the server is still there
			if name, ok := strings.CutPrefix(lines.Text(), "event: "); ok {
				e.name = name
			}
			if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok && json.Unmarshal([]byte(data), &e.data) != nil {
				s.t.Fatalf("data %q", data)
			}
		}
		return e
	}
}

func TestScanEvents(t *testing.T) {
	t.Parallel()
	s, _ := withCloud(t)
	id := s.submit()
	next := s.follow(id)
	if e := next(); e.name != "progress" || e.data.Scan.Status != model.ScanPending || len(e.data.Progress) != 4 {
		t.Errorf("first event: %+v", e)
	}
	s.update(id, func(scan *model.Scan) { scan.Status, scan.Phase = model.ScanRunning, model.PhaseInventory })
	if e := next(); e.name != "progress" || e.data.Scan.Status != model.ScanRunning {
		t.Errorf("second event: %+v", e)
	}
	s.putSteps(model.Step{ID: id + "/1", Scan: id, Phase: model.PhaseInventory, Status: model.StepDone, Found: 12},
		model.Step{ID: id + "/2", Scan: id, Phase: model.PhaseInventory, Status: model.StepRunning})
	want := model.PhaseProgress{Phase: model.PhaseInventory, Total: 2, Done: 1, Found: 12}
	if e := next(); e.name != "progress" || e.data.Progress[0] != want {
		t.Errorf("third event: %+v", e)
	}
	s.update(id, func(scan *model.Scan) { scan.Status = model.ScanCompletedWithErrors })
	if e := next(); e.name != "end" || e.data.Scan.Status != model.ScanCompletedWithErrors || e.data.Progress[0] != want {
		t.Errorf("last event: %+v", e)
	}
	if e := next(); e.name != "" {
		t.Errorf("after the end: %+v", e)
	}
	if e := s.follow(id)(); e.name != "end" {
		t.Errorf("first event of a scan that has ended: %+v", e)
	}
}
