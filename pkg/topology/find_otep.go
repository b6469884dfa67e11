package topology

import "calipso.io/calipso/pkg/model"

// vedgeOteps links virtual switches to their tunnel end points.
func vedgeOteps(ix *index) []model.Link {
	var links []model.Link
	for _, otep := range ix.byType[model.TypeOtep] {
		if vedge := ix.byID[model.TypeVedge][otep.ParentID]; vedge != nil {
			link := Join(vedge, otep, vedge.Name+"-otep", ix.tunnelled())
			link.Attributes.VedgeType = vedge.Str("vedge_type")
			links = append(links, link)
		}
	}
	return links
}

// otepVconnectors links tunnel end points to the linux bridge that they are in, and to the one that has their address.
func otepVconnectors(ix *index) []model.Link {
	var links []model.Link
	for _, otep := range ix.byType[model.TypeOtep] {
		if home := ix.bridgeOfOtep(otep); home != nil {
			links = append(links, Join(otep, home, otep.Name+"-"+home.Name, ix.through(otep)))
		}
		if bridge, _ := ix.tunnelWay(otep); bridge != nil {
			links = append(links, Join(otep, bridge, otep.Name+"-"+bridge.Name, ix.through(otep)))
		}
	}
	return links
}

// bridgeOfOtep returns the linux bridge that a tunnel end point is in; nil when it is a switch's.
func (ix *index) bridgeOfOtep(otep *model.Object) *model.Object {
	if otep.ParentType != model.TypeVconnector {
		return nil
	}
	return ix.byID[model.TypeVconnector][otep.ParentID]
}

// through returns the networks whose traffic goes through a tunnel end point: what is in its bridge or, when it is a
// switch's, all tunnelled ones. It is never nil.
func (ix *index) through(otep *model.Object) []string {
	if bridge := ix.bridgeOfOtep(otep); bridge != nil {
		return ix.bridgeNetworks(bridge)
	}
	return ix.tunnelled()
}

// otepPnics links tunnel end points to the NICs that carry their traffic, unless a linux bridge is between them.
func otepPnics(ix *index) []model.Link {
	var links []model.Link
	for _, otep := range ix.byType[model.TypeOtep] {
		bridge, nics := ix.tunnelWay(otep)
		if bridge != nil {
			continue
		}
		for _, nic := range nics {
			links = append(links, Join(otep, nic, ix.host+"-pnic-"+nic.Name, ix.through(otep)))
		}
	}
	return links
}

// tunnelWay returns how the traffic of a tunnel end point leaves the host: by the NIC with its address, or through the
// linux bridge with its address and that bridge's NICs, or, when something else has the address, such as a port of an
// OVS bridge, by the NICs of which discovery says that they carry tunnels.
func (ix *index) tunnelWay(otep *model.Object) (bridge *model.Object, nics []*model.Object) {
	for _, nic := range ix.byType[model.TypeHostPnic] {
		if hasAddress(nic, otep.Str("ip_address")) {
			nics = append(nics, nic)
		}
	}
	if len(nics) > 0 {
		return nil, nics
	}
	holder := otep.Str("vconnector")
	if ix.bridgeOfOtep(otep) != nil {
		holder = otep.Str("address_device")
	}
	if bridge = ix.vconnector(holder); bridge != nil {
		return bridge, ix.nicsIn(bridge)
	}
	for _, nic := range ix.byType[model.TypeHostPnic] {
		if nic.Bool("tunnel") {
			nics = append(nics, nic)
		}
	}
	return nil, nics
}

func hasAddress(nic *model.Object, address string) bool {
	for _, attr := range []string{"IP Address", "IPv6 Address"} {
		for _, own := range nic.Strs(attr) {
			if address != "" && own == address {
				return true
			}
		}
	}
	return false
}
