package api

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"calipso.io/calipso/pkg/model"
)

// withFailures stores a scan of lab in which node-1 could not be read and region-1 was given up, and what is stale by that.
func withFailures(t *testing.T) (s *site, id string) {
	t.Helper()
	s, _ = withCloud(t)
	id = s.submit()
	step := func(parentType, parent, scope, status string, results ...model.Result) model.Step {
		return model.Step{ID: id + "/" + parent, Scan: id, Phase: model.PhaseInventory, ParentType: parentType, ParentID: parent,
			Scope: scope, Status: status, Results: results}
	}
	failed := model.Result{Fetcher: "cli.bridges", Status: model.ResultFailed, Error: "=1+1 timed out"}
	givenUp := step("region", "region-1", "environment/region:region-1", model.StepFailed)
	givenUp.Fetchers, givenUp.Error = []string{"api.hosts"}, "given up after 5 attempts"
	s.putSteps(givenUp, step("host", "node-1", "environment/region:R/host:node-1", model.StepDone, failed, model.Result{Fetcher: "cli.os", Status: model.ResultOK, Found: 1}))
	object := func(objectType, id, host, scope, fetcher string, stale bool) model.Object {
		o := model.Object{Environment: "lab", Type: objectType, ID: id, Name: id, Host: host, Scope: scope, Fetcher: fetcher}
		if stale {
			o.Set("stale", map[string]any{"since": time.Date(2026, 3, 3, 0, 0, 0, 0, time.UTC), "reason": "timed out"})
		}
		return o
	}
	inv, err := s.db.Inventory(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	_, err = inv.Objects.Put(t.Context(), 1,
		object("vconnector", "br-1", "node-1", "environment/region:R/host:node-1", "cli.bridges", true),
		object("vconnector", "br-2", "node-1", "environment/region:R/host:node-1", "cli.bridges", false),
		object("vconnectors_folder", "f", "node-1", "environment/region:R/host:node-1", "cli.bridges", true),
		object("host_pnic", "eth0", "node-1", "environment/region:R/host:node-1", "cli.pnics", true),
		object("host", "node-7", "node-7", "environment/region:region-1", "api.hosts", true),
		object("vedge", "ovs-7", "node-7", "environment/region:region-1/host:node-7", "cli.ovs", true),
		object("vedge", "ovs-8", "node-8", "environment/region:region-10/host:node-8", "cli.ovs", true))
	if err != nil {
		t.Fatal(err)
	}
	return s, id
}

// TestStale: stale is what this scan could not read, and what is below a step that was given up; nothing else.
func TestStale(t *testing.T) {
	t.Parallel()
	s, id := withFailures(t)
	got := s.call("GET", "/scans/"+id+"/stale", "").want(200)["stale"]
	if diff := cmp.Diff([]string{"br-1", "node-7", "ovs-7"}, column(got, "id")); diff != "" {
		t.Errorf("stale (-want +got):\n%s", diff)
	}
	want := map[string]any{"type": "vconnector", "id": "br-1", "name": "br-1", "host": "node-1", "since": "2026-03-03T00:00:00Z", "reason": "timed out"}
	if diff := cmp.Diff(want, got.([]any)[0]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	got = s.call("GET", "/scans/"+id+"/stale?host=node-1", "").want(200)["stale"]
	if diff := cmp.Diff([]string{"br-1"}, column(got, "id")); diff != "" {
		t.Errorf("of one host (-want +got):\n%s", diff)
	}
	if got := s.call("GET", "/scans/"+id+"/stale?host=node-1&format=csv", "").Body.String(); got !=
		"type,id,name,host,since,reason\nvconnector,br-1,br-1,node-1,2026-03-03T00:00:00Z,timed out\n" {
		t.Errorf("as CSV: %s", got)
	}
}

func TestCoverageSelection(t *testing.T) {
	t.Parallel()
	s, id := withFailures(t)
	for query, want := range map[string][]string{"": {"cli.bridges", "cli.os", "api.hosts"}, "?failed=true": {"cli.bridges", "api.hosts"},
		"?host=node-1": {"cli.bridges", "cli.os"}, "?host=node-1&host=region-1&failed=1": {"cli.bridges", "api.hosts"}} {
		got := s.call("GET", "/scans/"+id+"/coverage"+query, "").want(200)
		if diff := cmp.Diff(want, column(got["coverage"], "fetcher")); diff != "" {
			t.Errorf("%q (-want +got):\n%s", query, diff)
		}
	}
	a := s.call("GET", "/scans/"+id+"/coverage?format=csv&failed=true&host=node-1", "")
	want := "parent_type,parent,fetcher,status,found,warnings,error,warning_texts\nhost,node-1,cli.bridges,failed,0,0,'=1+1 timed out,\n"
	if diff := cmp.Diff(want, a.Body.String()); diff != "" || !strings.HasPrefix(a.Header().Get("Content-Type"), "text/csv") {
		t.Errorf("type %s (-want +got):\n%s", a.Header().Get("Content-Type"), diff)
	}
	s.call("GET", "/scans/"+id+"/coverage?host=nobody", "").wantError(400, "400", "Bad Request", "host", `host: the scan has no step for "nobody"`)
	s.call("GET", "/scans/"+id+"/coverage?format=xml", "").want(400)
}
