package topology

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"calipso.io/calipso/pkg/model"
)

// inFabric is a cloud of two hosts at one leaf and one at another, with two spines. "a" and "b" are at leaf l1, "c" at l2.
func inFabric() (c *cloud, fabric, leafs []*model.Object) {
	c = newCloud()
	c.env.ACIEnabled = true
	for _, at := range [][2]string{{"a", "l1"}, {"b", "l1"}, {"c", "l2"}} {
		h := c.host(at[0]).tunnel()
		port := at[1] + "-" + h.name
		c.find(model.TypeHostPnic, "ens4-"+h.name).Set("fabric_ports", []any{map[string]any{"switch": at[1], "switch_pnic": port}})
		h.instance("vm-"+h.name, false, "blue")
		h.add(object(model.TypeSwitchPnic, port, port, attrs{"switch": at[1], "role": model.RoleHostlink}))
		h.add(object(model.TypeSwitch, at[1], at[1], attrs{"switch": at[1]}))
	}
	for _, leaf := range []string{"l1", "l2"} {
		leafs = append(leafs, object(model.TypeSwitch, leaf, leaf, nil))
		for _, spine := range []string{"s1", "s2"} {
			up, down := leaf+"-"+spine, spine+"-"+leaf
			fabric = append(fabric,
				object(model.TypeSwitchPnic, up, up, attrs{"switch": leaf, "role": model.RoleUplink, "connected_to": down}),
				object(model.TypeSwitchPnic, down, down, attrs{"switch": spine, "role": model.RoleDownlink, "connected_to": up}))
		}
	}
	fabric = append(fabric, object(model.TypeSwitch, "s1", "s1", nil), object(model.TypeSwitch, "s2", "s2", nil))
	return c, append(fabric, leafs...), leafs
}

func TestCliqueThroughAFabric(t *testing.T) {
	t.Parallel()
	c, fabric, leafs := inFabric()
	links := append(c.links(), FindLinks(View{Env: c.env, Objects: fabric})...)
	graph := graphOf(t, links)
	for focal, want := range map[*model.Object][]string{
		c.find(model.TypeInstance, "vm-a"): {
			"host_pnic-network ens4-a>blue [blue]",
			"host_pnic-switch_pnic ens4-a>l1-a",
			"instance-vnic vm-a>a-tapvm-a-0 [blue]",
			"otep-host_pnic a-otep>ens4-a [blue]",
			"switch-switch_pnic l1>l1-a",
			"switch-switch_pnic l1>l1-s1",
			"switch-switch_pnic l1>l1-s2",
			"switch-switch_pnic s1>s1-l1",
			"switch-switch_pnic s2>s2-l1",
			"switch_pnic-switch_pnic l1-s1>s1-l1",
			"switch_pnic-switch_pnic l1-s2>s2-l1",
			"vedge-otep agent-a>a-otep [blue]",
			"vnic-vedge a-tapvm-a-0>agent-a [blue]",
		},
		leafs[1]: {
			"host_pnic-switch_pnic ens4-c>l2-c",
			"instance-vnic vm-c>c-tapvm-c-0 [blue]",
			"otep-host_pnic c-otep>ens4-c [blue]",
			"switch-switch_pnic l2>l2-c",
			"switch-switch_pnic l2>l2-s1",
			"switch-switch_pnic l2>l2-s2",
			"switch-switch_pnic s1>s1-l2",
			"switch-switch_pnic s2>s2-l2",
			"switch_pnic-switch_pnic l2-s1>s1-l2",
			"switch_pnic-switch_pnic l2-s2>s2-l2",
			"vedge-otep agent-c>c-otep [blue]",
			"vnic-vedge c-tapvm-c-0>agent-c [blue]",
		},
	} {
		ct, constraints := defaults(t, c.env, focal.Type)
		clique, ok := graph.Clique(focal, ct, constraints)
		if !ok {
			t.Errorf("%s has no clique", focal.ID)
		}
		if diff := cmp.Diff(want, showClique(links, clique)); diff != "" {
			t.Errorf("clique of %s (-want +got):\n%s", focal.ID, diff)
		}
	}
}

// TestCablesInAFabric: the state of a cable is that of the ports at its ends, and a port whose other end is not known has
// none.
func TestCablesInAFabric(t *testing.T) {
	t.Parallel()
	port := func(id, role, to, state string) *model.Object {
		return object(model.TypeSwitchPnic, id, id, attrs{"switch": id[:2], "role": role, "connected_to": to, "state": state})
	}
	links := FindLinks(View{Env: &model.Environment{Name: "test"}, Objects: []*model.Object{
		port("l1-1", model.RoleUplink, "s1-1", "up"), port("s1-1", model.RoleDownlink, "l1-1", "up"),
		port("l1-2", model.RoleUplink, "s1-2", "up"), port("s1-2", model.RoleDownlink, "l1-2", "down"),
		port("l1-3", model.RoleUplink, "s1-3", "up"), port("l1-4", model.RoleHostlink, "s1-1", "up"),
	}})
	got := map[string]string{}
	for _, l := range links {
		got[l.LinkType+" "+l.SourceID+">"+l.TargetID] = l.State + " " + l.Switch + l.Host
	}
	want := map[string]string{"switch_pnic-switch_pnic l1-1>s1-1": "up l1", "switch_pnic-switch_pnic l1-2>s1-2": "down l1"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("links (-want +got):\n%s", diff)
	}
}

func TestCabledTo(t *testing.T) {
	t.Parallel()
	end := func(owner, port string) any { return map[string]any{"switch": owner, "switch_pnic": port} }
	nic := object(model.TypeHostPnic, "n", "n", attrs{"neighbors": []any{end("s", "s-1"), end("x", "x-1")},
		"fabric_ports": []any{end("s", "s-1"), end("s", "s-2"), nil, map[string]any{}}})
	ports, switches := CabledTo(nic)
	if diff := cmp.Diff([]string{"s-1", "x-1", "s-2"}, ports); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"s", "x", "s"}, switches); diff != "" {
		t.Error(diff)
	}
}
