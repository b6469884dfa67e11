package topology

import (
	"slices"
	"strings"

	"calipso.io/calipso/pkg/model"
)

// segment is what a network looks like outside of the hosts: most networks have one, multi-segment networks several.
type segment struct {
	network *model.Object
	kind    string // provider:network_type
	physnet string // provider:physical_network
	id      string // provider:segmentation_id; "" when there is none
}

// tunnelled tells whether the segment's traffic leaves a host from the host's tunnel address.
func (s segment) tunnelled() bool { return s.kind == "vxlan" || s.kind == "gre" || s.kind == "geneve" }

// mapped tells whether the segment's traffic leaves a host by NICs that are in one of the physical networks.
func (s segment) mapped(physnets []string) bool {
	return s.physnet != "" && !s.tunnelled() && slices.Contains(physnets, s.physnet)
}

func segmentsOf(network *model.Object) []segment {
	parts := network.Maps("segments")
	if network.Str("provider:network_type") != "" || len(parts) == 0 {
		parts = []map[string]any{network.Attrs}
	}
	segments := make([]segment, 0, len(parts))
	for _, p := range parts {
		segments = append(segments, segment{
			network: network,
			kind:    text(p["provider:network_type"]),
			physnet: text(p["provider:physical_network"]),
			id:      text(p["provider:segmentation_id"]),
		})
	}
	return segments
}

// presentSegments returns the segments of the networks that ports or vnics of the host are on: only their traffic gets
// to the host.
func (ix *index) presentSegments() []segment {
	var present []string
	for _, p := range ix.byType[model.TypePort] {
		present = append(present, p.Str("network_id"))
	}
	for _, vnic := range ix.byType[model.TypeVnic] {
		present = append(present, ix.networksOf(vnic)...)
	}
	var segments []segment
	for _, id := range union(present) {
		if network := ix.networks[id]; network != nil {
			segments = append(segments, segmentsOf(network)...)
		}
	}
	return segments
}

// tunnelled returns the tunnelled networks that are present on the host. It is never nil.
func (ix *index) tunnelled() []string { return ix.presentNetworks(segment.tunnelled) }

// mapped returns the networks that are present on the host and in one of the physical networks. It is never nil.
func (ix *index) mapped(physnets []string) []string {
	return ix.presentNetworks(func(s segment) bool { return s.mapped(physnets) })
}

func (ix *index) presentNetworks(match func(segment) bool) []string {
	var networks []string
	for _, s := range ix.present {
		if match(s) {
			networks = append(networks, s.network.ID)
		}
	}
	return union(networks)
}

// networksOf returns the networks of a vnic: those that discovery found or else that of the instance's port whose
// interface or MAC address it has. It is nil when the vnic's network is not known.
func (ix *index) networksOf(vnic *model.Object) []string {
	if networks := vnic.Strs("network"); len(networks) > 0 {
		return networks
	}
	id, _ := ix.portNetwork(vnic)
	return model.Strings(id)
}

// networkName returns the name of a vnic's network, "" when it is not known.
func (ix *index) networkName(vnic *model.Object) string {
	for _, id := range vnic.Strs("network") {
		if network := ix.networks[id]; network != nil {
			return network.Name
		}
	}
	_, label := ix.portNetwork(vnic)
	return label
}

// portNetwork looks a vnic up in its instance's network_info, and returns the id and the label of the network there.
func (ix *index) portNetwork(vnic *model.Object) (id, label string) {
	instance := ix.instanceOf(vnic)
	if instance == nil {
		return "", ""
	}
	for _, info := range instance.Maps("network_info") {
		mac := strings.ToLower(text(info["address"]))
		if ix.vnic(text(info["devname"])) == vnic || mac != "" && mac == macOf(vnic) {
			network, _ := info["network"].(map[string]any)
			return text(network["id"]), text(network["label"])
		}
	}
	return "", ""
}

// instanceOf returns the instance that a vnic belongs to, or nil.
func (ix *index) instanceOf(vnic *model.Object) *model.Object {
	if vnic.Str("vnic_type") != model.VnicInstance {
		return nil
	}
	return ix.byID[model.TypeInstance][vnic.Str("instance_id")]
}

// bridgeNetworks returns the networks of what is plugged into a vconnector. It is never nil.
func (ix *index) bridgeNetworks(bridge *model.Object) []string {
	var networks [][]string
	for vnic, in := range ix.bridgeOf {
		if in == bridge {
			networks = append(networks, ix.networksOf(vnic))
		}
	}
	if len(networks) == 0 {
		networks = append(networks, bridge.Strs("network"))
	}
	return union(networks...)
}

// union returns what is in any of the lists, sorted and without duplicates: an empty list, not nil, when there is
// nothing, since a link that carries no network says so.
func union(lists ...[]string) []string {
	all := append([]string{}, slices.Concat(lists...)...)
	slices.Sort(all)
	return slices.Compact(all)
}
