package sim

import (
	"net/netip"
	"slices"
)

func (c *Cloud) buildHosts() {
	number := 0
	for i := range c.Spec.Hosts {
		h := c.newHost(i)
		for s := range h.Services {
			number++
			h.Services[s].Number = number
		}
		c.Hosts = append(c.Hosts, h)
	}
	last := c.Hosts[len(c.Hosts)-1]
	c.Aggregates = []*Aggregate{{
		ID: 1, UUID: c.ids.uuid(), Name: "ssd-hosts", Hosts: []string{last.Name},
		Metadata: map[string]string{"disk": "ssd"}, Created: c.tick(),
	}}
}

func (c *Cloud) newHost(i int) *Host {
	h := &Host{
		Name: c.hostName(i), Controller: i < c.Spec.Controllers, NetBits: 24,
		Hypervisor: c.ids.uuid(), DHCPID: c.ids.uuid(), tags: map[*Network]int{}, spaces: map[string]int{},
	}
	if c.Spec.Hosts > 200 {
		h.NetBits = 16
	}
	h.Mechanism = c.mechanism(i)
	h.Hybrid = !h.Controller && h.Mechanism == OpenVSwitch && c.hybrid(i-c.Spec.Controllers)
	h.MgmtIP = nth(netip.MustParsePrefix("10.77.0.0/16"), i/200*256+11+i%200)
	h.TunnelIP = nth(netip.MustParsePrefix("10.78.0.0/16"), i/200*256+11+i%200)
	c.addNICs(h, i)
	h.LLDP = c.hasLLDP(i, h)
	c.addSwitch(h)
	c.addServices(h)
	return h
}

// mechanism says what the i-th host has.
func (c *Cloud) mechanism(i int) Mechanism {
	if c.Spec.Mechanism != Several {
		return c.Spec.Mechanism
	}
	if i < c.Spec.Controllers {
		return OpenVSwitch
	}
	return [...]Mechanism{OpenVSwitch, LinuxBridge, VPP}[(i-c.Spec.Controllers)%3]
}

// hybrid says how the n-th compute host plugs.
func (c *Cloud) hybrid(n int) bool {
	// Security groups needed a linux bridge before there was a firewall of Open vSwitch itself.
	return c.Spec.Plugging == Hybrid || c.Spec.Plugging == Mixed && (n%2 == 0 || c.Release < Newton)
}

// addNICs gives the host a NIC for management, one for tunnels and one, or a bond of two, for physnet1.
func (c *Cloud) addNICs(h *Host, i int) {
	names := slices.Clone(c.Setup.NICs[:])
	if h.Mechanism == VPP {
		names = []string{names[0], "GigabitEthernet0/4/0", "TenGigabitEthernet5/0/0"}
	}
	bonded := c.Spec.Bonds && !h.Controller && h.Mechanism != VPP
	if bonded {
		names = append(names, "ens6")
	}
	if c.Spec.SRIOV && !h.Controller && h.Mechanism != VPP {
		names = append(names, SRIOVNIC)
	}
	for k, name := range names {
		nic := NIC{Name: name, MAC: c.ids.mac(), Index: 2 + k, Peer: 8 + i*len(names) + k, VPP: h.Mechanism == VPP && k > 0}
		if name == SRIOVNIC {
			nic.VFs = maxVFs
		}
		h.NICs = append(h.NICs, nic)
	}
	h.NICs[0].Addr = h.MgmtIP
	h.OVS.Uplink, h.next.index = names[2], 2+len(names)
	if bonded {
		h.Bond = &Bond{Name: "bond0", MAC: h.NICs[2].MAC, Index: h.next.index, Members: names[2:4], Team: c.Spec.Teams}
		h.OVS.Uplink = h.Bond.Name
		h.next.index++
	}
	c.addTunnelDev(h)
}

// SRIOVNIC is the NIC with virtual functions.
const SRIOVNIC = "ens7"

