package topology

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"calipso.io/calipso/pkg/model"
	"github.com/google/go-cmp/cmp"
)

func TestFindLinks(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		build func(*host)
		want  []string
	}{
		{"hybrid plugging, tunnel address on a NIC", func(h *host) {
			h.tunnel().nic("ens3", nil).instance("vm", true, "blue")
		}, []string{
			"host_pnic-network ens4-n>blue [blue]",
			"instance-vnic vm>n-tapvm-0 [blue]",
			"otep-host_pnic n-otep>ens4-n [blue]",
			"vconnector-vedge n-qbrvm-0-8000.1>agent-n [blue]",
			"vedge-otep agent-n>n-otep [blue]",
			"vnic-vconnector n-tapvm-0>n-qbrvm-0-8000.1 [blue]",
		}},
		{"direct plugging", func(h *host) { h.tunnel().instance("vm", false, "green") }, []string{
			"host_pnic-network ens4-n>green [green]",
			"instance-vnic vm>n-tapvm-0 [green]",
			"otep-host_pnic n-otep>ens4-n [green]",
			"vedge-otep agent-n>n-otep [green]",
			"vnic-vedge n-tapvm-0>agent-n [green]",
		}},
		{"a vlan network needs no tunnel", func(h *host) { h.tunnel().provider().instance("vm", false, "red") }, []string{
			"host_pnic-network ens5-n>red [red]",
			"instance-vnic vm>n-tapvm-0 [red]",
			"otep-host_pnic n-otep>ens4-n []",
			"vedge-host_pnic agent-n>ens5-n [red]",
			"vedge-otep agent-n>n-otep []",
			"vnic-vedge n-tapvm-0>agent-n [red]",
		}},
		{"a router with a flat external network", func(h *host) { h.tunnel().provider().service("router", "blue", "ext") }, []string{
			"host_pnic-network ens4-n>blue [blue]",
			"host_pnic-network ens5-n>ext [ext]",
			"otep-host_pnic n-otep>ens4-n [blue]",
			"vedge-host_pnic agent-n>ens5-n [ext]",
			"vedge-otep agent-n>n-otep [blue]",
			"vnic-vedge n-qr-router-0>agent-n [blue]",
			"vnic-vedge n-qr-router-1>agent-n [ext]",
			"vservice-vnic n-router>n-qr-router-0 [blue]",
			"vservice-vnic n-router>n-qr-router-1 [ext]",
		}},
		{"tunnel address on a linux bridge", func(h *host) {
			h.otep("br-mesh")
			h.bridge("br-mesh", "eth1.103")
			h.nic("eth0", nil).nic("eth1", attrs{"Link detected": "no"}).instance("vm", false, "blue")
		}, []string{
			"host_pnic-network eth1-n>blue [blue]",
			"instance-vnic vm>n-tapvm-0 [blue]",
			"otep-vconnector n-otep>n-br-mesh-8000.1 [blue]",
			"vconnector-host_pnic n-br-mesh-8000.1>eth1-n [blue]",
			"vedge-otep agent-n>n-otep [blue]",
			"vnic-vedge n-tapvm-0>agent-n [blue]",
		}},
		{"tunnel address on a port of an OVS bridge", func(h *host) {
			h.otep("br-mesh")
			h.nic("eth0", nil).nic("bond0", attrs{"tunnel": true}).instance("vm", false, "blue")
		}, []string{
			"host_pnic-network bond0-n>blue [blue]",
			"instance-vnic vm>n-tapvm-0 [blue]",
			"otep-host_pnic n-otep>bond0-n [blue]",
			"vedge-otep agent-n>n-otep [blue]",
			"vnic-vedge n-tapvm-0>agent-n [blue]",
		}},
		{"a network with segments of both kinds", func(h *host) { h.tunnel().provider().instance("vm", false, "split") }, []string{
			"host_pnic-network ens4-n>split [split]",
			"host_pnic-network ens5-n>split [split]",
			"instance-vnic vm>n-tapvm-0 [split]",
			"otep-host_pnic n-otep>ens4-n [split]",
			"vedge-host_pnic agent-n>ens5-n [split]",
			"vedge-otep agent-n>n-otep [split]",
			"vnic-vedge n-tapvm-0>agent-n [split]",
		}},
		{"a host without networks", func(h *host) { h.tunnel().provider() }, []string{
			"otep-host_pnic n-otep>ens4-n []",
			"vedge-host_pnic agent-n>ens5-n []",
			"vedge-otep agent-n>n-otep []",
		}},
		{"a physical network that no NIC is in", func(h *host) { h.provider().instance("vm", false, "gold") }, []string{
			"instance-vnic vm>n-tapvm-0 [gold]",
			"vedge-host_pnic agent-n>ens5-n []",
			"vnic-vedge n-tapvm-0>agent-n [gold]",
		}},
		{"a tap in a bridge is not linked to the vedge as well", func(h *host) {
			h.instance("vm", true, "blue")
			h.port("tapvm-0", 5)
		}, []string{
			"instance-vnic vm>n-tapvm-0 [blue]",
			"vconnector-vedge n-qbrvm-0-8000.1>agent-n [blue]",
			"vnic-vconnector n-tapvm-0>n-qbrvm-0-8000.1 [blue]",
		}},
		{"a bridge that is left over from hybrid plugging", func(h *host) {
			h.instance("vm", false, "blue")
			h.bridge("qbrvm-0").Set("interfaces", []any{map[string]any{"name": "qvbvm-0", "mac_address": "fa:16:tapvm-0"}})
		}, []string{
			"instance-vnic vm>n-tapvm-0 [blue]",
			"vnic-vedge n-tapvm-0>agent-n [blue]",
		}},
		{"an interface that is known by its MAC address only", func(h *host) {
			h.add(object(model.TypeInstance, "vm", "vm", nil))
			h.vnic("vhost1", "blue", attrs{"vnic_type": model.VnicInstance, "instance_id": "vm"})
			h.bridge("br7").Set("interfaces", []any{map[string]any{"name": "x", "mac_address": "FA:16:vhost1"}, map[string]any{"name": "y"}})
		}, []string{
			"instance-vnic vm>n-vhost1 [blue]",
			"vnic-vconnector n-vhost1>n-br7-8000.1 [blue]",
		}},
		{"no MAC address is not one to match by", func(h *host) {
			h.add(object(model.TypeVnic, "n-a", "a", attrs{"mac_address": ""}))
			h.bridge("br7", "other")
		}, nil},
		{"a vnic of no known network carries none", func(h *host) {
			h.instance("vm", true, "blue")
			h.objects[len(h.objects)-2].Set("network", nil)
			h.instance("vm2", false, "cyan")
			h.objects[len(h.objects)-1].Set("network", nil)
		}, []string{
			"instance-vnic vm2>n-tapvm2-0",
			"instance-vnic vm>n-tapvm-0",
			"vconnector-vedge n-qbrvm-0-8000.1>agent-n []",
			"vnic-vconnector n-tapvm-0>n-qbrvm-0-8000.1 []",
			"vnic-vedge n-tapvm2-0>agent-n []",
		}},
		{"the instance's own list of ports tells a vnic's network", func(h *host) {
			h.instance("vm", false, "blue").Set("network_info", []any{
				map[string]any{"devname": "tapvm-0", "network": map[string]any{"id": "red", "label": "Red"}}, "garbage", nil,
				map[string]any{"devname": 7, "network": 7}})
			h.objects[len(h.objects)-1].Set("network", nil)
		}, []string{
			"instance-vnic vm>n-tapvm-0 [red]",
			"vnic-vedge n-tapvm-0>agent-n [red]",
		}},
		{"a bond and a VLAN on it, down to the NICs in it", func(h *host) {
			h.tunnel().port("bond0", nil)
			h.objects[len(h.objects)-1].Attrs = attrs{"local_name": "ens4"} // neither the address nor the tunnels are on it
			h.nic("bond0", attrs{"physical_networks": []string{"physnet1"}, "members": []any{map[string]any{"name": "ens6"}, map[string]any{"name": "gone"}}})
			h.nic("tun", attrs{"lower": "bond0", "IP Address": "10.0.0.1"}).nic("ens6", attrs{"Link detected": "no"})
			h.instance("vm", false, "blue", "red")
		}, []string{
			"host_pnic-host_pnic bond0-n>ens6-n [blue red]",
			"host_pnic-host_pnic tun-n>bond0-n [blue]",
			"host_pnic-network bond0-n>red [red]",
			"host_pnic-network tun-n>blue [blue]",
			"instance-vnic vm>n-tapvm-0 [blue]",
			"instance-vnic vm>n-tapvm-1 [red]",
			"otep-host_pnic n-otep>tun-n [blue]",
			"vedge-host_pnic agent-n>bond0-n [red]",
			"vedge-otep agent-n>n-otep [blue]",
			"vnic-vedge n-tapvm-0>agent-n [blue]",
			"vnic-vedge n-tapvm-1>agent-n [red]",
		}},
		{"NICs that say of each other that they are below", func(h *host) {
			h.nic("a", attrs{"lower": "b"}).nic("b", attrs{"lower": "a", "members": []any{map[string]any{"name": "b"}}})
		}, []string{"host_pnic-host_pnic a-n>b-n []", "host_pnic-host_pnic b-n>a-n []"}},
		{"an interface that is a virtual function", func(h *host) {
			h.add(object(model.TypeInstance, "vm", "vm", nil))
			h.vnic("x1", "red", attrs{"vnic_type": model.VnicInstance, "instance_id": "vm"})
			h.add(object(model.TypeVnic, "n-none", "none", attrs{"vnic_type": model.VnicInstance, "mac_address": ""}))
			h.nic("ens7", attrs{"physical_networks": []string{"physnet1"}, "vfs": []any{
				map[string]any{"vf": float64(0), "mac_address": "00:00:00:00:00:00"}, map[string]any{"vf": float64(1), "mac_address": "FA:16:x1"}, "x"}})
		}, []string{
			"host_pnic-network ens7-n>red [red]",
			"instance-vnic vm>n-x1 [red]",
			"vnic-host_pnic n-x1>ens7-n [red]",
		}},
		{"linux bridge: a tunnel end in each bridge, the tunnel address on a NIC; a vlan on a bond", func(h *host) {
			h.objects = nil
			h.tapIn("brq1", "blue", "vxlan-100").tapIn("brq2", "cyan", "vxlan-101").tapIn("brq3", "red", "bond0.200")
			h.otepIn("brq1", "vxlan-100", "ens4").otepIn("brq2", "vxlan-101", "ens4")
			h.nic("ens4", attrs{"IP Address": "10.0.0.1", "tunnel": true})
			h.nic("bond0", attrs{"physical_networks": []string{"physnet1"}, "members": []any{map[string]any{"name": "ens5"}}}).nic("ens5", nil)
		}, []string{
			"host_pnic-host_pnic bond0-n>ens5-n [red]",
			"host_pnic-network bond0-n>red [red]",
			"host_pnic-network ens4-n>blue [blue]",
			"host_pnic-network ens4-n>cyan [cyan]",
			"otep-host_pnic n-otep-vxlan-100>ens4-n [blue]",
			"otep-host_pnic n-otep-vxlan-101>ens4-n [cyan]",
			"otep-vconnector n-otep-vxlan-100>n-brq1-8000.1 [blue]",
			"otep-vconnector n-otep-vxlan-101>n-brq2-8000.1 [cyan]",
			"vconnector-host_pnic n-brq3-8000.1>bond0-n [red]",
			"vnic-vconnector n-tapbrq1>n-brq1-8000.1 [blue]",
			"vnic-vconnector n-tapbrq2>n-brq2-8000.1 [cyan]",
			"vnic-vconnector n-tapbrq3>n-brq3-8000.1 [red]",
		}},
		{"linux bridge: the tunnel address on another bridge", func(h *host) {
			h.objects = nil
			h.tapIn("brq1", "blue", "vxlan-100").otepIn("brq1", "vxlan-100", "br-vxlan")
			h.bridge("br-vxlan", "tun")
			h.nic("tun", attrs{"lower": "bond0", "tunnel": true}).nic("bond0", nil)
		}, []string{
			"host_pnic-host_pnic tun-n>bond0-n [blue]",
			"host_pnic-network tun-n>blue [blue]",
			"otep-vconnector n-otep-vxlan-100>n-br-vxlan-8000.1 [blue]",
			"otep-vconnector n-otep-vxlan-100>n-brq1-8000.1 [blue]",
			"vconnector-host_pnic n-br-vxlan-8000.1>tun-n [blue]",
			"vnic-vconnector n-tapbrq1>n-brq1-8000.1 [blue]",
		}},
		{"linux bridge: nobody has the tunnel address", func(h *host) {
			h.objects = nil
			h.tapIn("brq1", "blue", "vxlan-100").otepIn("brq1", "vxlan-100", "gone").nic("ens4", nil)
		}, []string{
			"otep-vconnector n-otep-vxlan-100>n-brq1-8000.1 [blue]",
			"vnic-vconnector n-tapbrq1>n-brq1-8000.1 [blue]",
		}},
		{"VPP: bridge domains, a port without one, VLANs of a NIC", func(h *host) {
			h.vedge.Set("vedge_type", "VPP")
			h.instance("vm", false, "red", "blue")
			h.vedge.Set("ports", []any{
				map[string]any{"id": "1", "name": "GigabitEthernet0/5/0"}, map[string]any{"id": "2", "name": "GigabitEthernet0/5/0.200"},
				map[string]any{"id": "3", "name": "VirtualEthernet0/0/0", "mac_address": "FA:16:tapvm-0"},
				map[string]any{"id": "4", "name": "VirtualEthernet0/0/1", "mac_address": "fa:16:tapvm-1"},
				map[string]any{"id": "5", "name": "vxlan_tunnel0"}, map[string]any{"id": "0", "name": "local0"}})
			h.add(object(model.TypeVconnector, "n-vconnector-5", "bridge-domain-5", attrs{"interfaces_names": []string{"GigabitEthernet0/5/0.200", "VirtualEthernet0/0/0"},
				"interfaces": []any{map[string]any{"name": "VirtualEthernet0/0/0", "mac_address": "fa:16:tapvm-0"}}}))
			h.otep("").Attrs["vconnector"] = ""
			h.nic("GigabitEthernet0/5/0", attrs{"physical_networks": []string{"physnet1"}})
			h.nic("GigabitEthernet0/4/0", attrs{"IP Address": "10.0.0.1"})
		}, []string{
			"host_pnic-network GigabitEthernet0/4/0-n>blue [blue]",
			"host_pnic-network GigabitEthernet0/5/0-n>red [red]",
			"instance-vnic vm>n-tapvm-0 [red]",
			"instance-vnic vm>n-tapvm-1 [blue]",
			"otep-host_pnic n-otep>GigabitEthernet0/4/0-n [blue]",
			"vconnector-host_pnic n-vconnector-5>GigabitEthernet0/5/0-n [red]",
			"vconnector-vedge n-vconnector-5>agent-n [red]",
			"vedge-host_pnic agent-n>GigabitEthernet0/5/0-n [red]",
			"vedge-otep agent-n>n-otep [blue]",
			"vnic-vconnector n-tapvm-0>n-vconnector-5 [red]",
			"vnic-vedge n-tapvm-1>agent-n [blue]",
		}},
		{"ports of switches", func(h *host) {
			h.nic("ens7", attrs{"neighbors": []any{map[string]any{"switch": "s1", "switch_pnic": "s1-p1"}, map[string]any{"switch": "s1", "switch_pnic": "gone"}, nil}})
			h.add(object(model.TypeSwitch, "s1", "S1", nil))
			h.add(object(model.TypeSwitchPnic, "s1-p1", "P1", attrs{"switch": "s1"}))
			h.add(object(model.TypeSwitchPnic, "s2-p1", "P1", attrs{"switch": "s2"}))
		}, []string{"host_pnic-switch_pnic ens7-n>s1-p1", "switch-switch_pnic s1>s1-p1"}},
		{"ends that are missing", func(h *host) {
			h.objects = nil
			h.add(object(model.TypeVnic, "n-tap1", "tap1", attrs{"vnic_type": model.VnicInstance, "instance_id": "gone", "network": []string{"gone"}}))
			h.add(object(model.TypeVnic, "n-tap2", "tap2", attrs{"vnic_type": model.VnicVservice})).ParentID = "gone-vnics"
			h.otep("br-gone").ParentID = "gone"
			h.bridge("qbr1", "qvb1", "tap9", "eth9")
			h.add(object(model.TypePort, "p", "p", attrs{"network_id": "gone"}))
		}, nil},
		{"garbage", func(h *host) {
			h.vedge.Attrs = attrs{"ports": []any{"x", nil, map[string]any{"name": 3}, map[string]any{"name": []any{}}, map[string]any{}}}
			h.objects = append(h.objects, nil, &model.Object{}, &model.Object{Type: model.TypeVnic}, &model.Object{Type: model.TypeOtep},
				object(model.TypeVconnector, "", "", attrs{"interfaces": 1, "interfaces_names": attrs{}}),
				object(model.TypeHostPnic, "", "", attrs{"physical_networks": 5, "tunnel": "yes", "Link detected": 1}),
				object(model.TypeInstance, "", "", attrs{"network_info": "x"}),
				object(model.TypePort, "", "", attrs{"network_id": []any{1}}))
		}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			h := newCloud().host("n")
			test.build(h)
			want := append([]string{}, test.want...)
			if diff := cmp.Diff(want, show(h.links())); diff != "" {
				t.Errorf("links (-want +got):\n%s", diff)
			}
		})
	}
}

