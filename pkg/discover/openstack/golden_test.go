package openstack

import (
	"encoding/json"
	"flag"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"calipso.io/calipso/pkg/conn/cloud"
	"calipso.io/calipso/pkg/discover"
	"calipso.io/calipso/pkg/model"
	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write what is found to the want files")

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
			g := golden{dir: dir, url: server.URL, client: connect(t, server)}
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

type golden struct {
	dir, url string
	client   *cloud.Client
}

// check runs fetchers below one parent, each knowing what those before it found.
func (g golden) check(t *testing.T, parentType, parentID string, steps []step) (found []model.Object) {
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
		g.compare(t, "want."+s.name+".json", objects, req.Warnings())
		found = append(found, objects...)
	}
	return found
}

// compare checks objects and warnings against a file.
func (g golden) compare(t *testing.T, name string, objects []model.Object, warnings []model.Warning) {
	t.Helper()
	got := map[string]any{"objects": short(t, objects), "warnings": warnings}
	data, err := json.MarshalIndent(got, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	data = []byte(strings.ReplaceAll(string(data), g.url, "{URL}"))
	file := filepath.Join(g.dir, name)
	if *update {
		if err := os.WriteFile(file, append(data, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.TrimSpace(string(want)), string(data)); diff != "" {
		t.Errorf("%s:\n%s", file, diff)
	}
}

// short returns documents without the fields that a scan fills in later.
func short(t *testing.T, objects []model.Object) []map[string]any {
	t.Helper()
	list := []map[string]any{}
	for _, o := range objects {
		data, err := json.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		document := map[string]any{}
		if err := json.Unmarshal(data, &document); err != nil {
			t.Fatal(err)
		}
		maps.DeleteFunc(document, func(key string, value any) bool {
			return key == "_id" || key == "environment" || key == "id_path" || key == "name_path" || key == "object_name" || key == "show_in_tree"
		})
		list = append(list, document)
	}
	return list
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
