package api

import (
	"strings"
	"testing"
)

// TestETags: what has not changed is not sent again.
func TestETags(t *testing.T) {
	t.Parallel()
	s, _ := withCloud(t)
	for _, path := range []string{"/inventory?env_name=lab", "/inventory?env_name=lab&id=node-1", "/links?env_name=lab", "/environment_configs?name=lab"} {
		first := s.call("GET", path, "")
		first.want(200)
		tag := first.Header().Get("ETag")
		if again := s.call("GET", path, "", "If-None-Match: "+tag); again.Code != 304 || again.Body.Len() > 0 || again.Header().Get("ETag") != tag {
			t.Errorf("%s again: %d, ETag %s, %q", path, again.Code, again.Header().Get("ETag"), again.Body)
		}
		if other := s.call("GET", path, "", `If-None-Match: "x", W/"y"`); other.Code != 200 || other.Body.String() != first.Body.String() {
			t.Errorf("%s with other tags: %d", path, other.Code)
		}
		if listed := s.call("GET", path, "", `If-None-Match: "x", W/`+tag); listed.Code != 304 {
			t.Errorf("%s with the tag in a list: %d", path, listed.Code)
		}
	}
	before := s.call("GET", "/links?env_name=lab", "").Header().Get("ETag")
	smallCloud("lab").put(t, s.db, "")
	s.call("POST", "/scans", `{"environment":"lab"}`).want(201)
	if after := s.call("GET", "/links?env_name=lab", "").Header().Get("ETag"); after != before {
		t.Error("the tag is another one though the links are the same")
	}
	if missing := s.call("GET", "/inventory?env_name=lab&id=none", ""); missing.Header().Get("ETag") != "" {
		t.Error("an error has a tag")
	}
	if lines := s.call("GET", "/export?env_name=lab", ""); lines.Code != 200 || strings.Count(lines.Body.String(), "\n") != 10 {
		t.Errorf("the export is not as it was: %s", lines.Body)
	}
}

// TestIfMatch: who changes what somebody else has changed meanwhile is told so, and nothing is changed.
func TestIfMatch(t *testing.T) {
	t.Parallel()
	s, _ := withCloud(t)
	const path = "/environment_configs/lab"
	tag := func() string { return s.call("GET", "/environment_configs?name=lab", "").Header().Get("ETag") }
	mine, changed := tag(), strings.Replace(environmentDoc, `"stopped"`, `"running"`, 1)
	other := strings.Replace(environmentDoc, `"10.0.0.1"`, `"10.0.0.2"`, 1)
	s.call("PUT", path, other, "If-Match: "+mine).want(200)
	theirs := tag()
	for _, stale := range []string{mine, `"x"`, "W/" + theirs} {
		s.call("PUT", path, changed, "If-Match: "+stale).wantError(412, "412", "Precondition Failed", "", "this was changed meanwhile: read it again, and change that")
		s.call("DELETE", path, "", "If-Match: "+stale).want(412)
	}
	if tag() != theirs {
		t.Error("a refused change has changed something")
	}
	s.call("PUT", path, changed, `If-Match: "x", `+theirs).want(200)
	s.call("PUT", path, other, "If-Match: *").want(200)
	s.call("DELETE", "/scheduled_scans/"+strings.Repeat("0", 24), "", "If-Match: *").want(412)
	s.call("DELETE", "/messages?env_name=lab&all=1", "", "If-Match: *").want(400)
	s.call("DELETE", path, "", "If-Match: "+tag()).want(200)
}
