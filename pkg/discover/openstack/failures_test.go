package openstack

import (
	"context"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"calipso.io/calipso/pkg/discover"
	"calipso.io/calipso/pkg/model"
	"github.com/google/go-cmp/cmp"
)

// breakPath serves a case's files, but for one path.
func breakPath(t *testing.T, path string, status int, body string) *httptest.Server {
	t.Helper()
	whole := serveFiles(t, "testdata/three-hosts")
	return rewrite(t, whole, func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.HasSuffix(r.URL.Path, path) {
			return false
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
		return true
	})
}

// rewrite puts a handler before those of a server; it returns whether it has answered.
func rewrite(t *testing.T, server *httptest.Server, first func(http.ResponseWriter, *http.Request) bool) *httptest.Server {
	t.Helper()
	rest := server.Config.Handler
	server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !first(w, r) {
			rest.ServeHTTP(w, r)
		}
	})
	return server
}

// TestFailures checks which fetchers fail when a listing can't be read, and that no others do: what is known of
// objects stays as it is, rather than being overwritten by half of the truth.
func TestFailures(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		status int
		body   string
		fail   []string
		want   string
	}{
		"/v3/projects":                 {403, `{"error": {"message": "no"}}`, []string{"instances", "networks", "ports", "projects"}, "list projects: GET"},
		"/os-availability-zone/detail": {500, `{"computeFault": {"message": "broken"}}`, []string{"hosts", "zones"}, "500 Internal Server Error: broken"},
		"/os-services":                 {200, `<!DOCTYPE html>`, []string{"hosts"}, "is not JSON: <!DOCTYPE html>"},
		"/os-hypervisors/detail":       {200, `{"hypervisors": [{"id"`, []string{"hosts", "instances"}, "broken JSON"},
		"/os-aggregates":               {404, ``, []string{"aggregates", "host_refs"}, "404 Not Found"},
		"/servers/detail":              {200, `{"status": 400}`, []string{"instances"}, `has no list "servers"`},
		"/networks":                    {401, `{}`, []string{"instances", "networks", "ports"}, "401 Unauthorized"},
		"/subnets":                     {500, ``, []string{"instances", "networks"}, "500 Internal Server Error"},
		"/ports":                       {500, ``, []string{"instances", "ports"}, "500 Internal Server Error"},
		"/agents":                      {200, `[]`, []string{"agents", "hosts"}, "not an object"},
		"/auth/tokens": {401, `{}`, []string{"agents", "aggregates", "host_refs", "hosts", "instances", "networks", "ports",
			"projects", "regions", "zones"}, "Keystone refused user admin"},
	}
	for path, c := range cases {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			errs := fetchAll(t, breakPath(t, path, c.status, c.body))
			if diff := cmp.Diff(c.fail, slices.Sorted(maps.Keys(errs))); diff != "" {
				t.Errorf("these fail:\n%s", diff)
			}
			for name, err := range errs {
				if !strings.Contains(err.Error(), c.want) {
					t.Errorf("%s: got %v, want %s", name, err, c.want)
				}
			}
		})
	}
}

// fetchAll runs all fetchers on their own and returns the errors.
func fetchAll(t *testing.T, server *httptest.Server) map[string]error {
	t.Helper()
	client := connect(t, server)
	errs := map[string]error{}
	for _, s := range append([]step{{"regions", NewRegions}, {"projects", NewProjects}}, regionSteps...) {
		req := discover.NewRequest(&model.Environment{Name: "env"}, &model.Object{Type: model.TypeRegion, ID: "RegionOne"})
		req.Cloud = client
		objects, err := s.make().Fetch(t.Context(), req)
		if err != nil {
			errs[s.name] = err
		}
		if err != nil && len(objects) > 0 {
			t.Errorf("%s: %d objects beside an error", s.name, len(objects))
		}
	}
	return errs
}

func TestHostsOfInstancesAreHidden(t *testing.T) {
	t.Parallel()
	server := breakPath(t, "/servers/detail", 200, `{"servers": [{"id": "s", "name": "n", "status": "ACTIVE"}]}`)
	err := fetchAll(t, server)["instances"]
	if err == nil || !strings.Contains(err.Error(), "needs the admin role") {
		t.Errorf("got %v", err)
	}
}

// TestReads checks that the announced reads are all that fetchers want, and that each is made once.
func TestReads(t *testing.T) {
	t.Parallel()
	client := connect(t, serveFiles(t, "testdata/three-hosts"))
	req := discover.NewRequest(&model.Environment{Name: "env"}, &model.Object{Type: model.TypeRegion, ID: "RegionOne"})
	req.Cloud = client
	for _, s := range regionSteps {
		for _, read := range s.make().(discover.Reader).Reads(req) {
			read(t.Context())
		}
	}
	before := client.Requests()
	if before != 11 { // login, projects, 5 listings of Nova, 4 of Neutron
		t.Errorf("%d requests", before)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, s := range regionSteps {
		if _, err := s.make().Fetch(ctx, req); err != nil {
			t.Errorf("%s: wants more than its reads: %v", s.name, err)
		}
	}
	if client.Requests() != before {
		t.Errorf("%d requests more", client.Requests()-before)
	}
}
