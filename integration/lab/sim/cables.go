package sim

import (
	"fmt"
	"net/netip"
)

// Neighbor is who is at the other end of a NIC's cable, as it tells by LLDP.
type Neighbor struct {
	NIC         string
	System      string
	Chassis     string // a MAC address
	Description string
	Address     netip.Addr
	Bridge      bool // what it is: a bridge, or else a station
	Port        string
	PortMAC     string // what it sends as the port's id; "": the port's name
	PortText    string // how it describes the port; "": by its name
}

// hasLLDP says whether the i-th host listens for neighbours. Where there is a fabric, every second one does, and those with
// a bond.
func (c *Cloud) hasLLDP(i int, h *Host) bool {
	if c.Spec.Fabric {
		return i%2 == 0 || h.Bond != nil
	}
	return c.Spec.Leafs || c.Spec.Hosts <= maxOnWire
}

// maxOnWire is how many hosts may be on one wire, where each hears every other.
const maxOnWire = 8

// Neighbors are what a host's NICs hear. On one wire these are the other hosts, on the NICs that are in no bridge; those in
// one of Open vSwitch's user space hear nothing.
func (c *Cloud) Neighbors(h *Host) []Neighbor {
	switch {
	case !h.LLDP:
		return nil
	case c.Spec.Fabric:
		return c.heardFrom(h)
	case c.Spec.Leafs:
		return c.leafs(h)
	}
	var neighbors []Neighbor
	unbridged := 2
	if c.Spec.Tunnel == "flat" {
		unbridged = 1
	}
	for k := range h.NICs[:unbridged] {
		for _, other := range c.Hosts {
			if other == h || h.NICs[k].VPP || other.NICs[k].VPP {
				continue
			}
			neighbors = append(neighbors, Neighbor{
				NIC: h.NICs[k].Name, System: other.Name, Chassis: other.NICs[0].MAC, Address: other.MgmtIP, Bridge: other.Hybrid,
				Description: c.Setup.OS.Name + " " + c.Setup.OS.Version + " Linux 6.1.0-18-amd64 #1 SMP PREEMPT_DYNAMIC x86_64",
				Port:        other.NICs[k].Name, PortMAC: other.NICs[k].MAC,
			})
		}
	}
	return neighbors
}

// perLeaf is how many hosts are cabled to one pair of leafs.
const perLeaf = 16

// leafs are the switches of a host's rack: its NICs go to them by turns.
func (c *Cloud) leafs(h *Host) []Neighbor {
	at := 0
	for c.Hosts[at] != h {
		at++
	}
	var neighbors []Neighbor
	for k, nic := range h.NICs {
		if nic.VPP {
			continue
		}
		number := 2*(at/perLeaf) + k%2 + 1
		neighbors = append(neighbors, Neighbor{
			NIC: nic.Name, System: fmt.Sprintf("leaf-%d", number), Chassis: fmt.Sprintf("00:3a:7d:00:%02x:%02x", number>>8, number&255),
			Description: "Cisco Nexus Operating System (NX-OS) Software 9.3(5)", Address: nth(netip.MustParsePrefix("10.79.0.0/16"), number),
			Bridge: true, Port: fmt.Sprintf("Ethernet1/%d", at%perLeaf*6+k+1),
		})
	}
	return neighbors
}