// What a link says of itself, by its type: see the object model.
func TestLinkDocuments(t *testing.T) {
	t.Parallel()
	h := newCloud().host("n")
	h.tunnel().provider().instance("hy", true, "blue")
	h.instance("di", false, "ext")
	h.service("dhcp", "blue")
	h.nic("ens6", attrs{"Link detected": "no", "physical_networks": []string{"physnet1"}, "port_id": 9})
	h.port("ens6", nil)
	h.otep("br-mesh").ID = "n-otep2"
	h.objects[len(h.objects)-1].Attrs["ip_address"] = "10.0.0.2"
	h.bridge("br-mesh", "ens7")
	h.nic("ens7", attrs{"Link detected": nil, "state": "UP"})

	type said struct{ Name, State, From, To, MAC, Vedge string }
	got := map[string]said{}
	for _, l := range h.links() {
		if l.ID != model.LinkID("test", l.LinkType, l.Source, l.Target) || l.Host != "n" || l.Environment != "test" || l.Implicit {
			t.Errorf("%+v has a wrong id, host or environment", l)
		}
		got[l.LinkType+" "+l.SourceID+">"+l.TargetID] = said{l.LinkName, l.State, l.SourceLabel, l.TargetLabel, l.Attributes.MACAddress, l.Attributes.VedgeType}
	}
	want := map[string]said{
		"instance-vnic hy>n-taphy-0":                   {"BLUE", "up", "", "", "", ""},
		"instance-vnic di>n-tapdi-0":                   {"EXT", "up", "", "", "", ""},
		"vservice-vnic n-dhcp>n-qr-dhcp-0":             {"BLUE", "up", "", "", "", ""},
		"vnic-vconnector n-taphy-0>n-qbrhy-0-8000.1":   {"fa:16:taphy-0", "up", "", "", "fa:16:taphy-0", ""},
		"vnic-vedge n-tapdi-0>agent-n":                 {"tapdi-0-n-OVS-5", "up", "fa:16:tapdi-0", "3", "fa:16:tapdi-0", "OVS"},
		"vnic-vedge n-qr-dhcp-0>agent-n":               {"qr-dhcp-0-n-OVS", "up", "fa:16:qr-dhcp-0", "4", "fa:16:qr-dhcp-0", "OVS"},
		"vconnector-vedge n-qbrhy-0-8000.1>agent-n":    {"port-2-5", "up", "qvbhy-0", "qvohy-0", "Unknown", "OVS"},
		"vedge-otep agent-n>n-otep":                    {"n-OVS-otep", "up", "", "", "", "OVS"},
		"vedge-otep agent-n>n-otep2":                   {"n-OVS-otep", "up", "", "", "", "OVS"},
		"otep-host_pnic n-otep>ens4-n":                 {"n-pnic-ens4", "up", "", "", "", ""},
		"otep-vconnector n-otep2>n-br-mesh-8000.1":     {"n-otep-n-br-mesh", "up", "", "", "", ""},
		"vconnector-host_pnic n-br-mesh-8000.1>ens7-n": {"ens7", "up", "", "", "", ""},
		"vedge-host_pnic agent-n>ens5-n":               {"Port-1", "up", "", "", "", "OVS"},
		"vedge-host_pnic agent-n>ens6-n":               {"Port-5", "down", "", "", "", "OVS"},
		"host_pnic-network ens4-n>blue":                {"Segment-100", "up", "", "", "", ""},
		"host_pnic-network ens7-n>blue":                {"Segment-100", "up", "", "", "", ""},
		"host_pnic-network ens5-n>ext":                 {"Segment-None", "up", "port-1", "", "", ""},
		"host_pnic-network ens6-n>ext":                 {"Segment-None", "down", "port-9", "", "", ""},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("links (-want +got):\n%s", diff)
	}
}

