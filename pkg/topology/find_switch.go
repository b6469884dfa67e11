package topology

import "calipso.io/calipso/pkg/model"

// CabledTo returns the ids of the ports of switches that a NIC is cabled to, and of these switches: what its attribute
// neighbors says.
func CabledTo(nic *model.Object) (ports, switches []string) {
	for _, neighbor := range nic.Maps("neighbors") {
		if id := text(neighbor["switch_pnic"]); id != "" {
			ports = append(ports, id)
			switches = append(switches, text(neighbor["switch"]))
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
				link := join(nic, port, ix.host+"-"+port.Str("switch"), nil)
				link.State = stateOf(nic)
				link.SourceLabel, link.TargetLabel = nic.Name, port.Name
				links = append(links, link)
			}
		}
	}
	return links
}

// switchSwitchPnics links switches to their ports.
func switchSwitchPnics(ix *index) []model.Link {
	var links []model.Link
	for _, port := range ix.byType[model.TypeSwitchPnic] {
		if owner := ix.byID[model.TypeSwitch][port.Str("switch")]; owner != nil {
			link := join(owner, port, owner.Name+"="+port.Name, nil)
			link.Switch = owner.ID
			links = append(links, link)
		}
	}
	return links
}
