package api

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"calipso.io/calipso/pkg/auth"
	"calipso.io/calipso/pkg/model"
)

// importBody is a file of all that can be imported, the parts of which need each other.
func importBody() string {
	return `{"environments":[` + environmentDoc + `],"link_types":[` + ofMeter + `],"clique_types":[` +
		strings.Replace(ofLab, `["instance-vnic"]`, `["instance-vnic","vnic-vedge","vedge-vservice"]`, 1) +
		`],"clique_constraints":[{"focal_point_type":"instance","environment":"lab","constraints":[]}]}`
}

func TestImport(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	actions := func(query, body string) []string {
		return column(s.call("POST", "/import"+query, body).want(http.StatusOK)["changes"], "action")
	}
	fresh := []string{"create", "create", "create", "create"}
	if diff := cmp.Diff(fresh, actions("?dry_run=true", importBody())); diff != "" {
		t.Error(diff)
	}
	if list := s.call("GET", "/environment_configs", "").want(http.StatusOK)["environment_configs"].([]any); len(list) != 0 {
		t.Errorf("a dry run has written %v", list)
	}
	if diff := cmp.Diff(fresh, actions("", importBody())); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"same", "same", "same", "same"}, actions("", importBody())); diff != "" {
		t.Error(diff)
	}
	changed := strings.Replace(strings.Replace(importBody(), "serves", "is served by", 1), `"user":"scan"`, `"user":"other"`, 1)
	if diff := cmp.Diff([]string{"replace", "replace", "same", "same"}, actions("", changed)); diff != "" {
		t.Error(diff)
	}
	stored, err := s.db.Environments.Get(t.Context(), "lab")
	if err != nil || stored.Section("CLI").Str("user") != "other" || !auth.IsSealed(stored.Section("CLI").Str("pwd")) {
		t.Errorf("stored is %+v, %v", stored, err)
	}
}

// TestImportIsAllOrNothing: one document that is wrong keeps all others from being written.
func TestImportIsAllOrNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for body, field := range map[string]string{
		strings.Replace(importBody(), `"constraints":[]`, `"constraints":["mood"]`, 1):      "clique_constraints[0]",
		strings.Replace(importBody(), "vedge-vservice", "vedge-moon", 1):                    "clique_types[0]",
		strings.Replace(importBody(), `"description":"serves"`, `"description":""`, 1):      "link_types[0]",
		strings.Replace(importBody(), `"host":"10.0.0.1","user":"scan"`, `"host":"a b"`, 1): "environments[0]",
		strings.Replace(importBody(), "s3cret-sql", auth.Masked, 1):                         "environments[0]",
	} {
		got := s.call("POST", "/import", body).want(http.StatusBadRequest)["error"].(map[string]any)
		if got["field"] != field {
			t.Errorf("refused with %v, want field %s", got, field)
		}
	}
	s.call("POST", "/import", `{"moons":[]}`).want(http.StatusBadRequest)
	for _, path := range []string{"/environment_configs", "/link_types?type=vedge-vservice", "/clique_types?env_name=lab", "/clique_constraints?env_name=lab"} {
		for key, list := range s.call("GET", path, "").want(http.StatusOK) {
			if entries, ok := list.([]any); ok && len(entries) > 0 {
				t.Errorf("%s: written was %v", key, entries)
			}
		}
	}
}

func TestImportTakesRoles(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.call("POST", "/import", importBody()).want(http.StatusOK)
	plain := s.login("plain")
	for _, part := range []string{`{"environments":[` + environmentDoc + `]}`, `{"link_types":[` + ofMeter + `]}`, `{"clique_types":[` + ofLab + `]}`,
		`{"clique_constraints":[{"focal_point_type":"vnic","constraints":[]}]}`} {
		for _, query := range []string{"", "?dry_run=true"} {
			s.call("POST", "/import"+query, part, plain).want(http.StatusForbidden)
		}
	}
	s.call("POST", "/environment_configs/lab/export", `{"key":"`+someKey()+`"}`, plain).want(http.StatusForbidden)
}

func someKey() string {
	return base64.StdEncoding.EncodeToString([]byte(strings.Repeat("k", auth.KeySize)))
}

// TestExportedSecrets: they leave encrypted with the given key only, and that is in the audit log.
func TestExportedSecrets(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.call("POST", "/environment_configs", environmentDoc).want(http.StatusCreated)
	a := s.call("POST", "/environment_configs/lab/export", `{"key":"`+someKey()+`"}`)
	a.want(http.StatusOK)
	if strings.Contains(a.Body.String(), "s3cret") {
		t.Error("a secret is there in clear")
	}
	var env model.Environment
	if err := json.Unmarshal(a.Body.Bytes(), &env); err != nil {
		t.Fatal(err)
	}
	sealer, err := auth.NewSealer([]byte(strings.Repeat("k", auth.KeySize)))
	if err != nil {
		t.Fatal(err)
	}
	opened, err := sealer.OpenEnvironment(&env)
	if err != nil || opened.Section("mysql").Str("pwd") != "s3cret-sql" {
		t.Errorf("opened with the key it is %v, %v", opened, err)
	}
	sealed, _ := json.Marshal(env)
	s.call("POST", "/import", `{"environments":[`+string(sealed)+`]}`).want(http.StatusBadRequest)
	for _, wrong := range []string{`{}`, `{"key":"short"}`} {
		s.call("POST", "/environment_configs/lab/export", wrong).want(http.StatusBadRequest)
	}
	s.call("POST", "/environment_configs/nowhere/export", `{"key":"`+someKey()+`"}`).want(http.StatusNotFound)
	if log := s.call("GET", "/audit", "").Body.String(); !strings.Contains(log, "exported the secrets of environment lab") || strings.Contains(log, someKey()) {
		t.Errorf("the audit log has %s", log)
	}
}

func TestExportFormats(t *testing.T) {
	t.Parallel()
	s, c := withCloud(t)
	for query, want := range map[string]string{
		"&format=csv&collection=links": "_id,environment,link_type", "&format=graphml": "<?xml version", "&format=dot": `digraph "lab" {`,
		"&collection=links": `{"collection":"links"`, "&format=dot&focal_point=" + c.clique.FocalPoint: `digraph "lab" {`,
	} {
		a := s.call("GET", "/export?env_name=lab"+query, "")
		if a.Code != http.StatusOK || !strings.HasPrefix(a.Body.String(), want) {
			t.Errorf("%s: status %d, %.200s", query, a.Code, a.Body)
		}
	}
	lines, _ := s.export("&focal_point=" + c.clique.FocalPoint)
	count := map[string]int{}
	for _, line := range lines {
		count[line.Collection]++
	}
	if all, _ := s.export(""); count["cliques"] != 1 || count["links"] != len(c.clique.Links) || count["inventory"] == 0 || len(lines) >= len(all) {
		t.Errorf("the clique's export has %v of %d lines", count, len(all))
	}
	for _, query := range []string{"&format=csv", "&format=dot&collection=links", "&format=xls", "&collection=moons", "&focal_point=x"} {
		s.call("GET", "/export?env_name=lab"+query, "").want(http.StatusBadRequest)
	}
	s.call("GET", "/export?env_name=lab&focal_point=aaaaaaaaaaaaaaaaaaaaaaaa", "").want(http.StatusNotFound)
}
