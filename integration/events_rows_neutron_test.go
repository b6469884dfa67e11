package integration

import (
	"fmt"
	"slices"
	"strconv"
	"testing"

	"calipso.io/calipso/integration/lab/sim"
	"calipso.io/calipso/pkg/model"
)

// made are the things that rows of a kind have made, for those after them.
type made struct {
	network *sim.Network
	port    *sim.Port
	router  *sim.Router
}

// rowsOfNeutron are what neutron tells of. Each goes on with what the ones before it have made.
func rowsOfNeutron() []row {
	m := &made{}
	return slices.Concat(m.networks(), m.subnets(), m.ports(), m.routers(), m.others())
}

func (m *made) networks() []row {
	var others []*sim.Network
	return []row{
		{"network.create network.create.end", "network-add", func(t *testing.T, c *sim.Cloud, n int) (map[string]any, then) {
			network, err := c.AddNetwork(fmt.Sprint("row-", n), "vxlan")
			check(t, err)
			others = append(others, network)
			return map[string]any{"id": network.ID}, named(model.TypeNetwork, network.ID, network.Name)
		}},
		{"network.update network.update.end", "network-update", func(t *testing.T, c *sim.Cloud, n int) (map[string]any, then) {
			check(t, c.RenameNetwork(others[0].ID, fmt.Sprint("renamed-", n)))
			return map[string]any{"id": others[0].ID}, named(model.TypeNetwork, others[0].ID, fmt.Sprint("renamed-", n))
		}},
		{"network.delete network.delete.end", "network-delete", func(t *testing.T, c *sim.Cloud, n int) (map[string]any, then) {
			network := others[0]
			others = others[1:]
			check(t, c.DeleteNetwork(network.ID))
			return map[string]any{"network_id": network.ID}, gone(model.TypeNetwork, network.ID)
		}},
	}
}

func (m *made) subnets() []row {
	cidrs := func(n *sim.Network) then {
		return says(model.TypeNetwork, n.ID, "cidrs", fmt.Sprint([]string{n.CIDR.String()}))
	}
	about := func() map[string]any { return map[string]any{"id": m.network.Subnet, "network_id": m.network.ID} }
	dhcp := func(on bool) func(t *testing.T, c *sim.Cloud, n int) (map[string]any, then) {
		return func(t *testing.T, c *sim.Cloud, n int) (map[string]any, then) {
			id := ""
			if m.network.DHCP != nil {
				id = m.network.DHCP.ID
			}
			check(t, c.SetDHCP(m.network.ID, on))
			if on {
				return about(), there(model.TypePort, m.network.DHCP.ID)
			}
			return about(), gone(model.TypePort, id)
		}
	}
	return []row{
		{"subnet.create subnet.create.end", "subnet-add", func(t *testing.T, c *sim.Cloud, n int) (map[string]any, then) {
			var err error
			m.network, err = c.AddNetwork(fmt.Sprint("row-", n), "vxlan")
			check(t, err)
			return about(), cidrs(m.network)
		}},
		{"subnet.update", "subnet-update-dhcp-off", dhcp(false)},
		{"subnet.update.end", "subnet-update", dhcp(true)},
		// A simulated network goes together with its subnet.
		{"subnet.delete subnet.delete.end", "subnet-delete", func(t *testing.T, c *sim.Cloud, n int) (map[string]any, then) {
			network, err := c.AddNetwork(fmt.Sprint("row-", n), "vxlan")
			check(t, err)
			check(t, c.DeleteNetwork(network.ID))
			return map[string]any{"subnet_id": network.Subnet}, gone(model.TypeNetwork, network.ID)
		}},
	}
}

func (m *made) ports() []row {
	about := func(p *sim.Port) map[string]any {
		return map[string]any{"id": p.ID, "network_id": p.Network.ID, "device_id": p.DeviceID, "device_owner": p.DeviceOwner,
			"binding:host_id": "", "port_id": p.ID}
	}
	return []row{
		{"port.create port.create.end", "port-add", func(t *testing.T, c *sim.Cloud, n int) (map[string]any, then) {
			p, err := c.AttachInterface(c.Instances[0].ID, m.network.ID)
			check(t, err)
			m.port = p
			keys := about(p)
			keys["binding:host_id"] = c.Instances[0].Host.Name
			return keys, named(model.TypePort, p.ID, p.MAC)
		}},
		{"port.update port.update.end", "port-update", func(t *testing.T, c *sim.Cloud, n int) (map[string]any, then) {
			check(t, c.RenamePort(m.port.ID, fmt.Sprint("renamed-", n)))
			return about(m.port), says(model.TypePort, m.port.ID, "port_name", fmt.Sprint("renamed-", n))
		}},
		{"port.delete port.delete.end", "port-delete", func(t *testing.T, c *sim.Cloud, n int) (map[string]any, then) {
			i := c.Instances[0]
			p := i.Ports[len(i.Ports)-1]
			check(t, c.DetachInterface(i.ID, p.ID))
			return map[string]any{"port_id": p.ID}, gone(model.TypePort, p.ID)
		}},
	}
}

