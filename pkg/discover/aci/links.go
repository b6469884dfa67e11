package aci

import (
	"cmp"
	"context"
	"maps"
	"regexp"
	"slices"
	"strings"

	"calipso.io/calipso/pkg/conn/apic"
	"calipso.io/calipso/pkg/discover"
	"calipso.io/calipso/pkg/model"
)

type fabricLinks struct{}

// NewFabricLinks makes the fetcher "aci.fabric_links". It finds the ports by which leafs and spines are cabled to each
// other: uplinks of leafs and downlinks of spines, each with the other's id as connected_to.
func NewFabricLinks() discover.Fetcher { return fabricLinks{} }

func (fabricLinks) Fetch(ctx context.Context, req *discover.Request) ([]model.Object, error) {
	f, err := readFabric(ctx, req)
	if err != nil {
		return nil, err
	}
	ports := map[string]model.Object{}
	for i := range f.neighbors {
		n := &f.neighbors[i]
		if n.Port.Name == "" {
			warn(req, n.DN, "the port can't be found in its name")
			continue
		}
		far, ok := f.across(n)
		if !ok {
			continue // not a switch of the fabric
		}
		up, down := n.Port, far
		if f.role(up) == "spine" {
			up, down = down, up
		}
		if f.role(up) != "leaf" || f.role(down) != "spine" {
			warn(req, n.DN, "it is a cable between two of a role, and only those between a leaf and a spine are known")
			continue
		}
		f.connect(ports, up, down)
	}
	return slices.SortedFunc(maps.Values(ports), func(a, b model.Object) int { return cmp.Compare(a.ID, b.ID) }), nil
}

// connect adds the two ends of a cable. Both tell of it, so each comes twice.
func (f *fabric) connect(ports map[string]model.Object, up, down apic.Port) {
	uplink, ok := f.port(up, model.RoleUplink)
	downlink, ok2 := f.port(down, model.RoleDownlink)
	if ok && ok2 {
		uplink.Attrs["connected_to"], downlink.Attrs["connected_to"] = downlink.ID, uplink.ID
		ports[uplink.ID], ports[downlink.ID] = uplink, downlink
	}
}

func (f *fabric) role(p apic.Port) string {
	if n := f.nodes[p.Node]; n != nil {
		return n.Role
	}
	return ""
}

// How a port of the fabric describes itself to its neighbours: topology/pod-1/paths-201/pathep-[eth1/3].
var path = regexp.MustCompile(`^(topology/pod-[0-9]+)/paths-([0-9]+)/pathep-\[([^\[\]]+)\]$`)

// across returns the port of the fabric that is a neighbour; false when the neighbour is something else.
func (f *fabric) across(n *apic.Neighbor) (apic.Port, bool) {
	m := path.FindStringSubmatch(n.PortText)
	if m == nil || f.nodes[n.Port.Node] == nil {
		return apic.Port{}, false
	}
	far := apic.Port{Node: m[1] + "/node-" + m[2], Name: strings.ToLower(m[3])}
	return far, f.nodes[far.Node] != nil
}
