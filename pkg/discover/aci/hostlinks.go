package aci

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"calipso.io/calipso/pkg/conn/apic"
	"calipso.io/calipso/pkg/discover"
	"calipso.io/calipso/pkg/model"
)

type hostlinks struct{}

// NewHostlinks makes the fetcher "aci.hostlinks". It finds the ports of leafs that a host's NICs are cabled to, and adds to
// each host_pnic which these are: fabric_ports [{switch, switch_pnic, name}].
//
// It goes by what NICs hear of the leafs by LLDP, by what the leafs hear of the NICs and, where both are silent, by where
// the leafs have learned the NIC's MAC address. A fabric serves more than one cloud: ports that lead to other machines are
// passed over.
func NewHostlinks() discover.Fetcher { return hostlinks{} }

// Reads begins what the step of the environment has not read.
func (hostlinks) Reads(req *discover.Request) []func(context.Context) {
	if req.Fabric == nil {
		return nil
	}
	return append(switches{}.Reads(req), func(ctx context.Context) { _, _ = req.Fabric.Learned(ctx) })
}

func (hostlinks) Fetch(ctx context.Context, req *discover.Request) ([]model.Object, error) {
	f, err := readFabric(ctx, req)
	if err != nil {
		return nil, err
	}
	c := cabling{fabric: f, host: req.Parent.Name, nics: nicsByMAC(req.Known(model.TypeHostPnic)), ports: map[*model.Object][]apic.Port{}}
	c.heardByHost(req.Known(model.TypeHostPnic))
	c.heardByLeafs()
	learned, err := req.Fabric.Learned(ctx)
	c.byAddresses(learned)
	return c.objects(req.Known(model.TypeHostPnic), err == nil), err
}

// cabling finds out which ports a host's NICs are cabled to.
type cabling struct {
	*fabric
	host  string
	nics  map[string][]*model.Object // by their MAC addresses, which the NICs of a bond share
	ports map[*model.Object][]apic.Port
}

func nicsByMAC(nics []*model.Object) map[string][]*model.Object {
	byMAC := map[string][]*model.Object{}
	for _, nic := range nics {
		if mac := strings.ToLower(nic.Str("mac_address")); mac != "" {
			byMAC[mac] = append(byMAC[mac], nic)
		}
	}
	return byMAC
}

// heardByHost goes by the attribute neighbors of NICs.
func (c *cabling) heardByHost(nics []*model.Object) {
	for _, nic := range nics {
		for _, n := range nic.Maps("neighbors") {
			id, _ := n["switch"].(string)
			name, _ := n["name"].(string)
			if dn := c.named[id]; dn != "" {
				c.join(nic, apic.Port{Node: dn, Name: strings.ToLower(name[strings.LastIndexByte(name, ' ')+1:])})
			}
		}
	}
}

// heardByLeafs goes by what the leafs hear: the NIC's MAC address or, of NICs that share one, its name as well.
func (c *cabling) heardByLeafs() {
	for i := range c.neighbors {
		n := &c.neighbors[i]
		nics := c.nics[strings.ToLower(n.PortID)]
		if len(nics) == 0 && n.System == c.host {
			nics = slices.Concat(slices.Collect(maps.Values(c.nics))...)
		} else if len(nics) == 1 {
			c.join(nics[0], n.Port)
			continue
		}
		for _, nic := range nics {
			if name := cmp.Or(nic.Str("local_name"), nic.Name); name == n.PortText || name == n.PortID {
				c.join(nic, n.Port)
			}
		}
	}
}

// byAddresses goes by the MAC addresses that the leafs have learned, for NICs that are not found yet. An address that
// several share is that of a bond: which of its NICs is in use can't be told.
func (c *cabling) byAddresses(learned []apic.Learned) {
	found := maps.Clone(c.ports)
	for _, l := range learned {
		nics := c.nics[l.MAC]
		if slices.ContainsFunc(nics, func(nic *model.Object) bool { return len(found[nic]) > 0 }) {
			continue
		}
		if nic := owner(nics); nic != nil {
			c.join(nic, l.Port)
		}
	}
}

// owner returns the one of several NICs with a MAC address whose own it is: the bond, or else the one that others are
// VLANs of. It is nil when that can't be told.
func owner(nics []*model.Object) *model.Object {
	var bonds, others []*model.Object
	for _, nic := range nics {
		switch {
		case nic.Maps("members") != nil:
			bonds = append(bonds, nic)
		case nic.Str("lower") == "":
			others = append(others, nic)
		}
	}
	if len(bonds) == 0 {
		bonds = others
	}
	if len(bonds) != 1 {
		return nil
	}
	return bonds[0]
}

func (c *cabling) join(nic *model.Object, port apic.Port) {
	if !slices.Contains(c.ports[nic], port) {
		c.ports[nic] = append(c.ports[nic], port)
	}
}

// objects returns the ports, and what is added to the NICs. Where not all could be read, NICs without a port keep those that
// they had.
func (c *cabling) objects(nics []*model.Object, complete bool) (objects []model.Object) {
	for _, nic := range nics {
		if !complete && len(c.ports[nic]) == 0 {
			continue
		}
		list := []map[string]any{}
		for _, at := range c.ports[nic] {
			port, ok := c.port(at, model.RoleHostlink)
			if !ok {
				continue
			}
			objects = append(objects, port)
			list = append(list, map[string]any{"switch": port.ParentID, "switch_pnic": port.ID, "name": c.nodes[at.Node].Name + " " + at.Name})
		}
		slices.SortFunc(list, func(a, b map[string]any) int {
			return cmp.Compare(a["switch_pnic"].(string), b["switch_pnic"].(string))
		})
		objects = append(objects, model.Object{Type: nic.Type, ID: nic.ID, Part: model.PartFabric, Attrs: map[string]any{"fabric_ports": list}})
	}
	return objects
}
