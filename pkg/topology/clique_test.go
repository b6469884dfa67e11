package topology

import (
	"slices"
	"testing"

	"calipso.io/calipso/pkg/model"
	"github.com/google/go-cmp/cmp"
)

// twoHosts is a cloud with both ways of plugging, tunnels and provider networks: "hy" is plugged through bridges, "di"
// directly; "net" has the network services.
func twoHosts() *cloud {
	c := newCloud()
	hy := c.host("hy").tunnel().provider()
	hy.instance("hy-blue", true, "blue")
	hy.instance("hy-red", true, "red")
	di := c.host("di").tunnel().provider()
	di.instance("di-blue", false, "blue")
	di.instance("di-two", false, "cyan", "red")
	di.instance("di-none", false)
	net := c.host("net").tunnel().provider()
	net.service("router", "blue", "cyan", "ext")
	net.service("dhcp-red", "red")
	mesh := c.host("mesh")
	mesh.otep("br-mesh")
	mesh.bridge("br-mesh", "eth1")
	mesh.nic("eth1", nil).instance("mesh-cyan", true, "cyan")
	return c
}

func (c *cloud) find(objectType, id string) *model.Object {
	for _, o := range c.all() {
		if o.Type == objectType && o.ID == id {
			return o
		}
	}
	return nil
}

