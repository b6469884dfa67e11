package openstack

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"calipso.io/calipso/pkg/conn/cloud"
	"calipso.io/calipso/pkg/discover"
	"calipso.io/calipso/pkg/discover/golden"
	"calipso.io/calipso/pkg/model"
)

// TestGolden runs all fetchers on the answers of a cloud in testdata/<case>, and compares what they find with the
// files want.<fetcher>.json there. An answer's file has the path of its request, with "-" for "/".
func TestGolden(t *testing.T) {
	t.Parallel()
	cases, err := filepath.Glob("testdata/*")
	if err != nil || len(cases) == 0 {
		t.Fatal("no cases: ", err)
	}
	for _, dir := range cases {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			t.Parallel()
			server := serveFiles(t, dir)
			g := goldenCase{dir: dir, url: server.URL, client: connect(t, server)}
			found := g.check(t, model.TypeEnvironment, "env", []step{{"regions", NewRegions}, {"projects", NewProjects}})
			for _, o := range found {
				if o.Type == model.TypeRegion {
					g.check(t, o.Type, o.ID, regionSteps)
				}
			}
		})
	}
}

type step struct {
	name string
	make discover.Constructor
}

// regionSteps are in the order in which a scan has them: hosts before what names hosts.
var regionSteps = []step{{"zones", NewZones}, {"hosts", NewHosts}, {"aggregates", NewAggregates}, {"host_refs", NewHostRefs},
	{"agents", NewAgents}, {"networks", NewNetworks}, {"ports", NewPorts}, {"instances", NewInstances}}

type goldenCase struct {
	dir, url string
	client   *cloud.Client
}

// check runs fetchers below one parent, each knowing what those before it found.
func (g goldenCase) check(t *testing.T, parentType, parentID string, steps []step) (found []model.Object) {
	t.Helper()
	env := &model.Environment{Name: "env"}
	for _, s := range steps {
		req := discover.NewRequest(env, &model.Object{Environment: env.Name, Type: parentType, ID: parentID}, found...)
		req.Cloud = g.client
		objects, err := s.make().Fetch(t.Context(), req)
		if err != nil {
			t.Fatalf("%s: %v", s.name, err)
		}
		for i := range objects {
			objects[i].Environment = env.Name
		}
		golden.Check(t, filepath.Join(g.dir, "want."+s.name+".json"), objects, req.Warnings(), nil, g.url, "{URL}")
		found = append(found, objects...)
	}
	return found
}

// serveFiles starts a cloud that answers with a case's files; {URL} in them becomes its address.
func serveFiles(t *testing.T, dir string) *httptest.Server {
	t.Helper()
	var server *httptest.Server
	server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := strings.ReplaceAll(strings.Trim(r.URL.Path, "/"), "/", "-") + ".json"
		data, err := os.ReadFile(filepath.Join(dir, filepath.Base(name)))
		if err != nil {
			http.Error(w, "no such page", http.StatusNotFound)
			return
		}
		w.Header().Set("X-Subject-Token", "token")
		if r.URL.Path == "/v3/auth/tokens" {
			w.WriteHeader(http.StatusCreated)
		}
		_, _ = w.Write([]byte(strings.ReplaceAll(string(data), "{URL}", server.URL)))
	}))
	t.Cleanup(server.Close)
	return server
}

func connect(t *testing.T, server *httptest.Server) *cloud.Client {
	t.Helper()
	u, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := cloud.FromSection(model.Section{"host": u.Hostname(), "port": u.Port(), "user": "admin", "pwd": "pwd"})
	if err != nil {
		t.Fatal(err)
	}
	return cloud.New(cfg)
}
