package topology

import (
	"slices"
	"strings"

	"calipso.io/calipso/pkg/model"
)

// vnicPnics links vnics to the NICs of which they have a virtual function: the one with the vnic's MAC address.
func vnicPnics(ix *index) []model.Link {
	vnics := map[string][]*model.Object{}
	for _, vnic := range ix.byType[model.TypeVnic] {
		if mac := macOf(vnic); mac != "" && vnic.Str("vnic_type") == model.VnicInstance {
			vnics[mac] = append(vnics[mac], vnic)
		}
	}
	var links []model.Link
	for _, nic := range ix.byType[model.TypeHostPnic] {
		for _, vf := range nic.Maps("vfs") {
			for _, vnic := range vnics[strings.ToLower(text(vf["mac_address"]))] {
				link := Join(vnic, nic, "VF-"+text(vf["vf"]), union(ix.networksOf(vnic)))
				link.State = stateOf(nic)
				link.SourceLabel, link.TargetLabel = vnic.Str("mac_address"), "vf "+text(vf["vf"])
				link.Attributes.MACAddress = vnic.Str("mac_address")
				links = append(links, link)
			}
		}
	}
	return links
}

// pnicPnics links NICs to those below them: bonds to their members, VLANs to the device that they are on. They carry
// what the one above carries.
func pnicPnics(ix *index) []model.Link {
	carried := map[[2]*model.Object][]string{}
	tunnels := ix.tunnelNICs()
	for _, nic := range ix.byType[model.TypeHostPnic] {
		networks := ix.mapped(nic.Strs("physical_networks"))
		if tunnels[nic] {
			networks = union(networks, ix.tunnelled())
		}
		ix.carryDown(nic, networks, carried, 0)
	}
	var links []model.Link
	for ends, networks := range carried {
		link := Join(ends[0], ends[1], ends[0].Name+"-"+ends[1].Name, networks)
		link.State = stateOf(ends[1])
		links = append(links, link)
	}
	return links
}

// maxStack limits how deep NICs stand on each other: a VLAN in a VLAN on a bond needs three.
const maxStack = 4

// carryDown adds networks to what leads from a NIC to those below it, and further down.
func (ix *index) carryDown(nic *model.Object, networks []string, carried map[[2]*model.Object][]string, depth int) {
	if depth == maxStack {
		return
	}
	for _, below := range ix.below(nic) {
		ends := [2]*model.Object{nic, below}
		carried[ends] = union(carried[ends], networks)
		ix.carryDown(below, networks, carried, depth+1)
	}
}

// below returns the NICs that a bond or a VLAN consists of.
func (ix *index) below(nic *model.Object) []*model.Object {
	names := nic.Strs("lower")
	for _, member := range nic.Maps("members") {
		names = append(slices.Clone(names), text(member["name"]))
	}
	var nics []*model.Object
	for _, name := range names {
		if lower := ix.nics[name]; lower != nil && lower != nic {
			nics = append(nics, lower)
		}
	}
	return nics
}
