package api

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	ofLab     = `{"name":"mine","focal_point_type":"instance","environment":"lab","link_types":["instance-vnic"]}`
	ofMercury = `{"name":"m","focal_point_type":"instance","distribution":"Mercury","distribution_version":"11190","link_types":["instance-vnic","vnic-vedge"]}`
)

func TestCliqueTypes(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.call("POST", "/environment_configs", environmentDoc).want(http.StatusCreated)
	id := s.call("POST", "/clique_types", ofLab).want(http.StatusCreated)["id"].(string)
	s.call("POST", "/clique_types", ofMercury).want(http.StatusCreated)

	for query, want := range map[string][]string{
		"?env_name=lab":         {"mine"},
		"?distribution=Mercury": {"m"},
		"?link_type=instance-vnic&link_type=vnic-vedge&distribution=Mercury": {"m"},
		"?env_name=ANY&focal_point_type=network":                             {"network"},
		"?env_name=nowhere":                                                  {},
		"?page_size=1&page=1&focal_point_type=instance&name=instance":        {"instance"},
	} {
		if diff := cmp.Diff(want, column(s.call("GET", "/clique_types"+query, "").want(http.StatusOK)["clique_types"], "name")); diff != "" {
			t.Errorf("%s (-want +got)\n%s", query, diff)
		}
	}

	longer := strings.Replace(ofLab, `"instance-vnic"`, `"instance-vnic","vnic-vconnector"`, 1)
	s.call("PUT", "/clique_types/"+id, longer).want(http.StatusOK)
	got := s.call("GET", "/clique_types?id="+id, "").want(http.StatusOK)
	if diff := cmp.Diff([]any{"instance-vnic", "vnic-vconnector"}, got["link_types"]); diff != "" || got["configured"] != false {
		t.Errorf("configured %v; (-want +got)\n%s", got["configured"], diff)
	}
	s.call("DELETE", "/clique_types/"+id, "").want(http.StatusOK)
	s.call("DELETE", "/clique_types/"+id, "").want(http.StatusNotFound)
	s.call("PUT", "/clique_types/"+id, ofLab).want(http.StatusNotFound)
	s.call("GET", "/clique_types?id="+id, "").want(http.StatusNotFound)
}

func TestCliqueTypesGoWithTheirEnvironment(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.call("POST", "/environment_configs", environmentDoc).want(http.StatusCreated)
	s.call("POST", "/clique_types", ofLab).want(http.StatusCreated)
	s.call("DELETE", "/environment_configs/lab", "").want(http.StatusOK)
	if left := column(s.call("GET", "/clique_types?env_name=lab", "").want(http.StatusOK)["clique_types"], "name"); len(left) > 0 {
		t.Errorf("there are still %v", left)
	}
}

func TestCliqueTypesRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.call("POST", "/environment_configs", environmentDoc).want(http.StatusCreated)
	s.call("POST", "/clique_types", ofLab).want(http.StatusCreated)
	for body, field := range map[string]string{
		strings.Replace(ofLab, `"name":"mine",`, "", 1):                                "name",
		strings.Replace(ofLab, `"focal_point_type":"instance",`, "", 1):                "focal_point_type",
		strings.Replace(ofLab, `"lab"`, `"nowhere"`, 1):                                "environment",
		strings.Replace(ofLab, `"lab"`, `"ANY"`, 1):                                    "environment",
		strings.Replace(ofLab, `"environment":"lab",`, "", 1):                          "environment",
		strings.Replace(ofLab, `"lab"`, `"lab","type_drivers":"vlan"`, 1):              "environment",
		strings.Replace(ofMercury, `"distribution_version":"11190",`, "", 1):           "distribution_version",
		strings.Replace(ofMercury, `"distribution":"Mercury",`, "", 1):                 "distribution_version",
		strings.Replace(ofMercury, `"m"`, `"m","mechanism_drivers":["OVS","x"]`, 1):    "mechanism_drivers",
		strings.Replace(ofMercury, `"vnic-vedge"`, `"vnic-moon"`, 1):                   "link_types",
		strings.Replace(ofMercury, `"vnic-vedge"`, `"vedge-otep"`, 1):                  "link_types",
		strings.Replace(ofLab, `"mine"`, `"mine","_id":"aaaaaaaaaaaaaaaaaaaaaaaa"`, 1): "_id",
	} {
		got := s.call("POST", "/clique_types", body).want(http.StatusBadRequest)["error"].(map[string]any)
		if got["field"] != field {
			t.Errorf("%s\nis refused with %v, want field %q", body, got, field)
		}
	}
	s.call("POST", "/clique_types", strings.Replace(ofLab, "mine", "another", 1)).want(http.StatusConflict)
	s.call("GET", "/clique_types?distribution_version=1", "").want(http.StatusBadRequest)
	shipped := s.call("GET", "/clique_types?env_name=ANY&focal_point_type=network", "").want(http.StatusOK)["clique_types"]
	id := column(shipped, "id")[0]
	s.call("DELETE", "/clique_types/"+id, "").want(http.StatusConflict)
	constraints := s.call("GET", "/clique_constraints?focal_point_type=instance", "").want(http.StatusOK)["clique_constraints"]
	if diff := cmp.Diff([]string{"instance"}, column(constraints, "focal_point_type")); diff != "" {
		t.Error(diff)
	}
}
