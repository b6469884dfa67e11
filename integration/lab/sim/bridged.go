package sim

import "slices"

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
