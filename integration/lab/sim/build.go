package sim

import (
	"fmt"
	"time"
)

// birth is when the first thing of every cloud was made.
var birth = time.Date(2026, 1, 5, 8, 0, 0, 0, time.UTC)

// New makes the cloud of a spec. Its services were last seen at the given time.
func New(spec Spec, now time.Time) (*Cloud, error) {
	spec, err := spec.withDefaults()
	if err != nil {
		return nil, err
	}
	c := &Cloud{
		Spec: spec, Started: now.UTC().Truncate(time.Second), Region: "RegionOne", Physnet: "physnet1",
		Release: releaseOf(spec.Distribution, spec.DistributionVersion), ids: newIDs(spec.Seed, spec.Name), clock: birth,
	}
	c.Setup = c.distribution()
	c.AdminUser, c.Image, c.Flavor = c.ids.hex(), c.ids.uuid(), c.ids.uuid()
	c.buildProjects()
	c.buildHosts()
	c.buildNetworks()
	c.buildRouters()
	if err := c.buildInstances(); err != nil {
		return nil, err
	}
	c.buildFloatingIPs()
	c.buildMorePorts()
	return c, nil
}

// tick returns the time at which the next thing is made.
func (c *Cloud) tick() time.Time {
	c.clock = c.clock.Add(time.Second)
	return c.clock
}

func (c *Cloud) buildProjects() {
	add := func(name, description string, tenant bool) {
		c.Projects = append(c.Projects, &Project{
			ID: c.ids.hex(), Name: name, Description: description, Tenant: tenant, SecurityGroup: c.ids.uuid(),
		})
	}
	add("admin", "Bootstrap project for initializing the cloud.", false)
	add("service", "", false)
	for i := range 2 + c.Spec.Instances/100 {
		add(projectName(i), "", true)
	}
}

func projectName(i int) string {
	if greek := [...]string{"alpha", "beta", "gamma", "delta"}; i < len(greek) {
		return greek[i]
	}
	return fmt.Sprintf("tenant-%02d", i+1)
}

// tenants returns the projects that have networks and instances.
func (c *Cloud) tenants() []*Project { return c.Projects[2:] }

func (c *Cloud) admin() *Project { return c.Projects[0] }

func (c *Cloud) buildNetworks() {
	c.addNetwork(&Network{Name: "ext-net", Project: c.admin(), Type: "flat", Physnet: c.Physnet, External: true}, block("10.88.0.0", 20, 0))
	tenants := c.tenants()
	for i := range c.Spec.Networks {
		project := tenants[i%len(tenants)]
		c.addTenantNetwork(fmt.Sprintf("%s-net-%d", project.Name, len(project.Networks)+1), project)
	}
	for range c.Spec.VLANs {
		c.addVLAN()
	}
}

// buildRouters gives a router to each project with more than one network, and joins these.
func (c *Cloud) buildRouters() {
	for i, p := range c.tenants() {
		if len(p.Networks) > 1 {
			c.addRouter(p, c.controllers()[i%c.Spec.Controllers])
		}
	}
}

// buildInstances spreads the instances over hosts and projects. One of seven is on a vlan network, one has two ports.
func (c *Cloud) buildInstances() error {
	computes, tenants := c.Hosts[c.Spec.Controllers:], c.tenants()
	for i := range c.Spec.Instances {
		project := tenants[i/len(computes)%len(tenants)]
		if len(project.Networks) == 0 {
			project = tenants[0]
		}
		networks := c.networksFor(project, i)
		name := fmt.Sprintf("%s-vm-%d", project.Name, i+1)
		if _, err := c.addInstance(name, project, computes[i%len(computes)], networks); err != nil {
			return err
		}
	}
	return nil
}

func (c *Cloud) networksFor(p *Project, i int) []*Network {
	own := p.Networks[c.ids.IntN(len(p.Networks))]
	switch vlans := c.vlans(); {
	case i%7 == 6 && len(vlans) > 0:
		return []*Network{vlans[i/7%len(vlans)]}
	case i%7 == 3 && len(p.Networks) > 1:
		return p.Networks[:2]
	case i%7 == 3 && len(vlans) > 0:
		return []*Network{own, vlans[i/7%len(vlans)]}
	}
	return []*Network{own}
}

func (c *Cloud) vlans() []*Network {
	var vlans []*Network
	for _, n := range c.Networks {
		if n.Type == "vlan" {
			vlans = append(vlans, n)
		}
	}
	return vlans
}

// buildFloatingIPs gives a floating IP to the first instance of each router's project.
func (c *Cloud) buildFloatingIPs() {
	for _, r := range c.Routers {
		if target := c.reachable(r); target != nil {
			c.addFloatingIP(r, target)
		}
	}
}

// reachable finds an instance's port on one of the router's networks.
func (c *Cloud) reachable(r *Router) *Port {
	for _, i := range c.Instances {
		for _, p := range i.Ports {
			if p.Network.Project == r.Project {
				return p
			}
		}
	}
	return nil
}

// buildMorePorts makes up the number of ports that the spec wants.
func (c *Cloud) buildMorePorts() {
	missing := c.Spec.Ports - len(c.Ports)
	for i := range missing {
		if i%2 == 0 && len(c.Instances) > 0 {
			instance := c.Instances[i/2%len(c.Instances)]
			networks := instance.Project.Networks
			c.plugInstance(instance, networks[c.ids.IntN(len(networks))])
		} else if networks := c.Networks[1:]; len(networks) > 0 {
			c.addSparePort(networks[i%len(networks)])
		}
	}
}
