package openstack

import (
	"context"
	"encoding/json"
	"os"
	"slices"
	"testing"

	"calipso.io/calipso/pkg/conn/cloud"
	"calipso.io/calipso/pkg/conn/sqldb"
	"calipso.io/calipso/pkg/discover"
	"calipso.io/calipso/pkg/model"
)

// lab describes a real cloud: the file at CALIPSO_OPENSTACK_LAB.
type lab struct {
	Hosts map[string]string
	API   access
	MySQL access
}

type access struct {
	Host, User, Password, Project string
	Port                          int
}

func (a access) section() model.Section {
	return model.Section{"host": a.Host, "port": a.Port, "user": a.User, "pwd": a.Password, "admin_project": a.Project}
}

// TestRealCloud finds the objects of a real cloud, and checks them against its own listings.
func TestRealCloud(t *testing.T) {
	t.Parallel()
	l := readLab(t)
	apiConfig, err := cloud.FromSection(l.API.section())
	if err != nil {
		t.Fatal(err)
	}
	sqlConfig, err := sqldb.FromSection(l.MySQL.section())
	if err != nil {
		t.Fatal(err)
	}
	client, database := cloud.New(apiConfig), sqldb.New(sqlConfig)
	regions, err := client.Regions(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	region := regions[0].Name
	found := map[string][]model.Object{}
	var all []model.Object
	for _, s := range append(slices.Clone(regionSteps), step{"endpoints", NewEndpoints}) {
		req := discover.NewRequest(&model.Environment{Name: "lab"}, &model.Object{Type: model.TypeRegion, ID: region}, all...)
		req.Cloud, req.Database = client, database
		objects, err := s.make().Fetch(t.Context(), req)
		if err != nil || len(req.Warnings()) > 0 {
			t.Errorf("%s: %v, %v", s.name, err, req.Warnings())
		}
		for _, o := range objects {
			found[o.Type+o.Part] = append(found[o.Type+o.Part], o)
		}
		all = append(all, objects...)
	}
	checkHosts(t, l, found[model.TypeHost])
	checkAgainst(t, "ports", found[model.TypePort], client.Ports, region)
	checkAgainst(t, "networks", found[model.TypeNetwork], client.Networks, region)
	checkAgainst(t, "servers", found[model.TypeInstance], client.Servers, region)
	checkAgainst(t, "agents", found[model.TypeNetworkAgent], client.Agents, region)
	if n := len(found[model.TypeNetworkAgent+model.PartSQL]); n != len(l.Hosts) {
		t.Errorf("%d hosts have tunnel endpoints", n)
	}
	for _, o := range found[model.TypeInstance] {
		if len(o.Maps("network_info")) == 0 || o.Str("mac_address") == "" || o.Str("ip_address") != l.Hosts[o.Host] {
			t.Errorf("instance %s: %v", o.Name, o.Attrs)
		}
	}
}

func checkHosts(t *testing.T, l lab, hosts []model.Object) {
	t.Helper()
	if len(hosts) != len(l.Hosts) {
		t.Errorf("%d hosts", len(hosts))
	}
	for _, h := range hosts {
		if _, ok := l.Hosts[h.ID]; !ok || len(h.Strs("host_type")) == 0 {
			t.Errorf("host %s: %v", h.ID, h.Attrs)
		}
	}
}

func checkAgainst(t *testing.T, what string, objects []model.Object, list func(context.Context, string) ([]cloud.Item, error), region string) {
	t.Helper()
	rows, err := list(t.Context(), region)
	if err != nil || len(rows) != len(objects) || len(rows) == 0 {
		t.Errorf("%s: %d objects for %d rows, %v", what, len(objects), len(rows), err)
	}
}

func readLab(t *testing.T) (l lab) {
	t.Helper()
	path := os.Getenv("CALIPSO_OPENSTACK_LAB")
	if path == "" {
		t.Skip("no real cloud: set CALIPSO_OPENSTACK_LAB to the lab's env.json")
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &l); err != nil {
		t.Fatal(err)
	}
	return l
}
