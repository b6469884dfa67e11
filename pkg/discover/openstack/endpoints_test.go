package openstack

import (
	"testing"

	"calipso.io/calipso/pkg/conn/sqldb"
	"calipso.io/calipso/pkg/discover"
	"calipso.io/calipso/pkg/model"
	"github.com/google/go-cmp/cmp"
)

func agent(id, host, kind, tunnelingIP string) model.Object {
	return model.Object{Type: model.TypeNetworkAgent, ID: id, Host: host,
		Attrs: map[string]any{"agent_type": kind, "configurations": map[string]any{"tunneling_ip": tunnelingIP}}}
}

func TestEndpoints(t *testing.T) {
	t.Parallel()
	req := discover.NewRequest(&model.Environment{}, &model.Object{Type: model.TypeRegion, ID: "R"},
		model.Object{Type: model.TypeHost, ID: "node-1"}, model.Object{Type: model.TypeHost, ID: "node-2"},
		agent("ovs-1", "node-1", ovsAgent, "10.1.0.1"), agent("dhcp-1", "node-1", "DHCP agent", ""), agent("ovs-2", "node-2", ovsAgent, ""))
	cases := map[string]struct {
		rows []sqldb.Endpoint
		want []model.Object
	}{
		"none":       {nil, nil},
		"other host": {[]sqldb.Endpoint{{Type: "vxlan", Host: "node-9", IPAddress: "10.1.0.1"}}, nil},
		"by host": {[]sqldb.Endpoint{{Type: "gre", Host: "NODE-1.example.com", IPAddress: "10.1.0.1"},
			{Type: "vxlan", Host: "node-1", IPAddress: "10.1.0.1", UDPPort: 4789}},
			[]model.Object{{Type: model.TypeNetworkAgent, ID: "ovs-1", Part: model.PartSQL, Attrs: map[string]any{
				"endpoints": []map[string]any{{"type": "gre", "ip_address": "10.1.0.1"}, {"type": "vxlan", "ip_address": "10.1.0.1", "udp_port": 4789}}}}}},
		"by address, where there are no hosts": {[]sqldb.Endpoint{{Type: "vxlan", IPAddress: "10.1.0.1", UDPPort: 8472}, {Type: "vxlan"}},
			[]model.Object{{Type: model.TypeNetworkAgent, ID: "ovs-1", Part: model.PartSQL, Attrs: map[string]any{
				"endpoints": []map[string]any{{"type": "vxlan", "ip_address": "10.1.0.1", "udp_port": 8472}}}}}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, endpointParts(req, c.rows)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestEndpointsWithoutDatabase(t *testing.T) {
	t.Parallel()
	req := discover.NewRequest(&model.Environment{}, &model.Object{Type: model.TypeRegion, ID: "R"})
	f := NewEndpoints()
	if reads := f.(discover.Reader).Reads(req); reads != nil {
		t.Error("there is nothing to read")
	}
	if objects, err := f.Fetch(t.Context(), req); objects != nil || err != nil {
		t.Errorf("got %v, %v", objects, err)
	}
}

func TestEndpointsOfClosedDatabase(t *testing.T) {
	t.Parallel()
	req := discover.NewRequest(&model.Environment{}, &model.Object{Type: model.TypeRegion, ID: "R"})
	req.Database = sqldb.New(sqldb.Config{Host: "127.0.0.1", Port: 1})
	if _, err := NewEndpoints().Fetch(t.Context(), req); err == nil {
		t.Error("no error")
	}
}
