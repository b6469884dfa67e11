package api

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"calipso.io/calipso/pkg/model"
)

// withMessages registers lab and other, with messages a minute apart: the last is m5, of other.
func withMessages(t *testing.T) *site {
	t.Helper()
	s, _ := withCloud(t)
	s.call("POST", "/environment_configs", otherDoc("other")).want(201)
	at := func(minute int) time.Time { return time.Date(2026, 3, 4, 12, minute, 0, 0, time.UTC) }
	_, err := s.db.Messages.Insert(t.Context(),
		model.Message{ID: "m1", Environment: "lab", SourceSystem: "Calipso", Level: "info", Message: "begun", Timestamp: at(1), OriginID: "s1"},
		model.Message{ID: "m2", Environment: "lab", SourceSystem: "Calipso", Level: "error", Message: hostile, Timestamp: at(2), OriginID: "s1",
			RelatedObject: "node-1", RelatedObjectType: "host"},
		model.Message{ID: "m3", Environment: "lab", SourceSystem: "OpenStack", Level: "warn", Message: map[string]any{"event": "x"}, Timestamp: at(3)},
		model.Message{ID: "m4", Environment: "lab", SourceSystem: "Calipso", Level: "info", Message: "ended", Timestamp: at(4), Viewed: true},
		model.Message{ID: "m5", Environment: "other", SourceSystem: "Calipso", Level: "info", Message: "begun", Timestamp: at(5)})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestMessageLists(t *testing.T) {
	t.Parallel()
	s := withMessages(t)
	tests := map[string][]string{
		"":                                     {"m5", "m4", "m3", "m2", "m1"},
		"?env_name=lab":                        {"m4", "m3", "m2", "m1"},
		"?env_name=lab&page_size=3&page=1":     {"m1"},
		"?env_name=lab&level=error&level=warn": {"m3", "m2"},
		"?source_system=OpenStack":             {"m3"},
		"?origin_id=s1":                        {"m2", "m1"},
		"?related_object=node-1":               {"m2"},
		"?related_object_type=host":            {"m2"},
		"?viewed=true":                         {"m4"},
		"?env_name=lab&viewed=0&page_size=2":   {"m3", "m2"},
		"?start_time=2026-03-04T12:03:00Z":     {"m5", "m4", "m3"},
		"?end_time=2026-03-04T14:02:00.000+0200&env_name=lab":                           {"m2", "m1"},
		"?start_time=2026-03-04T12:02:00.001Z&end_time=2026-03-04T12:03:59.999%2B00:00": {"m3"},
	}
	for query, want := range tests {
		got := s.call("GET", "/messages"+query, "").want(200)
		if diff := cmp.Diff(want, column(got["messages"], "id")); diff != "" {
			t.Errorf("%q (-want +got):\n%s", query, diff)
		}
	}
	got := s.call("GET", "/messages?env_name=lab&id=m2", "").want(200)
	want := map[string]any{"_id": "m2", "id": "m2", "environment": "lab", "source_system": "Calipso", "level": "error", "message": hostile,
		"timestamp": "2026-03-04T12:02:00Z", "viewed": false, "origin_id": "s1", "related_object": "node-1", "related_object_type": "host"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	entry := s.call("GET", "/messages?origin_id=s1&level=error", "").want(200)["messages"].([]any)[0]
	delete(want, "_id")
	if diff := cmp.Diff(want, entry); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	s.call("GET", "/messages?env_name=other&id=m2", "").want(404)
	s.call("GET", "/messages?id=none", "").want(404)
	s.call("GET", "/messages?env_name=nowhere", "").wantError(400, "400", "Bad Request", "env_name", `env_name: there is no environment "nowhere"`)
	s.call("GET", "/messages?level=loud", "").wantError(400, "400", "Bad Request", "level",
		`level: must be one of panic, alert, crit, error, warn, notice, info, debug, not "loud"`)
	s.call("GET", "/messages?start_time=yesterday", "").wantError(400, "400", "Bad Request", "start_time",
		`start_time: must be a time such as 2026-01-31T02:00:00Z, not "yesterday"`)
}

// TestChangeMessages: what is marked or deleted is what was chosen, and only of that environment.
func TestChangeMessages(t *testing.T) {
	t.Parallel()
	s := withMessages(t)
	left := func() []string { return column(s.call("GET", "/messages", "").want(200)["messages"], "id") }
	count := func(a answer) any { return a.want(200)["count"] }
	if n := count(s.call("PATCH", "/messages?env_name=lab&ids=m1&ids=m5&ids=none", `{"viewed":true}`)); n != 1.0 {
		t.Errorf("%v are marked", n)
	}
	if diff := cmp.Diff([]string{"m4", "m1"}, column(s.call("GET", "/messages?viewed=true", "").want(200)["messages"], "id")); diff != "" {
		t.Errorf("viewed (-want +got):\n%s", diff)
	}
	if n := count(s.call("PATCH", "/messages?env_name=lab&all=true", `{"viewed":false}`)); n != 4.0 {
		t.Errorf("%v are marked", n)
	}
	if n := count(s.call("DELETE", "/messages?env_name=lab&ids=m2&ids=m5", "")); n != 1.0 {
		t.Errorf("%v are deleted", n)
	}
	for _, query := range []string{"", "&all=false", "&all=true&ids=m1"} {
		s.call("DELETE", "/messages?env_name=lab"+query, "").wantError(400, "400", "Bad Request", "ids", "ids: give either the ids of messages, or all=true")
	}
	s.call("DELETE", "/messages?all=true", "").want(400)
	s.call("PATCH", "/messages?env_name=lab&all=true", `{}`).wantError(400, "400", "Bad Request", "viewed", "viewed: this key is missing")
	if diff := cmp.Diff([]string{"m5", "m4", "m3", "m1"}, left()); diff != "" {
		t.Errorf("left (-want +got):\n%s", diff)
	}
	s.call("DELETE", "/messages?env_name=lab&all=true", "").want(200)
	if diff := cmp.Diff([]string{"m5"}, left()); diff != "" {
		t.Errorf("left (-want +got):\n%s", diff)
	}
	s.call("DELETE", "/environment_configs/other", "").want(200)
	if diff := cmp.Diff([]string{}, left()); diff != "" {
		t.Errorf("messages of an environment that is gone (-want +got):\n%s", diff)
	}
}
