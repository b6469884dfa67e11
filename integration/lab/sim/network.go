package sim

import (
	"fmt"
	"net/netip"
	"slices"
)

// AddNetwork makes a network of the cloud's tunnel type, or of type vlan, with a subnet and DHCP. Any name will do.
func (c *Cloud) AddNetwork(name, networkType string) (*Network, error) {
	c.Lock()
	defer c.Unlock()
	var n *Network
	switch networkType {
	case c.Spec.Tunnel:
		if networkType == "flat" {
			return nil, fmt.Errorf("add network %q: each physical network has one flat network", name)
		}
		n = c.addTenantNetwork(name, c.tenants()[0])
	case "vlan":
		n = c.addVLAN()
		n.Name = name
	default:
		return nil, fmt.Errorf("add network %q: type %q: %s or vlan", name, networkType, c.Spec.Tunnel)
	}
	c.version.Add(1)
	return n, nil
}

// DeleteNetwork removes a network with its DHCP port, router interfaces and unused ports. Instances must not be on it.
func (c *Cloud) DeleteNetwork(id string) error {
	c.Lock()
	defer c.Unlock()
	at := slices.IndexFunc(c.Networks, func(n *Network) bool { return n.ID == id })
	if at < 1 {
		return fmt.Errorf("delete network %s: there is none, or it is the external one", id)
	}
	network := c.Networks[at]
	var ports []*Port
	for _, p := range c.Ports {
		if p.Network == network && p.DeviceOwner == OwnerInstance {
			return fmt.Errorf("delete network %s: instance %s is on it", id, p.DeviceID)
		} else if p.Network == network {
			ports = append(ports, p)
		}
	}
	c.removePorts(ports...)
	c.Networks = slices.Delete(c.Networks, at, at+1)
	c.forgetNetwork(network)
	c.version.Add(1)
	return nil
}

func (c *Cloud) forgetNetwork(n *Network) {
	n.Project.Networks = slices.DeleteFunc(n.Project.Networks, func(o *Network) bool { return o == n })
	for _, r := range c.Routers {
		r.Interfaces = slices.DeleteFunc(r.Interfaces, func(p *Port) bool { return p.Network == n })
	}
}

func (c *Cloud) addTenantNetwork(name string, project *Project) *Network {
	cidr := block("10.16.0.0", c.Spec.subnetBits(), c.numbers.tenantNet)
	c.numbers.tenantNet++
	n := &Network{Name: name, Project: project, Type: c.Spec.Tunnel}
	switch n.Type {
	case "flat":
		n.Physnet = dataPhysnet
	case "vlan":
		n.Physnet, n.Segment = c.Physnet, 100+c.Spec.VLANs+c.numbers.tenantNet
	default: // segments are spread over the range, and unique: 7919 has no factor in common with 65536
		n.Segment = c.numbers.tenantNet * 7919 % 65536
	}
	c.addNetwork(n, cidr)
	project.Networks = append(project.Networks, n)
	return n
}

func (c *Cloud) addVLAN() *Network {
	cidr := block("172.16.0.0", c.Spec.subnetBits(), c.numbers.vlanNet)
	c.numbers.vlanNet++
	segment := 100 + c.numbers.vlanNet
	n := &Network{Name: fmt.Sprintf("provider-%d", segment), Project: c.admin(), Type: "vlan", Physnet: c.Physnet, Segment: segment, Shared: true}
	c.addNetwork(n, cidr)
	return n
}

// addNetwork fills in what follows from the type and the subnet, and starts DHCP unless the network is external.
func (c *Cloud) addNetwork(n *Network, cidr netip.Prefix) {
	n.ID, n.Subnet, n.MTU, n.Created = c.ids.uuid(), c.ids.uuid(), mtus[n.Type], c.tick()
	n.CIDR, n.Gateway, n.used = cidr, nth(cidr, 1), 1
	c.Networks = append(c.Networks, n)
	if !n.External {
		c.serve(n)
	}
}

// serve starts a network's DHCP server.
func (c *Cloud) serve(n *Network) {
	host := c.controllers()[len(c.Networks)%c.Spec.Controllers]
	n.DHCP = c.newPort(n, OwnerDHCP, "dhcp"+host.DHCPID+"-"+n.ID, n.Project)
	c.plug(n.DHCP, host)
}

// addRouter makes a router that joins the project's networks, with a gateway on the external network.
func (c *Cloud) addRouter(p *Project, host *Host) {
	r := &Router{ID: c.ids.uuid(), Name: p.Name + "-router", Project: p, Host: host, Created: c.tick()}
	for _, n := range p.Networks {
		port := c.newPort(n, OwnerInterface, r.ID, p)
		n.used-- // routers have the gateway's address
		port.Address = n.Gateway
		c.plug(port, host)
		r.Interfaces = append(r.Interfaces, port)
	}
	r.Gateway = c.newPort(c.Networks[0], OwnerGateway, r.ID, nil)
	c.plug(r.Gateway, host)
	p.Router = r
	c.Routers = append(c.Routers, r)
}

func (c *Cloud) addFloatingIP(r *Router, target *Port) {
	id := c.ids.uuid()
	port := c.newPort(c.Networks[0], OwnerFloating, id, nil)
	r.Floating = append(r.Floating, &FloatingIP{ID: id, Port: port, Target: target, Created: c.tick()})
}

// Range returns the first and the last address that ports of the network can get.
func (n *Network) Range() (first, last netip.Addr) {
	return nth(n.CIDR, 2), nth(n.CIDR, 1<<(32-n.CIDR.Bits())-2)
}
