package sim

import (
	"fmt"
	"slices"
)

// Tunnelled says whether the network's traffic between hosts is in tunnels.
func (n *Network) Tunnelled() bool { return n.Type != "vlan" && n.Type != "flat" }

// Bridge returns the name of the network's bridge on hosts with Linux bridge.
func (n *Network) Bridge() string { return "brq" + n.ID[:11] }

// Tag returns the number that the host has for a network: a vlan of br-int, or a bridge domain of VPP. 0: it has none.
func (h *Host) Tag(n *Network) int { return h.tags[n] }

// Bridged are the networks that a host has a bridge of: those with a port there that is no virtual function.
func (h *Host) Bridged() []*Network {
	var networks []*Network
	for _, p := range h.Plugs {
		if !p.Direct && !slices.Contains(networks, p.Network) {
			networks = append(networks, p.Network)
		}
	}
	return networks
}

// Others are all other hosts.
func (c *Cloud) Others(h *Host) []*Host {
	return slices.DeleteFunc(slices.Clone(c.Hosts), func(other *Host) bool { return other == h })
}

// Peers are the other hosts to which a host that sets up tunnels for each network has one: those with the network.
func (c *Cloud) Peers(h *Host, n *Network) []*Host {
	if !n.Tunnelled() {
		return nil
	}
	return slices.DeleteFunc(c.Others(h), func(other *Host) bool { return !slices.Contains(other.Bridged(), n) })
}

// dataPhysnet is the physical network that flat tenant networks are on.
const dataPhysnet = "physnet2"

// Provider is how a host is in a physical network.
type Provider struct {
	Physnet string
	Bridge  string // of Open vSwitch
	Uplink  string // the NIC or bond
	Patched string // the bridge that the uplink is in, when that is another one; else ""
}

// Providers are the physical networks that a host is in: physnet1 and, where networks are flat, a second one on the NIC that
// has tunnels elsewhere.
func (c *Cloud) Providers(h *Host) []Provider {
	list := []Provider{{Physnet: c.Physnet, Bridge: "br-ex", Uplink: h.OVS.Uplink}}
	if c.Spec.Tunnel == "flat" {
		list = append(list, Provider{Physnet: dataPhysnet, Bridge: "br-data", Uplink: h.NICs[1].Name})
	}
	if c.Setup.Patched {
		for i := range list {
			list[i].Patched = "br-" + list[i].Uplink
		}
	}
	return list
}

// Uplink returns the NIC or bond by which a network without tunnels leaves the host.
func (h *Host) Uplink(n *Network) string {
	if n.Physnet == dataPhysnet {
		return h.NICs[1].Name
	}
	return h.OVS.Uplink
}

// Exit is a device of Linux bridge by which tunnelled traffic leaves the host.
type Exit struct {
	Name   string
	Remote *Host // nil: any of the network's
}

// Exits are the devices of a tunnelled network: vxlan has one for all, gre one for each other host with the network.
func (c *Cloud) Exits(h *Host, n *Network) []Exit {
	if n.Type != "gre" {
		return []Exit{{Name: fmt.Sprintf("vxlan-%d", n.Segment)}}
	}
	var exits []Exit
	for _, other := range c.Peers(h, n) {
		exits = append(exits, Exit{fmt.Sprintf("gre-%d-%d", n.Segment, slices.Index(c.Hosts, other)+1), other})
	}
	return exits
}