func TestClique(t *testing.T) {
	t.Parallel()
	c := twoHosts()
	links := c.links()
	graph := graphOf(t, links)
	for _, test := range []struct {
		focalType, id string
		want          []string
	}{
		{"instance", "hy-blue", []string{
			"host_pnic-network ens4-hy>blue [blue]",
			"instance-vnic hy-blue>hy-taphy-blue-0 [blue]",
			"otep-host_pnic hy-otep>ens4-hy [blue]",
			"vconnector-vedge hy-qbrhy-blue-0-8000.1>agent-hy [blue]",
			"vedge-otep agent-hy>hy-otep [blue]",
			"vnic-vconnector hy-taphy-blue-0>hy-qbrhy-blue-0-8000.1 [blue]",
		}},
		{"instance", "hy-red", []string{
			"host_pnic-network ens5-hy>red [red]",
			"instance-vnic hy-red>hy-taphy-red-0 [red]",
			"vconnector-vedge hy-qbrhy-red-0-8000.1>agent-hy [red]",
			"vedge-host_pnic agent-hy>ens5-hy [red]",
			"vnic-vconnector hy-taphy-red-0>hy-qbrhy-red-0-8000.1 [red]",
		}},
		{"instance", "di-blue", []string{
			"host_pnic-network ens4-di>blue [blue]",
			"instance-vnic di-blue>di-tapdi-blue-0 [blue]",
			"otep-host_pnic di-otep>ens4-di [blue cyan]",
			"vedge-otep agent-di>di-otep [blue cyan]",
			"vnic-vedge di-tapdi-blue-0>agent-di [blue]",
		}},
		{"instance", "di-two", []string{
			"host_pnic-network ens4-di>cyan [cyan]",
			"host_pnic-network ens5-di>red [red]",
			"instance-vnic di-two>di-tapdi-two-0 [cyan]",
			"instance-vnic di-two>di-tapdi-two-1 [red]",
			"otep-host_pnic di-otep>ens4-di [blue cyan]",
			"vedge-host_pnic agent-di>ens5-di [red]",
			"vedge-otep agent-di>di-otep [blue cyan]",
			"vnic-vedge di-tapdi-two-0>agent-di [cyan]",
			"vnic-vedge di-tapdi-two-1>agent-di [red]",
		}},
		{"instance", "di-none", nil},
		{"instance", "mesh-cyan", []string{
			"host_pnic-network eth1-mesh>cyan [cyan]",
			"instance-vnic mesh-cyan>mesh-tapmesh-cyan-0 [cyan]",
			"otep-vconnector mesh-otep>mesh-br-mesh-8000.1 [cyan]",
			"vconnector-host_pnic mesh-br-mesh-8000.1>eth1-mesh [cyan]",
			"vconnector-vedge mesh-qbrmesh-cyan-0-8000.1>agent-mesh [cyan]",
			"vedge-otep agent-mesh>mesh-otep [cyan]",
			"vnic-vconnector mesh-tapmesh-cyan-0>mesh-qbrmesh-cyan-0-8000.1 [cyan]",
		}},
		{"vservice", "net-router", []string{
			"host_pnic-network ens4-net>blue [blue]",
			"host_pnic-network ens4-net>cyan [cyan]",
			"host_pnic-network ens5-net>ext [ext]",
			"otep-host_pnic net-otep>ens4-net [blue cyan]",
			"vedge-host_pnic agent-net>ens5-net [ext red]",
			"vedge-otep agent-net>net-otep [blue cyan]",
			"vnic-vedge net-qr-router-0>agent-net [blue]",
			"vnic-vedge net-qr-router-1>agent-net [cyan]",
			"vnic-vedge net-qr-router-2>agent-net [ext]",
			"vservice-vnic net-router>net-qr-router-0 [blue]",
			"vservice-vnic net-router>net-qr-router-1 [cyan]",
			"vservice-vnic net-router>net-qr-router-2 [ext]",
		}},
		{"vservice", "net-dhcp-red", []string{
			"host_pnic-network ens5-net>red [red]",
			"vedge-host_pnic agent-net>ens5-net [ext red]",
			"vnic-vedge net-qr-dhcp-red-0>agent-net [red]",
			"vservice-vnic net-dhcp-red>net-qr-dhcp-red-0 [red]",
		}},
		{"network", "red", []string{
			"host_pnic-network ens5-di>red [red]",
			"host_pnic-network ens5-hy>red [red]",
			"host_pnic-network ens5-net>red [red]",
			"instance-vnic di-two>di-tapdi-two-1 [red]",
			"instance-vnic hy-red>hy-taphy-red-0 [red]",
			"vconnector-vedge hy-qbrhy-red-0-8000.1>agent-hy [red]",
			"vedge-host_pnic agent-di>ens5-di [red]",
			"vedge-host_pnic agent-hy>ens5-hy [red]",
			"vedge-host_pnic agent-net>ens5-net [ext red]",
			"vnic-vconnector hy-taphy-red-0>hy-qbrhy-red-0-8000.1 [red]",
			"vnic-vedge di-tapdi-two-1>agent-di [red]",
			"vnic-vedge net-qr-dhcp-red-0>agent-net [red]",
			"vservice-vnic net-dhcp-red>net-qr-dhcp-red-0 [red]",
		}},
		{"network", "cyan", []string{
			"host_pnic-network ens4-di>cyan [cyan]",
			"host_pnic-network ens4-net>cyan [cyan]",
			"host_pnic-network eth1-mesh>cyan [cyan]",
			"instance-vnic di-two>di-tapdi-two-0 [cyan]",
			"instance-vnic mesh-cyan>mesh-tapmesh-cyan-0 [cyan]",
			"otep-host_pnic di-otep>ens4-di [blue cyan]",
			"otep-host_pnic net-otep>ens4-net [blue cyan]",
			"otep-vconnector mesh-otep>mesh-br-mesh-8000.1 [cyan]",
			"vconnector-host_pnic mesh-br-mesh-8000.1>eth1-mesh [cyan]",
			"vconnector-vedge mesh-qbrmesh-cyan-0-8000.1>agent-mesh [cyan]",
			"vedge-otep agent-di>di-otep [blue cyan]",
			"vedge-otep agent-mesh>mesh-otep [cyan]",
			"vedge-otep agent-net>net-otep [blue cyan]",
			"vnic-vconnector mesh-tapmesh-cyan-0>mesh-qbrmesh-cyan-0-8000.1 [cyan]",
			"vnic-vedge di-tapdi-two-0>agent-di [cyan]",
			"vnic-vedge net-qr-router-1>agent-net [cyan]",
			"vservice-vnic net-router>net-qr-router-1 [cyan]",
		}},
		{"network", "gold", nil},
	} {
		t.Run(test.focalType+" "+test.id, func(t *testing.T) {
			t.Parallel()
			ct, constraints := defaults(t, c.env, test.focalType)
			clique, ok := graph.Clique(c.find(test.focalType, test.id), ct, constraints)
			if ok != (len(test.want) > 0) {
				t.Errorf("has a clique: %v", ok)
			}
			if diff := cmp.Diff(append([]string{}, test.want...), showClique(links, clique)); diff != "" {
				t.Errorf("clique (-want +got):\n%s", diff)
			}
		})
	}
}

