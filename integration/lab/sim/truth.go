package sim

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Truth is what is in a cloud, in the cloud's own words.
type Truth struct {
	Projects, Zones, Aggregates, Hosts []string // names
	Networks, Ports, Instances, Agents []string // ids
	Namespaces                         []string // "node-1 qdhcp-…"
	ServiceVnics                       []string // "node-1 tap…": devices in namespaces
	SwitchPorts                        []string // "node-2 qvo…": ports of br-int that belong to Neutron ports
	LinuxBridges                       []string // "node-2 qbr…"
	BridgeDomains                      []string // "node-2 5": of VPP
	NICs                               []string // "node-1 ens3 MAC": of the kernel; bonds too, and what has the tunnel address
	VPPNICs                            []string // "node-2 GigabitEthernet0/4/0 MAC"
	Switches                           []string // "node-1 Open vSwitch": hosts and their switches
	TunnelEnds                         []string // "node-1-otep", "node-2-otep-vxlan-35"
	Tunnels                            []string // "node-1 10.78.0.12 35": from a host to the address, for a network or, as "flow", for all
	Cables                             []string // "node-1 ens3 leaf-1 Ethernet1/1"
	Fabric                             []string // "leaf-101": leafs and spines of an ACI fabric
	Trunks                             []string // "leaf-101 eth1/181 Spine-201 eth1/1": cables in the fabric
	Vnics                              []Vnic   // of instances
}

