package sim

import (
	"maps"
	"slices"
)

// Truth is what is in a cloud, in the cloud's own words.
type Truth struct {
	Projects, Zones, Aggregates, Hosts []string // names
	Networks, Ports, Instances, Agents []string // ids
	Namespaces                         []string // "node-1 qdhcp-…"
	SwitchPorts                        []string // "node-2 qvo…": ports of br-int that belong to Neutron ports
	LinuxBridges                       []string // "node-2 qbr…"
	NICs                               []string // "node-1 ens3 MAC", bonds too
	Tunnels                            []string // "node-1 10.78.0.12": from a host to the address
	Vnics                              []Vnic   // of instances
}

// Vnic is an interface of an instance.
type Vnic struct {
	Instance, Host   string // its id; its host's name
	Port, MAC, Tap   string
	Network          string // id
	NetworkType      string
	Hybrid           bool
	Bridge, SwitchIf string // the qbr bridge, or "", and the port of br-int
	Uplink           string // the NIC that carries the traffic
}

// Truth returns what is in the cloud now, every list sorted.
func (c *Cloud) Truth() Truth {
	c.RLock()
	defer c.RUnlock()
	t := Truth{
		Zones:      []string{"internal", "nova"},
		Projects:   sorted(c.Projects, func(p *Project) string { return p.Name }),
		Aggregates: sorted(c.Aggregates, func(a *Aggregate) string { return a.Name }),
		Hosts:      sorted(c.Hosts, func(h *Host) string { return h.Name }),
		Networks:   sorted(c.Networks, func(n *Network) string { return n.ID }),
		Ports:      sorted(c.Ports, func(p *Port) string { return p.ID }),
		Instances:  sorted(c.Instances, func(i *Instance) string { return i.ID }),
	}
	for _, h := range c.Hosts {
		t.addHost(c, h)
	}
	for _, list := range [][]string{t.Agents, t.Namespaces, t.SwitchPorts, t.LinuxBridges, t.NICs, t.Tunnels} {
		slices.Sort(list)
	}
	return t
}

func sorted[T any](list []T, name func(T) string) []string {
	var all []string
	for _, e := range list {
		all = append(all, name(e))
	}
	slices.Sort(all)
	return all
}

func (t *Truth) addHost(c *Cloud, h *Host) {
	for _, a := range h.Agents {
		t.Agents = append(t.Agents, a.ID)
	}
	for _, n := range h.NICs {
		t.NICs = append(t.NICs, h.Name+" "+n.Name+" "+n.MAC)
	}
	if h.Bond != nil {
		t.NICs = append(t.NICs, h.Name+" "+h.Bond.Name+" "+h.Bond.MAC)
	}
	for _, other := range c.Hosts {
		if other != h {
			t.Tunnels = append(t.Tunnels, h.Name+" "+other.TunnelIP.String())
		}
	}
	spaces := map[string]bool{}
	for _, p := range h.Plugs {
		t.addPlug(p)
		if space := p.Namespace(); space != "" {
			spaces[h.Name+" "+space] = true
		}
	}
	t.Namespaces = append(t.Namespaces, slices.Collect(maps.Keys(spaces))...)
}

func (t *Truth) addPlug(p *Port) {
	port, bridge := p.Device(), ""
	if p.Hybrid() {
		port, bridge = "qvo"+p.ID[:11], "qbr"+p.ID[:11]
		t.LinuxBridges = append(t.LinuxBridges, p.Host.Name+" "+bridge)
	}
	t.SwitchPorts = append(t.SwitchPorts, p.Host.Name+" "+port)
	if p.DeviceOwner != OwnerInstance {
		return
	}
	uplink := "ens4"
	if p.Network.Type == "vlan" || p.Network.Type == "flat" {
		uplink = p.Host.OVS.Uplink
	}
	t.Vnics = append(t.Vnics, Vnic{
		Instance: p.DeviceID, Host: p.Host.Name, Port: p.ID, MAC: p.MAC, Tap: p.Device(), Network: p.Network.ID,
		NetworkType: p.Network.Type, Hybrid: p.Hybrid(), Bridge: bridge, SwitchIf: port, Uplink: uplink,
	})
}
