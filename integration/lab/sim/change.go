package sim

import (
	"fmt"
	"slices"
)

// find returns the index of what a list has with an id.
func find[T any](what, id string, list []T, idOf func(T) string) (int, error) {
	at := slices.IndexFunc(list, func(v T) bool { return idOf(v) == id })
	if at < 0 {
		return at, fmt.Errorf("there is no %s %s", what, id)
	}
	return at, nil
}

func (c *Cloud) instance(id string) (*Instance, error) {
	at, err := find("instance", id, c.Instances, func(i *Instance) string { return i.ID })
	if err != nil {
		return nil, err
	}
	return c.Instances[at], nil
}

func (c *Cloud) network(id string) (*Network, error) {
	at, err := find("network", id, c.Networks, func(n *Network) string { return n.ID })
	if err != nil {
		return nil, err
	}
	return c.Networks[at], nil
}

func (c *Cloud) router(id string) (*Router, error) {
	at, err := find("router", id, c.Routers, func(r *Router) string { return r.ID })
	if err != nil {
		return nil, err
	}
	return c.Routers[at], nil
}

// RenameInstance gives an instance another name.
func (c *Cloud) RenameInstance(id, name string) error {
	c.Lock()
	defer c.Unlock()
	i, err := c.instance(id)
	if err == nil {
		i.Name = name
		c.version.Add(1)
	}
	return err
}

// RenameNetwork gives a network, and its subnet, another name.
func (c *Cloud) RenameNetwork(id, name string) error {
	c.Lock()
	defer c.Unlock()
	n, err := c.network(id)
	if err == nil {
		n.Name = name
		c.version.Add(1)
	}
	return err
}

// RenameRouter gives a router another name.
func (c *Cloud) RenameRouter(id, name string) error {
	c.Lock()
	defer c.Unlock()
	r, err := c.router(id)
	if err == nil {
		r.Name = name
		c.version.Add(1)
	}
	return err
}

// MoveInstance moves an instance to another compute host, as a live migration does.
func (c *Cloud) MoveInstance(id, host string) error {
	c.Lock()
	defer c.Unlock()
	i, err := c.instance(id)
	if err != nil {
		return err
	}
	to := c.Host(host)
	if to == nil || to.Controller {
		return fmt.Errorf("move instance %s: %s is not a compute host", id, host)
	}
	i.Host.Domains = slices.DeleteFunc(i.Host.Domains, func(other *Instance) bool { return other == i })
	to.next.domain++
	i.Host, i.Domain = to, to.next.domain
	to.Domains = append(to.Domains, i)
	for _, p := range i.Ports {
		c.unplug(p)
		c.plug(p, to)
	}
	c.version.Add(1)
	return nil
}

// unplug takes a port's devices away from its host.
func (c *Cloud) unplug(p *Port) {
	p.Host.Plugs = slices.DeleteFunc(p.Host.Plugs, func(other *Port) bool { return other == p })
	p.Host, p.Direct, p.VF = nil, false, 0
}

// AttachInterface gives an instance a further port.
func (c *Cloud) AttachInterface(instance, network string) (*Port, error) {
	c.Lock()
	defer c.Unlock()
	i, err := c.instance(instance)
	if err != nil {
		return nil, err
	}
	n, err := c.network(network)
	if err != nil {
		return nil, err
	}
	c.plugInstance(i, n)
	c.version.Add(1)
	return i.Ports[len(i.Ports)-1], nil
}

// DetachInterface takes a port away from its instance, and from the cloud.
func (c *Cloud) DetachInterface(instance, port string) error {
	c.Lock()
	defer c.Unlock()
	i, err := c.instance(instance)
	if err != nil {
		return err
	}
	at, err := find("port", port, i.Ports, func(p *Port) string { return p.ID })
	if err != nil {
		return err
	}
	c.disassociate(i.Ports[at])
	c.removePorts(i.Ports[at])
	i.Ports = slices.Delete(i.Ports, at, at+1)
	c.version.Add(1)
	return nil
}

// AddInterface joins a network to a router.
func (c *Cloud) AddInterface(router, network string) (*Port, error) {
	c.Lock()
	defer c.Unlock()
	r, err := c.router(router)
	if err != nil {
		return nil, err
	}
	n, err := c.network(network)
	if err != nil {
		return nil, err
	}
	p := c.newPort(n, OwnerInterface, r.ID, r.Project)
	c.plug(p, r.Host)
	r.Interfaces = append(r.Interfaces, p)
	c.version.Add(1)
	return p, nil
}

// RemoveInterface takes a router's port away.
func (c *Cloud) RemoveInterface(router, port string) error {
	c.Lock()
	defer c.Unlock()
	r, err := c.router(router)
	if err != nil {
		return err
	}
	at, err := find("interface", port, r.Interfaces, func(p *Port) string { return p.ID })
	if err != nil {
		return err
	}
	c.removePorts(r.Interfaces[at])
	r.Interfaces = slices.Delete(r.Interfaces, at, at+1)
	c.version.Add(1)
	return nil
}