// Vnic is an interface of an instance.
type Vnic struct {
	Instance, Host   string // its id; its host's name
	Name             string // of its device on the host or, where it has none, another one
	Mechanism        string // ovs, lxb, vpp or sriov
	Port, MAC, Tap   string
	Network          string // id
	NetworkType      string
	Hybrid           bool
	Bridge, SwitchIf string   // the linux bridge or bridge domain that it is in, or "", and the port of br-int
	TunnelEnd        string   // where its network's tunnels end, "" for networks without
	TunnelBridge     string   // the linux bridge that has the address of these, or ""
	Uplink           string   // the NIC that carries the traffic
	Members          []string // the NICs that the uplink consists of
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
	if f := c.Fabric(); f != nil {
		t.addFabric(f)
	}
	for _, list := range [][]string{t.Agents, t.Namespaces, t.ServiceVnics, t.SwitchPorts, t.LinuxBridges, t.BridgeDomains, t.NICs,
		t.VPPNICs, t.Switches, t.TunnelEnds, t.Tunnels, t.Cables, t.Fabric, t.Trunks} {
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
	t.addNICs(h)
	if !c.Spec.Fabric {
		for _, n := range c.Neighbors(h) {
			t.Cables = append(t.Cables, fmt.Sprintf("%s %s %s %s", h.Name, n.NIC, n.System, n.Port))
		}
	}
	t.addSwitching(c, h)
	spaces := map[string]bool{}
	for _, p := range h.Plugs {
		t.addPlug(c, p)
		if space := p.Namespace(); space != "" {
			spaces[h.Name+" "+space] = true
			t.ServiceVnics = append(t.ServiceVnics, h.Name+" "+p.Device())
		}
	}
	t.Namespaces = append(t.Namespaces, slices.Collect(maps.Keys(spaces))...)
}

func (t *Truth) addNICs(h *Host) {
	for _, n := range h.NICs {
		text := h.Name + " " + n.Name + " " + n.MAC
		if n.VPP {
			t.VPPNICs = append(t.VPPNICs, text)
		} else {
			t.NICs = append(t.NICs, text)
		}
	}
	if h.Bond != nil {
		t.NICs = append(t.NICs, h.Name+" "+h.Bond.Name+" "+h.Bond.MAC)
	}
	if h.TunnelDev.VLAN != 0 {
		t.NICs = append(t.NICs, h.Name+" "+h.TunnelDev.Name+" "+h.TunnelDev.MAC)
	}
}

// addSwitching adds the host's switch, bridges and tunnels.
func (t *Truth) addSwitching(c *Cloud, h *Host) {
	if h.TunnelDev.Bridge != "" {
		t.LinuxBridges = append(t.LinuxBridges, h.Name+" "+h.TunnelDev.Bridge)
	}
	switch h.Mechanism {
	case OpenVSwitch:
		t.Switches = append(t.Switches, h.Name+" OVS")
		if c.Tunnels() {
			t.TunnelEnds = append(t.TunnelEnds, h.Name+"-otep")
			for _, other := range c.Others(h) {
				t.Tunnels = append(t.Tunnels, h.Name+" "+other.TunnelIP.String()+" flow")
			}
		}
		return
	case VPP:
		t.Switches = append(t.Switches, h.Name+" VPP")
	}
	tunnelled := 0
	for _, n := range h.Bridged() {
		if h.Mechanism == VPP {
			t.BridgeDomains = append(t.BridgeDomains, fmt.Sprintf("%s %d", h.Name, h.Tag(n)))
		} else {
			t.LinuxBridges = append(t.LinuxBridges, h.Name+" "+n.Bridge())
		}
		for _, other := range c.Peers(h, n) {
			t.addTunnel(c, h, n, other)
			tunnelled++
		}
		if h.Mechanism == LinuxBridge && n.Tunnelled() {
			for _, exit := range c.Exits(h, n) {
				t.TunnelEnds = append(t.TunnelEnds, h.Name+"-otep-"+exit.Name)
			}
		}
	}
	if h.Mechanism == VPP && tunnelled > 0 {
		t.TunnelEnds = append(t.TunnelEnds, h.Name+"-otep")
	}
}

// addTunnel adds a tunnel that a host has for a network. VPP's of gre are for all networks and have no key.
func (t *Truth) addTunnel(c *Cloud, h *Host, n *Network, other *Host) {
	tunnel := fmt.Sprintf("%s %s %d", h.Name, other.TunnelIP, n.Segment)
	if h.Mechanism == VPP && n.Type == "gre" {
		tunnel = fmt.Sprintf("%s %s", h.Name, other.TunnelIP)
	}
	if !slices.Contains(t.Tunnels, tunnel) {
		t.Tunnels = append(t.Tunnels, tunnel)
	}
}

func (t *Truth) addPlug(c *Cloud, p *Port) {
	v := Vnic{
		Instance: p.DeviceID, Host: p.Host.Name, Port: p.ID, MAC: p.MAC, Tap: p.Device(), Name: p.Device(), Network: p.Network.ID,
		NetworkType: p.Network.Type, Hybrid: p.Hybrid(), Mechanism: "ovs", Uplink: p.Host.Uplink(p.Network),
	}
	switch {
	case p.Direct:
		v.Mechanism, v.Uplink, v.Name = "sriov", SRIOVNIC, p.MAC
	case p.Host.Mechanism == LinuxBridge:
		v.Mechanism, v.Bridge = "lxb", p.Network.Bridge()
	case p.Host.Mechanism == VPP:
		v.Mechanism, v.Bridge, v.Name = "vpp", fmt.Sprint(p.Tag), "vhostuser-"+p.MAC
	default:
		v.SwitchIf = p.Device()
		if p.Hybrid() {
			v.SwitchIf, v.Bridge = "qvo"+p.ID[:11], "qbr"+p.ID[:11]
			t.LinuxBridges = append(t.LinuxBridges, p.Host.Name+" "+v.Bridge)
		}
		t.SwitchPorts = append(t.SwitchPorts, p.Host.Name+" "+v.SwitchIf)
	}
	if p.DeviceOwner != OwnerInstance {
		return
	}
	if p.Network.Tunnelled() {
		v.Uplink, v.TunnelEnd, v.TunnelBridge = p.Host.TunnelDev.Name, c.tunnelEnd(p.Host, p.Network), p.Host.TunnelDev.Bridge
	}
	v.Members = p.Host.below(v.Uplink)
	t.Vnics = append(t.Vnics, v)
}

// tunnelEnd returns where a network's tunnels end on the host; the first of these places if there are several.
func (c *Cloud) tunnelEnd(h *Host, n *Network) string {
	if exits := c.Exits(h, n); h.Mechanism == LinuxBridge && len(exits) > 0 {
		return h.Name + "-otep-" + exits[0].Name
	}
	return h.Name + "-otep"
}

// below returns the NICs that a bond consists of, or a VLAN of it.
func (h *Host) below(uplink string) []string {
	if h.Bond != nil && (uplink == h.Bond.Name || uplink == h.TunnelDev.Name && h.TunnelDev.VLAN != 0) {
		return h.Bond.Members
	}
	return nil
}

// Seen returns the NICs that a scan reads, and the cables of these: of clouds that have nothing but VPP the kernel's NICs are
// not read.
func (t Truth) Seen() (nics, cables []string) {
	if len(t.VPPNICs) == 0 || slices.ContainsFunc(t.Switches, func(s string) bool { return !strings.HasSuffix(s, " VPP") }) || len(t.Switches) < len(t.Hosts) {
		return slices.Concat(t.NICs, t.VPPNICs), t.Cables
	}
	for _, cable := range t.Cables {
		words := strings.Fields(cable)
		if slices.ContainsFunc(t.VPPNICs, func(nic string) bool { return strings.HasPrefix(nic, words[0]+" "+words[1]+" ") }) {
			cables = append(cables, cable)
		}
	}
	return t.VPPNICs, cables
}