func TestFindLinksIsDeterministic(t *testing.T) {
	t.Parallel()
	h := newCloud().host("n")
	h.tunnel().provider().instance("a", true, "blue", "red")
	h.instance("b", false, "blue", "ext")
	want := h.links()
	ids := map[string]bool{}
	for _, l := range want {
		ids[l.ID] = true
	}
	if len(ids) != len(want) || !slices.IsSortedFunc(want, func(a, b model.Link) int { return strings.Compare(a.ID, b.ID) }) {
		t.Errorf("links are not sorted by id, or come twice: %v", slices.Sorted(maps.Keys(ids)))
	}
	slices.Reverse(h.objects)
	if diff := cmp.Diff(want, h.links()); diff != "" {
		t.Errorf("the order of the objects makes a difference:\n%s", diff)
	}
}

// A link that carries no network has to stay apart, in a document, from one that does not tell.
func TestNetworksOfALinkInJSON(t *testing.T) {
	t.Parallel()
	for want, networks := range map[string][]string{`{}`: nil, `{"network":[]}`: {}, `{"network":["n"]}`: {"n"}} {
		written, err := json.Marshal(model.LinkAttributes{Network: networks})
		if err != nil || string(written) != want {
			t.Errorf("%#v is written as %s, want %s (%v)", networks, written, want, err)
		}
		var read model.LinkAttributes
		if err := json.Unmarshal(written, &read); err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff(networks, read.Network); diff != "" {
			t.Errorf("%s is read as (-want +got):\n%s", written, diff)
		}
	}
}