// maxVFs is how many it has.
const maxVFs = 8

// addTunnelDev puts the tunnel address on the second NIC, or on what the distribution has it on, or on a VLAN of the bond.
// Without tunnels there is none.
func (c *Cloud) addTunnelDev(h *Host) {
	switch {
	case !c.Tunnels():
	case c.Setup.OnlyAddress && h.Mechanism != VPP:
		h.TunnelDev, h.TunnelIP = TunnelDev{Name: h.NICs[0].Name, MAC: h.NICs[0].MAC}, h.MgmtIP
	case c.Setup.Mesh != "" && h.Mechanism != VPP:
		h.TunnelDev = TunnelDev{Name: h.NICs[1].Name, MAC: h.NICs[1].MAC, Bridge: c.Setup.Mesh, Index: h.next.index}
		h.next.index++
	case h.Bond != nil && c.Spec.TunnelVLAN:
		h.TunnelDev = TunnelDev{Name: h.Bond.Name + ".30", MAC: h.Bond.MAC, VLAN: 30, Index: h.next.index}
		h.next.index++
	default:
		h.TunnelDev = TunnelDev{Name: h.NICs[1].Name, MAC: h.NICs[1].MAC}
		h.NICs[1].Addr = h.TunnelIP
	}
}

// Tunnels says whether the cloud has tunnels.
func (c *Cloud) Tunnels() bool { return c.Spec.Tunnel != "vlan" && c.Spec.Tunnel != "flat" }

func (c *Cloud) addSwitch(h *Host) {
	h.OVS.ID, h.OVS.FirstDev = c.ids.uuid(), h.next.index
	h.OVS.Devices = []string{"ovs-" + c.Setup.Datapath, "br-int", "br-ex", "br-tun"}
	// Ports 0 to 5 of the datapath are its own, the bridges, the uplinks and the tunnel device.
	h.next.port = 6
	for _, p := range c.Providers(h) {
		if p.Bridge != "br-ex" {
			h.OVS.Devices[3] = p.Bridge
		}
		if p.Patched != "" {
			h.OVS.Devices = append(h.OVS.Devices, p.Patched)
			h.next.port++
		}
	}
	for range h.OVS.Devices {
		h.OVS.MACs = append(h.OVS.MACs, c.ids.mac())
		h.next.index++
	}
}

func (c *Cloud) addServices(h *Host) {
	service := func(binary, zone string) {
		h.Services = append(h.Services, Service{ID: c.ids.uuid(), Binary: binary, Zone: zone})
	}
	agent := func(kind, binary, topic, zone string) {
		h.Agents = append(h.Agents, Agent{ID: c.ids.uuid(), Type: kind, Binary: binary, Topic: topic, Zone: zone})
	}
	switch h.Mechanism { // VPP has none
	case OpenVSwitch:
		agent("Open vSwitch agent", "neutron-openvswitch-agent", "N/A", "")
	case LinuxBridge:
		agent("Linux bridge agent", "neutron-linuxbridge-agent", "N/A", "")
	}
	if !h.Controller {
		service("nova-compute", "nova")
		if c.Spec.SRIOV && h.Mechanism != VPP {
			agent("NIC Switch agent", "neutron-sriov-nic-agent", "N/A", "")
		}
		return
	}
	service("nova-scheduler", "internal")
	service("nova-conductor", "internal")
	agent("Metadata agent", "neutron-metadata-agent", "N/A", "")
	agent("L3 agent", "neutron-l3-agent", "l3_agent", "nova")
	agent("DHCP agent", "neutron-dhcp-agent", "dhcp_agent", "nova")
}

func (c *Cloud) controllers() []*Host { return c.Hosts[:c.Spec.Controllers] }

// Host returns the host of that name or address, or nil.
func (c *Cloud) Host(name string) *Host {
	for _, h := range c.Hosts {
		if h.Name == name || h.MgmtIP.String() == name {
			return h
		}
	}
	return nil
}
