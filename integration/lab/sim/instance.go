package sim

import (
	"fmt"
	"slices"
)

// AddInstance starts an instance on a compute host, with a port on each of the networks. Any name will do.
func (c *Cloud) AddInstance(name, host string, networks ...string) (*Instance, error) {
	c.Lock()
	defer c.Unlock()
	h := c.Host(host)
	if h == nil || h.Controller {
		return nil, fmt.Errorf("add instance %q: %s is not a compute host", name, host)
	}
	var on []*Network
	for _, id := range networks {
		at := slices.IndexFunc(c.Networks, func(n *Network) bool { return n.ID == id })
		if at < 0 {
			return nil, fmt.Errorf("add instance %q: there is no network %s", name, id)
		}
		on = append(on, c.Networks[at])
	}
	defer c.version.Add(1)
	return c.addInstance(name, c.tenants()[0], h, on)
}

// DeleteInstance removes an instance with its ports.
func (c *Cloud) DeleteInstance(id string) error {
	c.Lock()
	defer c.Unlock()
	at := slices.IndexFunc(c.Instances, func(i *Instance) bool { return i.ID == id })
	if at < 0 {
		return fmt.Errorf("delete instance %s: there is none", id)
	}
	instance := c.Instances[at]
	c.Instances = slices.Delete(c.Instances, at, at+1)
	instance.Host.Domains = slices.DeleteFunc(instance.Host.Domains, func(i *Instance) bool { return i == instance })
	c.disassociate(instance.Ports...)
	c.removePorts(instance.Ports...)
	c.version.Add(1)
	return nil
}

// disassociate takes the floating IPs from ports that are going: they stay, and lead nowhere.
func (c *Cloud) disassociate(ports ...*Port) {
	for _, r := range c.Routers {
		r.Floating = slices.DeleteFunc(r.Floating, func(f *FloatingIP) bool {
			idle := slices.Contains(ports, f.Target)
			if idle {
				f.Target = nil
				c.Idle = append(c.Idle, f)
			}
			return idle
		})
	}
}

func (c *Cloud) addInstance(name string, p *Project, h *Host, networks []*Network) (*Instance, error) {
	if len(networks) == 0 {
		return nil, fmt.Errorf("add instance %q: no network is given", name)
	}
	c.numbers.instance++
	h.next.domain++
	i := &Instance{
		ID: c.ids.uuid(), Name: name, Number: c.numbers.instance, Project: p, Host: h, Domain: h.next.domain,
		Reservation: fmt.Sprintf("r-%08x", c.ids.Uint32()), Created: c.tick(),
	}
	c.Instances = append(c.Instances, i)
	h.Domains = append(h.Domains, i)
	for _, n := range networks {
		c.plugInstance(i, n)
	}
	return i, nil
}

// plugInstance gives an instance a further port.
func (c *Cloud) plugInstance(i *Instance, n *Network) {
	p := c.newPort(n, OwnerInstance, i.ID, i.Project)
	c.plug(p, i.Host)
	i.Ports = append(i.Ports, p)
}

// LibvirtName returns the name of the instance's libvirt domain.
func (i *Instance) LibvirtName() string { return fmt.Sprintf("instance-%08x", i.Number) }
