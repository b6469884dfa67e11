package aci

import (
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"calipso.io/calipso/pkg/conn/apic"
	"calipso.io/calipso/pkg/discover"
	"calipso.io/calipso/pkg/discover/golden"
	"calipso.io/calipso/pkg/model"
)

// TestGolden runs all fetchers on the answers of an APIC in testdata/<case>/<class>.json, which hold the attributes of each
// object, and compares what they find with the files want.<fetcher>.json there. The host is node-1, its NICs are in
// known.json.
func TestGolden(t *testing.T) {
	t.Parallel()
	cases, err := filepath.Glob("testdata/*")
	if err != nil || len(cases) == 0 {
		t.Fatal("no cases: ", err)
	}
	for _, dir := range cases {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			t.Parallel()
			fabric := serve(t, dir)
			var known []model.Object
			golden.ReadJSON(t, filepath.Join(dir, "known.json"), &known)
			check(t, dir, "switches", NewSwitches(), fabric, nil)
			check(t, dir, "fabric_links", NewFabricLinks(), fabric, nil)
			check(t, dir, "hostlinks", NewHostlinks(), fabric, known)
		})
	}
}

func check(t *testing.T, dir, name string, fetcher discover.Fetcher, fabric *apic.Client, known []model.Object) {
	t.Helper()
	req := discover.NewRequest(&model.Environment{Name: "env"}, &model.Object{Type: model.TypeHost, ID: "node-1", Name: "node-1"}, known...)
	req.Fabric = fabric
	objects, err := fetcher.Fetch(t.Context(), req)
	golden.Check(t, filepath.Join(dir, "want."+name+".json"), objects, req.Warnings(), err)
}

// serve starts an APIC that answers with a case's files. Classes that have none have no objects; of those that are named it
// says that there are more than it answers with.
func serve(t *testing.T, dir string, incomplete ...string) *apic.Client {
	t.Helper()
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		class := strings.TrimSuffix(filepath.Base(r.URL.Path), ".json")
		rows := []map[string]string{{"token": "t"}}
		if class != "aaaLogin" {
			rows = nil
			golden.ReadJSON(t, filepath.Join(dir, class+".json"), &rows)
		}
		data := []any{}
		for _, row := range rows {
			data = append(data, map[string]any{class: map[string]any{"attributes": row}})
		}
		total := len(rows)
		if slices.Contains(incomplete, class) {
			total++
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"totalCount": total, "imdata": data})
	}))
	t.Cleanup(server.Close)
	u, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := apic.FromSection(model.Section{"host": u.Hostname(), "port": u.Port(), "user": "u", "pwd": "p",
		"ca_cert": string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))})
	if err != nil {
		t.Fatal(err)
	}
	return apic.New(cfg)
}

// TestWithoutFabric: whoever enables ACI without a section is told so.
func TestWithoutFabric(t *testing.T) {
	t.Parallel()
	for _, fetcher := range []discover.Fetcher{NewSwitches(), NewFabricLinks(), NewHostlinks()} {
		req := discover.NewRequest(&model.Environment{Name: "env"}, &model.Object{Type: model.TypeHost, ID: "node-1"})
		if _, err := fetcher.Fetch(t.Context(), req); err == nil || !strings.Contains(err.Error(), "no ACI section") {
			t.Errorf("error %v", err)
		}
	}
}

// TestAddressesThatCannotBeRead: what LLDP tells is found all the same, and of NICs of which nothing is found nothing is said.
func TestAddressesThatCannotBeRead(t *testing.T) {
	t.Parallel()
	var known []model.Object
	golden.ReadJSON(t, "testdata/fabric/known.json", &known)
	req := discover.NewRequest(&model.Environment{Name: "env"}, &model.Object{Type: model.TypeHost, ID: "node-1", Name: "node-1"}, known...)
	req.Fabric = serve(t, "testdata/fabric", "epmMacEp")
	objects, err := NewHostlinks().Fetch(t.Context(), req)
	if err == nil || !strings.Contains(err.Error(), "the answer is not complete") {
		t.Errorf("error %v", err)
	}
	ports := map[string]int{}
	for _, o := range objects {
		if o.Part != "" {
			ports[o.ID] = len(o.Maps("fabric_ports"))
		}
	}
	for nic, n := range ports {
		if n == 0 {
			t.Errorf("%s is said to have no port", nic)
		}
	}
	if ports["ens3-00:50:56:00:00:01"] != 1 || ports["ens9-00:50:56:00:00:09"] != 1 {
		t.Errorf("ports by NIC: %v", ports)
	}
}