// SetDHCP turns DHCP of a network's subnet on or off.
func (c *Cloud) SetDHCP(network string, on bool) error {
	c.Lock()
	defer c.Unlock()
	n, err := c.network(network)
	if err != nil || on == (n.DHCP != nil) {
		return err
	}
	if on {
		c.serve(n)
	} else {
		c.removePorts(n.DHCP)
		n.DHCP = nil
	}
	c.version.Add(1)
	return nil
}

// AddPort makes a port that nothing uses.
func (c *Cloud) AddPort(network string) (*Port, error) {
	c.Lock()
	defer c.Unlock()
	n, err := c.network(network)
	if err != nil {
		return nil, err
	}
	c.addSparePort(n)
	c.version.Add(1)
	return c.Ports[len(c.Ports)-1], nil
}

// RenamePort gives a port another name.
func (c *Cloud) RenamePort(id, name string) error {
	c.Lock()
	defer c.Unlock()
	at, err := find("port", id, c.Ports, func(p *Port) string { return p.ID })
	if err == nil {
		c.Ports[at].Name = name
		c.version.Add(1)
	}
	return err
}

// DeletePort removes a port that nothing uses.
func (c *Cloud) DeletePort(id string) error {
	c.Lock()
	defer c.Unlock()
	at, err := find("port", id, c.Ports, func(p *Port) string { return p.ID })
	if err != nil {
		return err
	}
	if c.Ports[at].DeviceOwner != "" {
		return fmt.Errorf("delete port %s: it is in use", id)
	}
	c.removePorts(c.Ports[at])
	c.version.Add(1)
	return nil
}

// AddRouter makes a router of a project that joins its networks.
func (c *Cloud) AddRouter(project, name string) (*Router, error) {
	c.Lock()
	defer c.Unlock()
	at, err := find("project", project, c.Projects, func(p *Project) string { return p.ID })
	if err != nil {
		return nil, err
	}
	c.addRouter(c.Projects[at], c.controllers()[0])
	r := c.Routers[len(c.Routers)-1]
	r.Name = name
	c.version.Add(1)
	return r, nil
}

// DeleteRouter removes a router with its ports and floating IPs.
func (c *Cloud) DeleteRouter(id string) error {
	c.Lock()
	defer c.Unlock()
	r, err := c.router(id)
	if err != nil {
		return err
	}
	for _, f := range r.Floating {
		c.removePorts(f.Port)
	}
	c.removePorts(append(slices.Clone(r.Interfaces), r.Gateway)...)
	c.Routers = slices.DeleteFunc(c.Routers, func(other *Router) bool { return other == r })
	if r.Project.Router == r {
		r.Project.Router = nil
	}
	c.version.Add(1)
	return nil
}

// AddFloatingIP gives a port of an instance an address of the external network, by way of a router.
func (c *Cloud) AddFloatingIP(router, port string) (*FloatingIP, error) {
	c.Lock()
	defer c.Unlock()
	r, err := c.router(router)
	if err != nil {
		return nil, err
	}
	at, err := find("port", port, c.Ports, func(p *Port) string { return p.ID })
	if err != nil {
		return nil, err
	}
	c.addFloatingIP(r, c.Ports[at])
	c.version.Add(1)
	return r.Floating[len(r.Floating)-1], nil
}

// DeleteFloatingIP removes a floating IP.
func (c *Cloud) DeleteFloatingIP(id string) error {
	c.Lock()
	defer c.Unlock()
	for _, r := range c.Routers {
		at := slices.IndexFunc(r.Floating, func(f *FloatingIP) bool { return f.ID == id })
		if at < 0 {
			continue
		}
		c.removePorts(r.Floating[at].Port)
		r.Floating = slices.Delete(r.Floating, at, at+1)
		c.version.Add(1)
		return nil
	}
	return fmt.Errorf("delete floating IP %s: there is none", id)
}

// SetStatus gives an instance a status of Nova's, as SHUTOFF.
func (c *Cloud) SetStatus(instance, status string) error {
	c.Lock()
	defer c.Unlock()
	i, err := c.instance(instance)
	if err != nil {
		return err
	}
	i.Status = status
	c.version.Add(1)
	return nil
}

// SetDead lets an agent of a host stop reporting, or report again.
func (c *Cloud) SetDead(host, agent string, dead bool) error {
	c.Lock()
	defer c.Unlock()
	for _, h := range c.Hosts {
		for i := range h.Agents {
			if h.Name == host && h.Agents[i].ID == agent {
				h.Agents[i].Dead = dead
				c.version.Add(1)
				return nil
			}
		}
	}
	return fmt.Errorf("agent %s of %s: there is none", agent, host)
}

// AddToAggregate makes a host a member of an aggregate.
func (c *Cloud) AddToAggregate(aggregate int, host string) error {
	c.Lock()
	defer c.Unlock()
	at, err := find("aggregate", fmt.Sprint(aggregate), c.Aggregates, func(a *Aggregate) string { return fmt.Sprint(a.ID) })
	if err != nil {
		return err
	}
	c.Aggregates[at].Hosts = append(c.Aggregates[at].Hosts, host)
	c.version.Add(1)
	return nil
}