// The whole document, with the links in the order of the clique type, the nodes in that of their discovery.
func TestCliqueDocument(t *testing.T) {
	t.Parallel()
	c := newCloud()
	h := c.host("n").provider()
	focal := h.instance("vm", false, "red")
	ct, constraints := defaults(t, c.env, focal.Type)
	got, ok := graphOf(t, h.links()).Clique(focal, ct, constraints)
	if !ok {
		t.Fatal("there is no clique")
	}
	vnic, nic := c.find("vnic", "n-tapvm-0").DBID(), c.find("host_pnic", "ens5-n").DBID()
	vm, vedge, red := focal.DBID(), h.vedge.DBID(), c.networks["red"].DBID()
	want := model.Clique{
		ID: model.CliqueID("test", vm), Environment: "test", FocalPoint: vm, FocalPointType: "instance", FocalPointID: "vm",
		CliqueType: ct.ID, Constraints: map[string][]string{"network": {"red"}}, Nodes: []string{vm, vnic, vedge, nic, red},
		Links: []string{
			model.LinkID("test", "instance-vnic", vm, vnic), model.LinkID("test", "vnic-vedge", vnic, vedge),
			model.LinkID("test", "vedge-host_pnic", vedge, nic), model.LinkID("test", "host_pnic-network", nic, red),
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("clique (-want +got):\n%s", diff)
	}
}

// A path that is followed from both of its ends, with the shipped types of an environment that has no tunnels. Links
// that don't tell what they carry are in both; one to another network is in none.
func TestCliqueForwardAndBackward(t *testing.T) {
	t.Parallel()
	env := &model.Environment{Name: "Mercury"}
	ids := map[string]*model.Object{}
	for _, o := range []struct{ objectType, id string }{
		{"instance", "I"}, {"vnic", "V"}, {"vconnector", "B"}, {"vedge", "E"}, {"host_pnic", "P"}, {"network", "N1"}, {"network", "N2"},
	} {
		ids[o.id] = object(o.objectType, o.id, o.id, attrs{"network": []string{"N1"}})
	}
	var links []model.Link
	for _, l := range []struct {
		linkType, from, to string
		networks           []string
	}{
		{"instance-vnic", "I", "V", []string{"N1"}}, {"vnic-vconnector", "V", "B", []string{"N1"}},
		{"vconnector-vedge", "B", "E", nil}, {"vedge-host_pnic", "E", "P", nil},
		{"host_pnic-network", "P", "N1", []string{"N1"}}, {"host_pnic-network", "P", "N2", []string{"N2"}},
		{"vnic-vedge", "elsewhere", "elsewhere too", nil},
	} {
		for _, id := range []string{l.from, l.to} {
			if ids[id] == nil {
				ids[id] = object("other", id, id, nil)
			}
		}
		link := Join(ids[l.from], ids[l.to], "", l.networks)
		link.LinkType, link.ID = l.linkType, model.LinkID("Mercury", l.linkType, link.Source, link.Target)
		links = append(links, link)
	}
	slices.Reverse(links) // their order makes no difference
	graph := graphOf(t, links)
	want := []string{
		"host_pnic-network P>N1 [N1]", "instance-vnic I>V [N1]", "vconnector-vedge B>E", "vedge-host_pnic E>P",
		"vnic-vconnector V>B [N1]",
	}
	for _, focal := range []string{"I", "N1"} {
		ct, constraints := defaults(t, env, ids[focal].Type)
		clique, _ := graph.Clique(ids[focal], ct, constraints)
		if diff := cmp.Diff(want, showClique(links, clique)); diff != "" {
			t.Errorf("clique of %s (-want +got):\n%s", focal, diff)
		}
	}
}

func TestCliqueOfWhatHasNoLinks(t *testing.T) {
	t.Parallel()
	ct, constraints := defaults(t, &model.Environment{}, "instance")
	if _, ok := graphOf(t, nil).Clique(object("instance", "x", "x", nil), ct, constraints); ok {
		t.Error("an object without links has a clique")
	}
}

// Without constraints a clique holds what is there, whatever it carries.
func TestCliqueWithoutConstraints(t *testing.T) {
	t.Parallel()
	c := newCloud()
	h := c.host("n").tunnel().provider()
	focal := h.instance("vm", false, "red")
	ct, _ := defaults(t, c.env, "instance")
	clique, _ := graphOf(t, h.links()).Clique(focal, ct, nil)
	if len(clique.Links) != len(h.links()) || len(clique.Constraints) != 0 {
		t.Errorf("the clique has %d of %d links and the constraints %v", len(clique.Links), len(h.links()), clique.Constraints)
	}
}
