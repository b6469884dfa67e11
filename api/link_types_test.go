package api

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const ofMeter = `{"endPointA":"vedge","endPointB":"vservice","description":"serves"}`

func TestLinkTypes(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.call("POST", "/environment_configs", environmentDoc).want(http.StatusCreated)
	using := strings.Replace(ofLab, `"link_types":["instance-vnic"]`, `"link_types":["instance-vnic","vnic-vedge","vedge-vservice"]`, 1)
	s.call("POST", "/clique_types", using).want(http.StatusBadRequest)

	id := s.call("POST", "/link_types", ofMeter).want(http.StatusCreated)["id"].(string)
	s.call("POST", "/link_types", ofMeter).want(http.StatusConflict)
	clique := s.call("POST", "/clique_types", using).want(http.StatusCreated)["id"].(string)
	refused := s.call("DELETE", "/link_types/"+id, "").want(http.StatusConflict)["error"].(map[string]any)
	if text := refused["message"].(string); !strings.Contains(text, `used by clique type "mine"`) {
		t.Errorf("the refusal says %s", text)
	}
	s.call("PUT", "/link_types/"+id, strings.Replace(ofMeter, "serves", "is served by", 1)).want(http.StatusOK)
	got := s.call("GET", "/link_types?id="+id, "").want(http.StatusOK)
	want := map[string]any{"_id": id, "id": id, "type": "vedge-vservice", "endPointA": "vedge", "endPointB": "vservice", "description": "is served by", "configured": false}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if values := s.call("GET", "/constants?name=link_types", "").want(http.StatusOK)["data"]; !strings.Contains(strings.Join(column(values, "value"), " "), "vedge-vservice") {
		t.Error("the constant link_types does not have it")
	}
	s.call("DELETE", "/clique_types/"+clique, "").want(http.StatusOK)
	s.call("DELETE", "/link_types/"+id, "").want(http.StatusOK)
	s.call("DELETE", "/link_types/"+id, "").want(http.StatusNotFound)
	s.call("GET", "/link_types?id="+id, "").want(http.StatusNotFound)
	listed := s.call("GET", "/link_types?endPointA=vnic&endPointB=vedge", "").want(http.StatusOK)["link_types"]
	if diff := cmp.Diff([]string{"vnic-vedge"}, column(listed, "type")); diff != "" {
		t.Error(diff)
	}
}

func TestLinkTypesRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for body, field := range map[string]string{
		`{}`: "endPointA",
		strings.Replace(ofMeter, `"vservice"`, `"moon"`, 1):                                "endPointB",
		strings.Replace(ofMeter, `"serves"`, `""`, 1):                                      "description",
		strings.Replace(ofMeter, `"vedge"`, `"vedge","type":"vedge-moon"`, 1):              "type",
		strings.Replace(ofMeter, `"vedge"`, `"vedge","_id":"aaaaaaaaaaaaaaaaaaaaaaaa"`, 1): "_id",
		strings.Replace(ofMeter, `"serves"`, `7`, 1):                                       "description",
	} {
		got := s.call("POST", "/link_types", body).want(http.StatusBadRequest)["error"].(map[string]any)
		if got["field"] != field {
			t.Errorf("%s\nis refused with %v, want field %q", body, got, field)
		}
	}
	shipped := s.call("GET", "/link_types?type=instance-vnic", "").want(http.StatusOK)["link_types"]
	id := column(shipped, "id")[0]
	s.call("DELETE", "/link_types/"+id, "").want(http.StatusConflict)
	s.call("POST", "/link_types", `{"endPointA":"instance","endPointB":"vnic","description":"d"}`).want(http.StatusConflict)
	plain := s.login("plain")
	for _, r := range [][2]string{{"POST", "/link_types"}, {"PUT", "/link_types/" + id}, {"DELETE", "/link_types/" + id}, {"POST", "/clique_constraints"}} {
		s.call(r[0], r[1], ofMeter, plain).want(http.StatusForbidden)
	}
}

