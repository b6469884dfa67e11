package api

import (
	"net/url"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"calipso.io/calipso/pkg/model"
)

// findable puts objects with all kinds of names and addresses into the inventory of an environment.
func findable(t *testing.T, s *site, environment string) {
	t.Helper()
	root := model.Object{Environment: environment, Type: model.TypeEnvironment, ID: environment, IDPath: "/" + environment}
	inv, err := s.db.Inventory(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	_, err = inv.Objects.Put(t.Context(), 1,
		object(&root, model.TypeHost, "Web", nil),
		object(&root, model.TypeHost, "web-1", map[string]any{"ip_address": "10.0.0.1"}),
		object(&root, model.TypeInstance, "my web", map[string]any{"addresses": []any{map[string]any{"addr": "10.0.1.77", "mac_address": "FA:16:3E:0A:0B:0C"}}}),
		object(&root, model.TypeInstance, "cobweb", map[string]any{"addresses": []any{map[string]any{"addr": "2001:DB8::7"}}}),
		object(&root, model.TypeNetwork, "webbing", map[string]any{"cidrs": []any{"10.0.0.0/16"}}),
		object(&root, model.TypePort, "tap60c27265-14", map[string]any{"fixed_ips": []any{map[string]any{"ip_address": "10.0.10.1"}}}),
		object(&root, "web_folder", "web-folder", nil),
		object(&root, model.TypeVnic, "100%_sure", nil), object(&root, model.TypeVnic, "日本-é", nil))
	if err != nil {
		t.Fatal(err)
	}
}

func TestSearch(t *testing.T) {
	t.Parallel()
	s, _ := withCloud(t)
	findable(t, s, "lab")
	tests := []struct {
		query string
		want  []string
	}{
		{"web", []string{"Web", "web-1", "webbing", "my web", "cobweb"}}, // exact, prefixes of a host and a network, word, part
		{"WEB", []string{"Web", "web-1", "webbing", "my web", "cobweb"}},
		{"w", []string{"Web", "web-1", "webbing", "my web"}}, // of one letter, only beginnings of words
		{"b", []string{}},
		{"60c27", []string{"tap60c27265-14"}},
		{"10.0.0.1", []string{"web-1"}},
		{"10.0.", []string{"web-1", "my web", "webbing", "tap60c27265-14"}},
		{"10.0.0.0/22", []string{"web-1", "my web"}},
		{"10.0.0.0/16", []string{"webbing", "web-1", "my web", "tap60c27265-14"}}, // the network itself before what is in it
		{"2001:db8:0::7", []string{"cobweb"}},
		{"2001:db8::/32", []string{"cobweb"}},
		{"fa:16:3e:0a:0b:0c", []string{"my web"}},
		{"FA-16-3E-0A-0B-0C", []string{"my web"}},
		{"fa16.3e0a.0b0c", []string{"my web"}},
		{"fa163e0a0b0c", []string{"my web"}},
		{"3e:0a", []string{"my web"}},
		{"%", []string{"vm-1"}}, {"0%_", []string{"100%_sure"}}, {"_", []string{"100%_sure"}}, {"日本", []string{"日本-é"}}, {"É", []string{"日本-é"}},
		{`web OR "tap"`, []string{}}, {"w*", []string{}}, {"web.*", []string{}}, {`{"$ne":1}`, []string{}}, {"name=web", []string{}}, {"name", []string{}},
		{hostile, []string{"vm-1"}}, {"DROP table", []string{"vm-1"}},
	}
	for _, test := range tests {
		t.Run(test.query, func(t *testing.T) {
			t.Parallel()
			got := s.call("GET", "/search?query="+url.QueryEscape(test.query), "").want(200)
			if diff := cmp.Diff(test.want, column(got["objects"], "id")); diff != "" || got["total"] != float64(len(test.want)) {
				t.Errorf("%v hits (-want +got):\n%s", got["total"], diff)
			}
		})
	}
	for query, want := range map[string][]string{
		"web&type=network&type=instance": {"webbing", "my web", "cobweb"}, "web&page_size=2&page=1": {"webbing", "my web"},
		"web&page=9": {}, "web&all=1&source=inventory&env_name=lab": {"Web", "web-1", "webbing", "my web", "cobweb"},
	} {
		got := s.call("GET", "/search?query="+query, "").want(200)
		if diff := cmp.Diff(want, column(got["objects"], "id")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", query, diff)
		}
	}
	hit := s.call("GET", "/search?query=0b0c&env_name=lab", "").want(200)
	if n := len(hit["objects"].([]any)); n != 0 {
		t.Errorf("%d hits of a part of an address that is written in another way", n)
	}
	for query, message := range map[string]string{"query=%20": "query: the value is blank", "query=%01": "query: there is nothing in it to look for",
		"query=a&page_size=501": `page_size: must be an integer from 1 to 500, not "501"`, "query=a&env_name=no": `env_name: there is no environment "no"`} {
		if got := s.call("GET", "/search?"+query, "").want(400); got["error"].(map[string]any)["message"] != message {
			t.Errorf("%s: %v", query, got)
		}
	}
}

// TestSearchSaysWhy: a hit says what fits, and where the object is.
func TestSearchSaysWhy(t *testing.T) {
	t.Parallel()
	s, c := withCloud(t)
	got := s.call("GET", "/search?query=fa-16-3e-00", "").want(200)
	want := []any{map[string]any{"_id": c.objects[4].DBID(), "id": "node-1-tap1", "name": "node-1-tap1", "object_name": "node-1-tap1",
		"type": "vnic", "environment": "lab", "host": "node-1", "id_path": "/lab/nova/node-1/vm-1/node-1-tap1",
		"name_path": "/lab/nova/node-1/vm-1/node-1-tap1", "last_scanned": "2026-03-04T11:00:00Z",
		"match": "prefix", "attribute": "mac_address", "text": "fa:16:3e:00:00:01"}}
	if diff := cmp.Diff(want, got["objects"]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestSearchFollows: what is written or removed is noticed, at the latest after the time that the index may be old.
func TestSearchFollows(t *testing.T) {
	t.Parallel()
	s, c := withCloud(t)
	find := func(query string, want ...string) {
		t.Helper()
		got := s.call("GET", "/search?query="+query, "").want(200)
		if diff := cmp.Diff(append([]string{}, want...), column(got["objects"], "id")); diff != "" || got["total"] != float64(len(want)) {
			t.Errorf("%s: %v hits (-want +got):\n%s", query, got["total"], diff)
		}
	}
	find("node-10", "node-10")
	inv, err := s.db.Inventory(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	renamed := c.objects[2]
	renamed.Name, renamed.ObjectName = "moon", "moon"
	if _, err := inv.Objects.Put(t.Context(), 2, renamed); err != nil {
		t.Fatal(err)
	}
	s.clock.add(time.Minute)
	find("moon", "node-10")
	if _, err := inv.Objects.Delete(t.Context()); err != nil {
		t.Fatal(err)
	}
	find("moon") // at once: what is gone is never shown
	s.clock.add(time.Minute)
	find("node")
}
