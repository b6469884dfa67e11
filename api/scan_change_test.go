package api

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"calipso.io/calipso/pkg/model"
)

func (s *site) queued() []string {
	s.t.Helper()
	return column(s.call("GET", "/tasks/api/queues/scan/pending_tasks", "").want(200)["tasks"], "id")
}

func (s *site) status(id string) any {
	s.t.Helper()
	return s.call("GET", "/scans/"+id, "").want(200)["status"]
}

// TestDraft: a draft waits until it is released, once.
func TestDraft(t *testing.T) {
	t.Parallel()
	s, _ := withCloud(t)
	s.submit() // so that there is a queue
	draft := s.call("POST", "/scans", `{"environment":"lab","status":"draft"}`).want(201)["id"].(string)
	if got := s.queued(); len(got) != 1 || s.status(draft) != "draft" {
		t.Errorf("queued %v, status %v", got, s.status(draft))
	}
	s.call("PUT", "/scans/"+draft, `{"status":"running"}`).wantError(400, "400", "Bad Request", "status", "status: must be pending, which releases a draft")
	s.call("PUT", "/scans/"+draft, `{"status":"pending","clear":true}`).wantError(400, "400", "Bad Request", "", `unknown keys: "clear"`)
	s.call("PUT", "/scans/"+draft, `{"status":"pending"}`).want(200)
	if got := s.queued(); len(got) != 2 || s.status(draft) != "pending" {
		t.Errorf("queued %v, status %v", got, s.status(draft))
	}
	s.call("PUT", "/scans/"+draft, `{"status":"pending"}`).want(409)
	s.call("PUT", "/scans/none", `{"status":"pending"}`).want(404)
}

// TestAbort: a scan is aborted once, with what it has begun.
func TestAbort(t *testing.T) {
	t.Parallel()
	s, _ := withCloud(t)
	id := s.submit()
	s.update(id, func(scan *model.Scan) { scan.Status, scan.Phase = model.ScanRunning, model.PhaseInventory })
	s.putSteps(model.Step{ID: id + "/1", Scan: id, Phase: model.PhaseInventory, ParentType: "host", ParentID: "node-1",
		Status: model.StepPending, Fetchers: []string{"cli.os", "cli.bridges"}})
	s.call("POST", "/scans/"+id+"/abort", "").want(200)
	if got := s.call("GET", "/scans/"+id, "").want(200); got["status"] != "aborted" || got["end_timestamp"] != "2026-03-04T12:00:00Z" {
		t.Errorf("the scan is %v", got)
	}
	rows := s.call("GET", "/scans/"+id+"/coverage", "").want(200)["coverage"].([]any)
	want := []any{}
	for _, fetcher := range []string{"cli.os", "cli.bridges"} {
		want = append(want, map[string]any{"parent_type": "host", "parent": "node-1", "fetcher": fetcher, "status": "not reached",
			"found": 0.0, "error": "the scan was aborted"})
	}
	if diff := cmp.Diff(want, rows); diff != "" {
		t.Errorf("coverage (-want +got):\n%s", diff)
	}
	s.call("POST", "/scans/"+id+"/abort", "").wantError(409, "409", "Conflict", "", "scan "+id+" has ended: it is aborted")
	s.call("POST", "/scans/none/abort", "").want(404)
}

// TestRefuse: who does not want to wait is told which scan is in the way.
func TestRefuse(t *testing.T) {
	t.Parallel()
	s, _ := withCloud(t)
	const refuse = `{"environment":"lab","if_running":"refuse"}`
	first := s.call("POST", "/scans", refuse).want(201)["id"].(string)
	s.call("POST", "/scans", refuse).wantError(409, "409", "Conflict", "", "scan "+first+" of environment lab is pending")
	s.call("POST", "/scans", `{"environment":"lab","if_running":"wait"}`).want(201)
	s.call("POST", "/scans", `{"environment":"lab","if_running":"maybe"}`).
		wantError(400, "400", "Bad Request", "if_running", "if_running: must be one of wait, refuse")
	s.call("POST", "/scans", `{"environment":"lab","if_running":"refuse","status":"draft"}`).
		wantError(400, "400", "Bad Request", "if_running", "if_running: it does not go with a draft, which begins nothing")
	if got := s.queued(); len(got) != 2 || len(column(s.call("GET", "/scans", "").want(200)["scans"], "id")) != 2 {
		t.Errorf("queued are %v", got)
	}
}