func TestCliqueConstraints(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.call("POST", "/environment_configs", environmentDoc).want(http.StatusCreated)
	const ofInstances = `{"focal_point_type":"instance","environment":"lab","constraints":[]}`
	id := s.call("POST", "/clique_constraints", ofInstances).want(http.StatusCreated)["id"].(string)
	s.call("POST", "/clique_constraints", ofInstances).want(http.StatusConflict)
	everywhere := s.call("POST", "/clique_constraints", `{"focal_point_type":"vnic","constraints":["network"]}`).want(http.StatusCreated)["id"].(string)
	s.call("PUT", "/clique_constraints/"+id, strings.Replace(ofInstances, "[]", `["network"]`, 1)).want(http.StatusOK)
	s.call("PUT", "/clique_constraints/"+everywhere, ofInstances).want(http.StatusBadRequest)
	for query, want := range map[string][]string{
		"?env_name=lab": {"instance"}, "?focal_point_type=vnic": {"vnic"}, "?constraint=network&focal_point_type=instance": {"instance", "instance"},
		"?constraint=network&constraint=moon": {}, "?page_size=1&page=1": {"vnic"}, "?env_name=nowhere": {},
	} {
		list := s.call("GET", "/clique_constraints"+query, "").want(http.StatusOK)["clique_constraints"]
		got := column(list, "focal_point_type")
		if query == "?page_size=1&page=1" {
			if len(got) != 1 {
				t.Errorf("a page of one has %v", got)
			}
		} else if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", query, diff)
		}
	}
	for body, field := range map[string]string{
		`{"constraints":[]}`: "focal_point_type", `{"focal_point_type":"instance"}`: "constraints",
		`{"focal_point_type":"instance","constraints":["mood"]}`:                   "constraints",
		`{"focal_point_type":"instance","constraints":[],"environment":"nowhere"}`: "environment",
	} {
		if got := s.call("POST", "/clique_constraints", body).want(http.StatusBadRequest)["error"].(map[string]any); got["field"] != field {
			t.Errorf("%s\nis refused with %v, want field %q", body, got, field)
		}
	}
	s.call("DELETE", "/clique_constraints/"+everywhere, "").want(http.StatusOK)
	s.call("DELETE", "/clique_constraints/"+everywhere, "").want(http.StatusNotFound)
	s.call("DELETE", "/environment_configs/lab", "").want(http.StatusOK)
	s.call("GET", "/clique_constraints?id="+id, "").want(http.StatusNotFound)
}

func TestMonitoringTemplates(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	got := s.call("GET", "/monitoring_config_templates?side=server&type=api.json&order=1", "").want(http.StatusOK)["monitoring_config_templates"].([]any)
	if len(got) != 1 {
		t.Fatalf("got %v", got)
	}
	id := got[0].(map[string]any)["id"].(string)
	whole := s.call("GET", "/monitoring_config_templates?id="+id, "").want(http.StatusOK)
	if whole["_id"] != id || whole["config"].(map[string]any)["api"] == nil || whole["monitoring_system"] != "sensu" {
		t.Errorf("got %v", whole)
	}
	for query, want := range map[string]int{"?order=2": 0, "?side=client&page_size=3": 3} {
		if got := s.call("GET", "/monitoring_config_templates"+query, "").want(http.StatusOK)["monitoring_config_templates"].([]any); len(got) != want {
			t.Errorf("%s lists %v", query, got)
		}
	}
	s.call("GET", "/monitoring_config_templates?side=middle", "").want(http.StatusBadRequest)
	s.call("GET", "/monitoring_config_templates?order=x", "").want(http.StatusBadRequest)
	s.call("GET", "/monitoring_config_templates?id=aaaaaaaaaaaaaaaaaaaaaaaa", "").want(http.StatusNotFound)
}
