package topology

import (
	"strings"

	"calipso.io/calipso/pkg/model"
)

// vconnectorVedges links bridges to the virtual switch. Those of hybrid plugging: a port qvoX of the switch is one end of
// a pair whose other end, qvbX, is in the bridge. Bridge domains of VPP: what is in them are ports of the switch.
func vconnectorVedges(ix *index) []model.Link {
	bridges := ix.bridgesByInterface()
	var links []model.Link
	for _, p := range ix.ports {
		rest, pair := strings.CutPrefix(p.name, "qvo")
		inside := "qvb" + rest
		if p.vpp() {
			pair, inside = true, p.name
		}
		bridge := bridges[inside]
		if !pair || bridge == nil {
			continue
		}
		link := Join(bridge, p.vedge, tagged("port-"+p.id, p), ix.bridgeNetworks(bridge))
		link.SourceLabel, link.TargetLabel = inside, p.name
		link.Attributes.MACAddress = interfaceMAC(bridge, inside)
		link.Attributes.VedgeType = p.vedge.Str("vedge_type")
		links = append(links, link)
	}
	return links
}

func (ix *index) bridgesByInterface() map[string]*model.Object {
	bridges := map[string]*model.Object{}
	for _, bridge := range ix.byType[model.TypeVconnector] {
		for _, name := range bridge.Strs("interfaces_names") {
			bridges[name] = bridge
		}
	}
	return bridges
}

func interfaceMAC(bridge *model.Object, name string) string {
	for _, i := range bridge.Maps("interfaces") {
		if mac := text(i["mac_address"]); mac != "" && text(i["name"]) == name {
			return mac
		}
	}
	return "Unknown"
}

// vedgePnics links virtual switches to the NICs that are their ports: these carry the networks of the physical
// networks that the switch's bridges are mapped to.
func vedgePnics(ix *index) []model.Link {
	var links []model.Link
	for _, p := range ix.ports {
		nic := ix.nicOf(p)
		if nic == nil {
			continue
		}
		link := Join(p.vedge, nic, "Port-"+p.id, ix.mapped(nic.Strs("physical_networks")))
		link.State = stateOf(nic)
		link.Attributes.VedgeType = p.vedge.Str("vedge_type")
		links = append(links, link)
	}
	return links
}
