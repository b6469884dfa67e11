package api

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/store"
)

// plan asks for a schedule and returns its id.
func (s *site) plan(body string) string {
	s.t.Helper()
	return s.call("POST", "/scheduled_scans", body).want(201)["id"].(string)
}

func TestCreateSchedule(t *testing.T) {
	t.Parallel()
	s, _ := withCloud(t)
	created := s.call("POST", "/scheduled_scans", `{"env_name":"lab","freq":"DAILY","timezone":"Europe/Zurich","submit_timestamp":"2026-03-01T02:30:00.5+0100",
		"log_level":"debug","clear":true,"scan_only_inventory":true,"inventory":"inventory2"}`).want(201)
	id := created["id"].(string)
	if diff := cmp.Diff(map[string]any{"id": id, "message": "accepted a schedule of scans of environment lab",
		"scheduled_timestamp": "2026-03-05T01:30:00Z"}, created); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	s.clock.add(24 * 24 * time.Hour) // to noon of 28 March; clocks are turned forward in the night
	want := map[string]any{"_id": id, "id": id, "environment": "lab", "freq": "DAILY", "timezone": "Europe/Zurich", "inventory": "inventory2", "log_level": "debug",
		"clear": true, "scan_only_inventory": true, "scan_only_links": false, "scan_only_cliques": false,
		"submit_timestamp": "2026-03-01T01:30:00Z", "changed_timestamp": "2026-03-04T12:00:00Z", "scheduled_timestamp": "2026-03-05T01:30:00Z",
		"next_runs": []any{"2026-03-05T01:30:00Z", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"}}
	for _, path := range []string{"/scheduled_scans/" + id, "/scheduled_scans?id=" + id} {
		if diff := cmp.Diff(want, s.call("GET", path, "").want(200)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", path, diff)
		}
	}
}

// TestScheduleDefaults: an environment and how often is enough. A single object's type is filled in.
func TestScheduleDefaults(t *testing.T) {
	t.Parallel()
	s, _ := withCloud(t)
	s.clock.add(300 * time.Millisecond)
	id := s.plan(`{"environment":"lab","freq":"HOURLY","object_id":"node-1"}`)
	got := s.call("GET", "/scheduled_scans/"+id, "").want(200)
	want := map[string]any{"_id": id, "id": id, "environment": "lab", "freq": "HOURLY", "inventory": "inventory", "object_id": "node-1", "object_type": "host",
		"clear": false, "scan_only_inventory": false, "scan_only_links": false, "scan_only_cliques": false,
		"submit_timestamp": "2026-03-04T12:00:00Z", "changed_timestamp": "2026-03-04T12:00:00.3Z", "scheduled_timestamp": "2026-03-04T13:00:00Z",
		"next_runs": []any{"2026-03-04T13:00:00Z", "2026-03-04T14:00:00Z", "2026-03-04T15:00:00Z"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestScheduleLists(t *testing.T) {
	t.Parallel()
	s, _ := withCloud(t)
	s.call("POST", "/environment_configs", otherDoc("other")).want(201)
	yearly := s.plan(`{"environment":"lab","freq":"YEARLY"}`)
	cron := s.plan(`{"environment":"other","cron":"30 2 * * 1-5","timezone":"Asia/Tokyo"}`)
	hourly := s.plan(`{"environment":"lab","freq":"HOURLY"}`)
	for query, want := range map[string][]string{
		"":                              {hourly, cron, yearly},
		"?env_name=lab":                 {hourly, yearly},
		"?environment=other":            {cron},
		"?environment=other&page=1":     {},
		"?freq=YEARLY&freq=MONTHLY":     {yearly},
		"?page_size=1&page=1":           {cron},
		"?env_name=lab&freq=HOURLY":     {hourly},
		"?env_name=lab&environment=lab": {hourly, yearly},
	} {
		got := s.call("GET", "/scheduled_scans"+query, "").want(200)
		if diff := cmp.Diff(want, column(got["scheduled_scans"], "id")); diff != "" {
			t.Errorf("%s: other schedules (-want +got):\n%s", query, diff)
		}
	}
	now := s.clock.Now()
	_, err := s.db.Schedules.Update(t.Context(), cron, func(sched *model.ScheduledScan) error {
		sched.LastRun, sched.LastScan, sched.LastError = &now, "5c", "skipped"
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"scheduled_scans": []any{map[string]any{"id": cron, "environment": "other", "cron": "30 2 * * 1-5", "timezone": "Asia/Tokyo",
		"scheduled_timestamp": "2026-03-04T17:30:00Z", "last_run": "2026-03-04T12:00:00Z", "last_scan": "5c", "last_error": "skipped"}}}
	if diff := cmp.Diff(want, s.call("GET", "/scheduled_scans?env_name=other", "").want(200)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	s.call("GET", "/scheduled_scans?env_name=lob", "").wantError(400, "400", "Bad Request", "env_name", `env_name: there is no environment "lob"`)
	s.call("GET", "/scheduled_scans?freq=ONCE", "").wantError(400, "400", "Bad Request", "freq",
		`freq: must be one of YEARLY, MONTHLY, WEEKLY, DAILY, HOURLY, not "ONCE"`)
	s.call("GET", "/scheduled_scans/none", "").wantError(404, "404", "Not Found", "", `scheduled_scans: there is no "none"`)
}

// TestReplaceSchedule: all is as in the new body, counted anew; what was done stays known.
func TestReplaceSchedule(t *testing.T) {
	t.Parallel()
	s, _ := withCloud(t)
	id := s.plan(`{"environment":"lab","freq":"HOURLY","clear":true}`)
	now := s.clock.Now()
	_, err := s.db.Schedules.Update(t.Context(), id, func(sched *model.ScheduledScan) error {
		sched.LastRun, sched.LastScan, sched.LastError, sched.Run = &now, "5c", "skipped", &model.ScheduledRun{Due: now}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	s.clock.add(time.Hour)
	answer := s.call("PUT", "/scheduled_scans/"+id, `{"environment":"lab","cron":"0 0 1 * *"}`).want(200)
	if diff := cmp.Diff(map[string]any{"id": id, "message": "changed a schedule of scans of environment lab",
		"scheduled_timestamp": "2026-04-01T00:00:00Z"}, answer); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	want := map[string]any{"_id": id, "id": id, "environment": "lab", "cron": "0 0 1 * *", "inventory": "inventory", "clear": false,
		"scan_only_inventory": false, "scan_only_links": false, "scan_only_cliques": false, "last_run": "2026-03-04T12:00:00Z", "last_scan": "5c",
		"submit_timestamp": "2026-03-04T13:00:00Z", "changed_timestamp": "2026-03-04T13:00:00Z", "scheduled_timestamp": "2026-04-01T00:00:00Z",
		"next_runs": []any{"2026-04-01T00:00:00Z", "2026-05-01T00:00:00Z", "2026-06-01T00:00:00Z"}}
	if diff := cmp.Diff(want, s.call("GET", "/scheduled_scans/"+id, "").want(200)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	s.call("PUT", "/scheduled_scans/"+id, `{"environment":"lab"}`).want(400)
	s.call("PUT", "/scheduled_scans/none", `{"environment":"lab","freq":"DAILY"}`).wantError(404, "404", "Not Found", "", `scheduled_scans: there is no "none"`)
}

func TestDeleteSchedules(t *testing.T) {
	t.Parallel()
	s, _ := withCloud(t)
	s.call("POST", "/environment_configs", otherDoc("other")).want(201)
	var ids []string
	for range 4 {
		ids = append(ids, s.plan(`{"environment":"lab","freq":"HOURLY"}`))
	}
	other := s.plan(`{"environment":"other","freq":"HOURLY"}`)
	s.call("DELETE", "/scheduled_scans/"+ids[0], "").want(200)
	s.call("DELETE", "/scheduled_scans/"+ids[0], "").wantError(404, "404", "Not Found", "", fmt.Sprintf("scheduled_scans: there is no %q", ids[0]))
	for query, field := range map[string]string{
		"": "env_name", "?env_name=lab": "ids", "?env_name=lab&all=false": "ids", "?env_name=lab&all=1&ids=" + ids[1]: "ids",
		"?env_name=lob&all=1": "env_name", "?env_name=lab&ids=x": "ids", "?all=1": "env_name",
	} {
		got := s.call("DELETE", "/scheduled_scans"+query, "").want(http.StatusBadRequest)["error"].(map[string]any)
		if got["field"] != field {
			t.Errorf("%q: %v is to blame, want %s", query, got, field)
		}
	}
	for _, test := range []struct {
		query string
		count float64
	}{{"?env_name=lab&ids=" + ids[1] + "&ids=" + other + "&ids=" + ids[0], 1}, {"?env_name=lab&all=true", 2}, {"?env_name=lab&all=true", 0}} {
		if got := s.call("DELETE", "/scheduled_scans"+test.query, "").want(200); got["count"] != test.count {
			t.Errorf("%s: %v are deleted, want %v", test.query, got["count"], test.count)
		}
	}
	if left, err := s.db.Schedules.IDs(t.Context(), store.Query{}); err != nil || len(left) != 1 || left[0] != other {
		t.Errorf("%v are left (%v), want that of the other environment", left, err)
	}
}

// TestSchedulesGoWithTheirEnvironment: they are deleted with it, and stay when it can't be deleted.
func TestSchedulesGoWithTheirEnvironment(t *testing.T) {
	t.Parallel()
	s, _ := withCloud(t)
	s.call("POST", "/environment_configs", otherDoc("other")).want(201)
	s.plan(`{"environment":"lab","freq":"HOURLY"}`)
	other := s.plan(`{"environment":"other","freq":"HOURLY"}`)
	scan := s.submit()
	s.update(scan, func(scan *model.Scan) { scan.Status = model.ScanRunning })
	s.call("DELETE", "/environment_configs/lab", "").want(409)
	if n, err := s.db.Schedules.Count(t.Context()); err != nil || n != 2 {
		t.Errorf("%d schedules are left (%v), want both", n, err)
	}
	s.update(scan, func(scan *model.Scan) { scan.Status = model.ScanCompleted })
	s.call("DELETE", "/environment_configs/lab", "").want(200)
	if left, err := s.db.Schedules.IDs(t.Context(), store.Query{}); err != nil || len(left) != 1 || left[0] != other {
		t.Errorf("%v are left (%v), want that of the other environment", left, err)
	}
}
