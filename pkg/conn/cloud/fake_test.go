package cloud_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"calipso.io/calipso/pkg/conn/cloud"
	"calipso.io/calipso/pkg/model"
)

const password = "sesame-open"

// routes are what a fake cloud answers, by method and path.
type routes map[string]http.HandlerFunc

// serve starts a cloud whose Keystone, Nova and Neutron share a port; {URL} in a text answer becomes its address.
func serve(t *testing.T, extra routes) *httptest.Server {
	t.Helper()
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	all := routes{"POST /v3/auth/tokens": keystone(server)}
	for pattern, handler := range extra {
		all[pattern] = handler
	}
	for pattern, handler := range all {
		mux.HandleFunc(pattern, handler)
	}
	return server
}

func keystone(server *httptest.Server) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Subject-Token", "token-1")
		w.WriteHeader(http.StatusCreated)
		fmt.Fprint(w, strings.ReplaceAll(catalog, "{URL}", server.URL))
	}
}

const catalog = `{"token": {"project": {"id": "p-admin", "name": "admin"}, "catalog": [
	{"type": "compute", "name": "nova", "endpoints": [
		{"interface": "public", "region": "RegionOne", "url": "{URL}/v2.1"},
		{"interface": "admin", "region": "RegionOne", "url": "{URL}/admin/v2.1"}]},
	{"type": "network", "name": "neutron", "endpoints": [
		{"interface": "public", "region": "RegionOne", "url": "{URL}"},
		{"interface": "unheard-of", "region": "RegionOne", "url": "{URL}/x"}]},
	{"type": "volume", "name": "cinder", "endpoints": [
		{"interface": "public", "region": "", "url": "{URL}/volume"},
		{"interface": "public", "region": "Two", "url": "{URL}/volume2"}]}]}}`

func text(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}
}

// section returns the OpenStack section for a fake cloud; further keys are given as pairs.
func section(t *testing.T, address string, pairs ...string) model.Section {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	s := model.Section{"name": "OpenStack", "protocol": u.Scheme, "host": u.Hostname(), "port": u.Port(), "user": "admin", "pwd": password}
	for i := 0; i < len(pairs); i += 2 {
		s[pairs[i]] = pairs[i+1]
	}
	return s
}

func client(t *testing.T, s model.Section, change ...func(*cloud.Config)) *cloud.Client {
	t.Helper()
	cfg, err := cloud.FromSection(s)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range change {
		f(&cfg)
	}
	return cloud.New(cfg)
}
