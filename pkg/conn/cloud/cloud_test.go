package cloud_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"calipso.io/calipso/pkg/conn/cloud"
	"github.com/google/go-cmp/cmp"
)

func TestRegions(t *testing.T) {
	t.Parallel()
	server := serve(t, nil)
	c := client(t, section(t, server.URL))
	got, err := c.Regions(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := []cloud.Region{
		{Name: "No-Region", Endpoints: []cloud.Endpoint{{Name: "cinder", ServiceType: "volume", URLs: map[string]string{"public": server.URL + "/volume"}}}},
		{Name: "RegionOne", Endpoints: []cloud.Endpoint{
			{Name: "neutron", ServiceType: "network", URLs: map[string]string{"public": server.URL}},
			{Name: "nova", ServiceType: "compute", URLs: map[string]string{"public": server.URL + "/v2.1", "admin": server.URL + "/admin/v2.1"}}}},
		{Name: "Two", Endpoints: []cloud.Endpoint{{Name: "cinder", ServiceType: "volume", URLs: map[string]string{"public": server.URL + "/volume2"}}}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if id, err := c.ProjectID(t.Context()); id != "p-admin" || err != nil {
		t.Errorf("project %q, %v", id, err)
	}
	if n := c.Requests(); n != 1 {
		t.Errorf("%d requests", n)
	}
}

func TestRegionsOnlyTheConfigured(t *testing.T) {
	t.Parallel()
	got, err := client(t, section(t, serve(t, nil).URL, "region", "Two")).Regions(t.Context())
	if err != nil || len(got) != 1 || got[0].Name != "Two" {
		t.Errorf("got %v, %v", got, err)
	}
}

// pages answers a listing of n rows with ids 0, 1, … in pages as Nova and Neutron do, at most max rows each.
func pages(key string, n, max int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		limit, _ := strconv.Atoi(r.URL.Query().Get("limit"))
		limit = min(limit, max)
		start := 0
		if marker := r.URL.Query().Get("marker"); marker != "" {
			start, _ = strconv.Atoi(marker)
			start++
		}
		rows := []map[string]string{}
		for i := start; i < min(start+limit, n); i++ {
			rows = append(rows, map[string]string{"id": strconv.Itoa(i)})
		}
		answer := map[string]any{key: rows}
		if len(rows) == limit {
			answer[key+"_links"] = []map[string]string{{"rel": "next", "href": "http://wrong.example/"}, {"rel": "previous"}}
		}
		_ = json.NewEncoder(w).Encode(answer)
	}
}

func TestPages(t *testing.T) {
	t.Parallel()
	// Neutron's own maximum may be smaller than the page that is asked for; 6 rows end with a full page.
	for _, rows := range []int{0, 1, 5, 6} {
		t.Run(fmt.Sprint(rows), func(t *testing.T) {
			t.Parallel()
			server := serve(t, routes{"GET /v2.0/ports": pages("ports", rows, 2), "GET /v2.1/servers/detail": pages("servers", rows, 1000)})
			c := client(t, section(t, server.URL), func(cfg *cloud.Config) { cfg.PageSize = 3 })
			for name, list := range map[string]func() ([]cloud.Item, error){
				"ports":   func() ([]cloud.Item, error) { return c.Ports(t.Context(), "RegionOne") },
				"servers": func() ([]cloud.Item, error) { return c.Servers(t.Context(), "RegionOne") },
			} {
				got, err := list()
				if err != nil || len(got) != rows {
					t.Fatalf("%s: got %d rows, %v", name, len(got), err)
				}
				for i, row := range got {
					if row.Str("id") != strconv.Itoa(i) {
						t.Errorf("%s: row %d is %v", name, i, row)
					}
				}
			}
		})
	}
}

func TestReadingsAreMadeOnce(t *testing.T) {
	t.Parallel()
	server := serve(t, routes{"GET /v2.0/ports": pages("ports", 1, 9), "GET /v2.0/networks": text(500, `{"NeutronError": {"message": "no"}}`)})
	c := client(t, section(t, server.URL))
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() {
			if _, err := c.Ports(t.Context(), "RegionOne"); err != nil {
				t.Error(err)
			}
			if _, err := c.Networks(t.Context(), "RegionOne"); err == nil {
				t.Error("no error")
			}
		})
	}
	wg.Wait()
	if n := c.Requests(); n != 3 { // login, ports, networks
		t.Errorf("%d requests", n)
	}
}

