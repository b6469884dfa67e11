package sim

import (
	"fmt"
	"slices"
)

// newPort makes a port on a network and gives it the next address.
func (c *Cloud) newPort(n *Network, owner, device string, project *Project) *Port {
	n.used++
	p := &Port{
		ID: c.ids.uuid(), Network: n, Project: project, MAC: c.ids.portMAC(), Address: nth(n.CIDR, n.used),
		DeviceID: device, DeviceOwner: owner, Created: c.tick(),
	}
	c.Ports = append(c.Ports, p)
	return p
}

// plug binds a port to a host and makes its devices there.
func (c *Cloud) plug(p *Port, h *Host) {
	p.Host = h
	if c.direct(p) {
		p.Direct, p.VF = true, h.next.vf
		h.next.vf++
		h.Plugs = append(h.Plugs, p)
		return
	}
	p.Index, p.Number = h.next.index, h.next.port
	h.next.index++
	h.next.port++
	if p.Hybrid() {
		h.next.index += 3 // qbr, qvo, qvb and tap
		p.BridgeMAC, p.SwitchMAC = c.ids.mac(), c.ids.mac()
	}
	if h.tags[p.Network] == 0 {
		h.tags[p.Network] = len(h.tags) + 1
	}
	p.Tag = h.tags[p.Network]
	if space := p.Namespace(); space != "" && h.spaces[space] == 0 {
		h.spaces[space] = len(h.spaces) + 1
	}
	h.Plugs = append(h.Plugs, p)
}

// direct says whether a port becomes a virtual function: every other one of instances on vlan networks, as long as there
// are any left.
func (c *Cloud) direct(p *Port) bool {
	h := p.Host
	if !c.Spec.SRIOV || h.Controller || h.Mechanism == VPP || p.DeviceOwner != OwnerInstance || p.Network.Type != "vlan" {
		return false
	}
	c.numbers.vlanPort++
	return c.numbers.vlanPort%2 == 1 && h.next.vf < maxVFs
}

// removePorts takes ports away from the cloud and their hosts.
func (c *Cloud) removePorts(ports ...*Port) {
	gone := func(p *Port) bool { return slices.Contains(ports, p) }
	for _, p := range ports {
		if p.Host != nil {
			p.Host.Plugs = slices.DeleteFunc(p.Host.Plugs, gone)
		}
	}
	c.Ports = slices.DeleteFunc(c.Ports, gone)
}

// addSparePort makes a port that nothing uses.
func (c *Cloud) addSparePort(n *Network) {
	c.numbers.spare++
	p := c.newPort(n, "", "", n.Project)
	p.Name = fmt.Sprintf("spare-%d", c.numbers.spare)
}
