package api

import (
	"net/url"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"calipso.io/calipso/pkg/model"
)

// byCursor reads a list page by page, and returns one attribute of all entries.
func (s *site) byCursor(path, list, key string) (values []string, pages int) {
	s.t.Helper()
	for cursor := ""; ; pages++ {
		got := s.call("GET", path+cursor, "").want(200)
		values = append(values, column(got[list], key)...)
		next, more := got["next"].(string)
		if !more {
			return values, pages + 1
		}
		cursor = "&cursor=" + url.QueryEscape(next)
	}
}

// TestCursors: each list can be read page by page, and comes out whole and in its order.
func TestCursors(t *testing.T) {
	t.Parallel()
	s, _ := withCloud(t)
	s.call("POST", "/environment_configs", otherDoc("other")).want(201)
	smallCloud("other").put(t, s.db, "")
	for i, level := range []string{"info", "warn", "error"} {
		s.call("POST", "/scans", `{"environment":"lab"}`).want(201)
		s.call("POST", "/scheduled_scans", `{"environment":"lab","freq":"DAILY"}`).want(201)
		s.clock.add(time.Minute)
		_, err := s.db.Messages.Insert(t.Context(), model.Message{ID: model.DBID(level), Environment: "lab", Level: level,
			Timestamp: s.clock.Now().Add(-time.Duration(i/2) * time.Minute)})
		if err != nil {
			t.Fatal(err)
		}
	}
	for path, list := range map[string]string{
		"/inventory?env_name=lab": "objects", "/inventory?type=host": "objects",
		"/inventory?env_name=lab&projection=name":                         "objects",
		"/inventory?env_name=lab&parent_path=/lab/nova/node-1&sub_tree=1": "objects",
		"/links?env_name=lab":                                             "links", "/links?env_name=lab&attributes:network=net-1": "links",
		"/links?env_name=lab&projection=state": "links", "/cliques?env_name=lab": "cliques", "/scans?env_name=lab": "scans",
		"/scheduled_scans?env_name=lab": "scheduled_scans", "/messages?env_name=lab": "messages", "/clique_types?name=instance": "clique_types",
	} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			want := column(s.call("GET", path, "").want(200)[list], "id")
			for _, size := range []string{"1", "2"} {
				got, pages := s.byCursor(path+"&page_size="+size, list, "id")
				if diff := cmp.Diff(want, got); diff != "" || size == "1" && pages != len(want)+1 {
					t.Errorf("%d pages of %s (-want +got):\n%s", pages, size, diff)
				}
			}
		})
	}
	names, _ := s.byCursor("/environment_configs?page_size=1", "environment_configs", "name")
	if diff := cmp.Diff([]string{"lab", "other"}, names); diff != "" {
		t.Errorf("environments (-want +got):\n%s", diff)
	}
}

// TestCursorStaysInPlace: what comes and goes before the place does not move it.
func TestCursorStaysInPlace(t *testing.T) {
	t.Parallel()
	s, c := withCloud(t)
	first := s.call("GET", "/inventory?env_name=lab&page_size=3", "").want(200)
	inv, err := s.db.Inventory(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	root := model.Object{Environment: "lab", Type: model.TypeEnvironment, ID: "lab", IDPath: "/lab"}
	if _, err := inv.Objects.Put(t.Context(), 1, object(&root, model.TypeRegion, "a-new-one", nil)); err != nil {
		t.Fatal(err)
	}
	cursor := "&cursor=" + url.QueryEscape(first["next"].(string))
	rest := s.call("GET", "/inventory?env_name=lab&page_size=10"+cursor, "").want(200)
	if diff := cmp.Diff([]string{"vm-1", "vm-1", "node-1-tap1", "node-10"}, column(rest["objects"], "id")); diff != "" {
		t.Errorf("the second page (-want +got):\n%s", diff)
	}
	for query, message := range map[string]string{
		"env_name=lab&type=host": "cursor: it is of a list that was asked for with other parameters",
		"env_name=lab&page=1":    "cursor: it does not go with page",
	} {
		s.call("GET", "/inventory?"+query+cursor, "").wantError(400, "400", "Bad Request", "cursor", message)
	}
	_ = c
}
