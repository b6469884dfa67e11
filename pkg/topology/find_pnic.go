package topology

import (
	"strings"

	"calipso.io/calipso/pkg/model"
)

// vconnectorPnics links linux bridges to the NICs in them. These carry what is plugged into the bridge and, when the
// bridge has the host's tunnel address, the tunnelled networks.
func vconnectorPnics(ix *index) []model.Link {
	tunnels := map[*model.Object]bool{}
	for _, otep := range ix.byType[model.TypeOtep] {
		bridge, _ := ix.tunnelWay(otep)
		tunnels[bridge] = true
	}
	var links []model.Link
	for _, bridge := range ix.byType[model.TypeVconnector] {
		networks := ix.bridgeNetworks(bridge)
		if tunnels[bridge] {
			networks = union(networks, ix.tunnelled())
		}
		for _, nic := range ix.nicsIn(bridge) {
			links = append(links, Join(bridge, nic, nic.Name, networks))
		}
	}
	return links
}

// nicsIn returns the NICs in a linux bridge. An interface with a VLAN suffix, as in eth1.101, that is not itself a NIC
// stands for the NIC below it.
func (ix *index) nicsIn(bridge *model.Object) []*model.Object {
	var nics []*model.Object
	for _, name := range bridge.Strs("interfaces_names") {
		below, _, _ := strings.Cut(name, ".")
		if nic := ix.nics[name]; nic != nil {
			nics = append(nics, nic)
		} else if nic := ix.nics[below]; nic != nil {
			nics = append(nics, nic)
		}
	}
	return nics
}

// pnicNetworks links NICs to the networks whose traffic leaves the host by them: tunnelled networks to the NICs that
// carry the host's tunnels, vlan and flat networks to the NICs in their physical network.
func pnicNetworks(ix *index) []model.Link {
	tunnels := ix.tunnelNICs()
	var links []model.Link
	for _, nic := range ix.byType[model.TypeHostPnic] {
		physnets := nic.Strs("physical_networks")
		for _, s := range ix.present {
			if s.tunnelled() && tunnels[nic] || s.mapped(physnets) {
				links = append(links, pnicNetwork(nic, s))
			}
		}
	}
	return links
}

func pnicNetwork(nic *model.Object, s segment) model.Link {
	id := s.id
	if id == "" {
		id = "None"
	}
	link := Join(nic, s.network, "Segment-"+id, []string{s.network.ID})
	link.State = stateOf(nic)
	if number := text(nic.Attrs["port_id"]); number != "" {
		link.SourceLabel = "port-" + number
	}
	return link
}

// tunnelNICs returns the NICs that carry the host's tunnels: those that discovery found to, and those that tunnel end
// points lead to.
func (ix *index) tunnelNICs() map[*model.Object]bool {
	tunnels := map[*model.Object]bool{}
	for _, nic := range ix.byType[model.TypeHostPnic] {
		if nic.Bool("tunnel") {
			tunnels[nic] = true
		}
	}
	for _, otep := range ix.byType[model.TypeOtep] {
		_, nics := ix.tunnelWay(otep)
		for _, nic := range nics {
			tunnels[nic] = true
		}
	}
	return tunnels
}

// stateOf returns the state of what ends in a NIC: by whether it has a link or, when ethtool did not say, by whether
// it is up.
func stateOf(nic *model.Object) string {
	detected := nic.Str("Link detected")
	if detected == "yes" || detected == "" && nic.Str("state") == "UP" {
		return model.LinkUp
	}
	return model.LinkDown
}