func (m *made) routers() []row {
	service := func() string { return m.router.Host.Name + "-qrouter-" + m.router.ID }
	return []row{
		{"router.create router.create.end", `{"payload": {"router": {"id": ""}}}`, func(t *testing.T, c *sim.Cloud, n int) (map[string]any, then) {
			r, err := c.AddRouter(m.network.Project.ID, fmt.Sprint("row-", n))
			check(t, err)
			m.router = r
			return map[string]any{"id": r.ID}, there(model.TypeVservice, service())
		}},
		{"router.update router.update.end", "router-update-gateway", func(t *testing.T, c *sim.Cloud, n int) (map[string]any, then) {
			check(t, c.RenameRouter(m.router.ID, fmt.Sprint("renamed-", n)))
			return map[string]any{"id": m.router.ID, "external_gateway_info": nil}, named(model.TypeVservice, service(), "qrouter-renamed-"+strconv.Itoa(n))
		}},
		{"router.interface.create router.interface.create.end", "router-interface-add", func(t *testing.T, c *sim.Cloud, n int) (map[string]any, then) {
			p, err := c.AddInterface(m.router.ID, m.network.ID)
			check(t, err)
			return map[string]any{"id": m.router.ID, "port_id": p.ID, "network_id": m.network.ID, "subnet_id": m.network.Subnet}, there(model.TypePort, p.ID)
		}},
		{"router.interface.delete router.interface.delete.end", `{"payload": {"router_interface": {"id": "", "port_id": ""}}}`,
			func(t *testing.T, c *sim.Cloud, n int) (map[string]any, then) {
				p := m.router.Interfaces[len(m.router.Interfaces)-1]
				check(t, c.RemoveInterface(m.router.ID, p.ID))
				return map[string]any{"id": m.router.ID, "port_id": p.ID}, gone(model.TypePort, p.ID)
			}},
		{"router.delete router.delete.end", `{"payload": {"router_id": ""}}`, func(t *testing.T, c *sim.Cloud, n int) (map[string]any, then) {
			r, err := c.AddRouter(m.network.Project.ID, fmt.Sprint("row-", n))
			check(t, err)
			check(t, c.DeleteRouter(r.ID))
			return map[string]any{"router_id": r.ID}, gone(model.TypePort, r.Gateway.ID)
		}},
	}
}

func (m *made) others() []row {
	var floating *sim.FloatingIP
	agent := func(dead bool) func(*testing.T, *sim.Cloud, int) (map[string]any, then) {
		return func(t *testing.T, c *sim.Cloud, n int) (map[string]any, then) {
			h := c.Host("node-2")
			a := h.Agents[0]
			check(t, c.SetDead(h.Name, a.ID, dead))
			return map[string]any{"id": a.ID, "host": h.Name}, says(model.TypeNetworkAgent, a.Binary+"-"+a.ID, "alive", fmt.Sprint(!dead))
		}
	}
	const ofAgent = `{"payload": {"agent": {"id": "", "host": ""}}}`
	const ofFloating = `{"payload": {"floatingip": {"id": "", "floating_network_id": ""}}}`
	return []row{
		{"agent.update.end", ofAgent, agent(true)},
		{"agent.update.end", ofAgent, agent(false)},
		{"floatingip.create.end", ofFloating, func(t *testing.T, c *sim.Cloud, n int) (map[string]any, then) {
			var err error
			floating, err = c.AddFloatingIP(m.router.ID, c.Instances[0].Ports[0].ID)
			check(t, err)
			return map[string]any{"id": floating.ID, "floating_network_id": floating.Port.Network.ID}, there(model.TypePort, floating.Port.ID)
		}},
		{"floatingip.update.end", ofFloating, func(t *testing.T, c *sim.Cloud, n int) (map[string]any, then) {
			return map[string]any{"id": floating.ID}, there(model.TypePort, floating.Port.ID)
		}},
		{"floatingip.delete.end", `{"payload": {"floatingip_id": ""}}`, func(t *testing.T, c *sim.Cloud, n int) (map[string]any, then) {
			check(t, c.DeleteFloatingIP(floating.ID))
			return map[string]any{"floatingip_id": floating.ID}, gone(model.TypePort, floating.Port.ID)
		}},
		{"trunk.create.end trunk.update.end trunk.delete.end", `{"payload": {"trunk": {"id": "", "port_id": ""}}}`,
			func(t *testing.T, c *sim.Cloud, n int) (map[string]any, then) {
				p := c.Instances[0].Ports[0]
				return map[string]any{"id": fmt.Sprint("trunk-", n), "port_id": p.ID}, there(model.TypePort, p.ID)
			}},
	}
}