func TestOldNova(t *testing.T) {
	t.Parallel()
	var asked []string
	var mu sync.Mutex
	old := func(key string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			defer mu.Unlock()
			version := r.Header.Get("X-OpenStack-Nova-API-Version")
			asked = append(asked, key+" "+version)
			if version != "" {
				text(406, `{"computeFault": {"message": "not supported"}}`)(w, r)
				return
			}
			fmt.Fprintf(w, `{"%s": [{"id": 1}]}`, key)
		}
	}
	server := serve(t, routes{"GET /v2.1/os-hypervisors/detail": old("hypervisors"), "GET /v2.1/os-services": old("services")})
	c := client(t, section(t, server.URL))
	hypervisors, err := c.Hypervisors(t.Context(), "RegionOne")
	if err != nil || len(hypervisors) != 1 || hypervisors[0].Str("id") != "1" {
		t.Fatalf("got %v, %v", hypervisors, err)
	}
	if _, err := c.Services(t.Context(), "RegionOne"); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"hypervisors 2.53", "hypervisors ", "services "}, asked); diff != "" {
		t.Error(diff)
	}
}

func TestKeystoneV2(t *testing.T) {
	t.Parallel()
	var url string
	server := serve(t, routes{
		"POST /v3/auth/tokens": text(404, "<html>"),
		"POST /v2.0/tokens": func(w http.ResponseWriter, r *http.Request) {
			_, port, _ := strings.Cut(strings.TrimPrefix(url, "http://"), ":")
			fmt.Fprintf(w, `{"access": {"token": {"id": "t", "expires": "2016-10-20T00:06:28Z", "tenant": {"id": "p1", "name": "admin"}},
				"serviceCatalog": [
				{"name": "quantum", "type": "network", "endpoints": [{"region": "RegionOne", "publicURL": "%s/", "adminURL": "http://admin.example"}]},
				{"name": "keystone", "type": "identity", "endpoints": [{"region": "RegionOne", "publicURL": "%[1]s/v2.0",
					"adminURL": "http://inside.example:%[2]s/all/v2.0"}]}]}}`, url, port)
		},
		"GET /v2.0/tenants":     text(200, `{"tenants": [{"id": "p1", "name": "admin"}]}`),
		"GET /all/v2.0/tenants": text(200, `{"tenants": [{"id": "p1", "name": "admin"}, {"id": "p2", "name": "alpha"}]}`),
		"GET /v2.0/networks":    text(200, `{"networks": [{"id": "n1"}]}`),
	})
	url = server.URL
	c := client(t, section(t, server.URL))
	projects, err := c.Projects(t.Context())
	if err != nil || len(projects) != 2 || projects[1].Str("id") != "p2" {
		t.Errorf("projects %v, %v", projects, err)
	}
	networks, err := c.Networks(t.Context(), "RegionOne")
	if err != nil || len(networks) != 1 {
		t.Errorf("networks %v, %v", networks, err)
	}
	if id, _ := c.ProjectID(t.Context()); id != "p1" {
		t.Errorf("project %q", id)
	}
}

func TestExpiredToken(t *testing.T) {
	t.Parallel()
	var logins atomic.Int32
	server := serve(t, routes{
		"POST /v3/auth/tokens": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X-Subject-Token", fmt.Sprint("token-", logins.Add(1)))
			w.WriteHeader(201)
			fmt.Fprintf(w, `{"token": {"catalog": [{"type": "network", "name": "neutron", "endpoints": [
				{"interface": "public", "region": "R", "url": "http://%s"}]}]}}`, r.Host)
		},
		"GET /v2.0/ports": func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("X-Auth-Token") == "token-1" {
				text(401, `{}`)(w, r)
				return
			}
			text(200, `{"ports": []}`)(w, r)
		},
	})
	if _, err := client(t, section(t, server.URL)).Ports(t.Context(), "R"); err != nil {
		t.Error(err)
	}
}

func TestRegionWithoutAService(t *testing.T) {
	t.Parallel()
	c := client(t, section(t, serve(t, nil).URL))
	got, err := c.Ports(t.Context(), "Two")
	if err != nil || len(got) != 0 {
		t.Errorf("got %v, %v", got, err)
	}
}
