package topology

import (
	"slices"

	"calipso.io/calipso/pkg/model"
)

// CabledTo returns the ids of the ports of switches that a NIC is cabled to, each once, and of these switches: what the
// NIC hears by LLDP says, and what the fabric's controller does.
func CabledTo(nic *model.Object) (ports, switches []string) {
	for _, end := range slices.Concat(nic.Maps("neighbors"), nic.Maps("fabric_ports")) {
		if id := text(end["switch_pnic"]); id != "" && !slices.Contains(ports, id) {
			ports = append(ports, id)
			switches = append(switches, text(end["switch"]))
		}
	}
	return ports, switches
}

// pnicSwitchPnics links NICs to the ports of switches that they are cabled to. The cable does not tell which networks
// the switch lets pass.
func pnicSwitchPnics(ix *index) []model.Link {
	var links []model.Link
	for _, nic := range ix.byType[model.TypeHostPnic] {
		ports, _ := CabledTo(nic)
		for _, id := range ports {
			if port := ix.byID[model.TypeSwitchPnic][id]; port != nil {
				link := Join(nic, port, ix.host+"-"+port.Str("switch"), nil)
				link.State = stateOf(nic)
				link.SourceLabel, link.TargetLabel = nic.Name, port.Name
				links = append(links, link)
			}
		}
	}
	return links
}

// switchPnicSwitchPnics links the uplinks of leafs to the downlinks of spines.
func switchPnicSwitchPnics(ix *index) []model.Link {
	var links []model.Link
	for _, uplink := range ix.byType[model.TypeSwitchPnic] {
		downlink := ix.byID[model.TypeSwitchPnic][uplink.Str("connected_to")]
		if downlink == nil || uplink.Str("role") != model.RoleUplink {
			continue
		}
		link := Join(uplink, downlink, uplink.Name, nil)
		if uplink.Str("state") == "down" || downlink.Str("state") == "down" {
			link.State = model.LinkDown
		}
		link.SourceLabel, link.TargetLabel = uplink.Name, downlink.Name
		link.Switch = uplink.Str("switch")
		links = append(links, link)
	}
	return links
}

// switchSwitchPnics links switches to their ports, whose role the links tell.
func switchSwitchPnics(ix *index) []model.Link {
	var links []model.Link
	for _, port := range ix.byType[model.TypeSwitchPnic] {
		if owner := ix.byID[model.TypeSwitch][port.Str("switch")]; owner != nil {
			link := Join(owner, port, owner.Name+"="+port.Name, nil)
			link.Switch, link.Attributes.Role = owner.ID, port.Str("role")
			links = append(links, link)
		}
	}
	return links
}
