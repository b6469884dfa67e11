package sqld

import (
	"fmt"

	"calipso.io/calipso/integration/lab/sim"
)

// schemata are those of a cloud's database, with the tables that tell what the APIs don't.
func schemata(c *sim.Cloud) map[string]schema {
	c.RLock()
	defer c.RUnlock()
	neutron := schema{
		"agents":              agents(c),
		"ml2_vxlan_endpoints": endpoints(c, "vxlan", 4789),
		"ml2_gre_endpoints":   endpoints(c, "gre", 0),
	}
	if c.Release >= sim.Kilo {
		neutron["ml2_geneve_endpoints"] = endpoints(c, "geneve", 0)
	}
	all := map[string]schema{
		"glance": nil, "mysql": nil, "nova": nil, "performance_schema": nil, "keystone": {"project": projects(c)}, c.Setup.Schema: neutron,
	}
	hostAggregates := schema{"aggregates": aggregates(c), "aggregate_hosts": aggregateHosts(c)}
	if c.Release < sim.Mitaka { // there is one schema of Nova
		all["nova"] = hostAggregates
		return all
	}
	all["nova_api"], all["sys"] = hostAggregates, nil
	if c.Release >= sim.Newton {
		all["nova_cell0"] = nil
	}
	if c.Release >= sim.Stein {
		all["placement"] = nil
	}
	return all
}

// endpoints has a row for each host when the cloud's tunnels are of that type. Only vxlan has ports; the first releases did
// not tell hosts.
func endpoints(c *sim.Cloud, tunnel string, port int) table {
	t := table{columns: []string{"ip_address varchar"}}
	if port != 0 {
		t.columns = append(t.columns, "udp_port int")
	}
	if c.Release > sim.Icehouse {
		t.columns = append(t.columns, "host varchar")
	}
	for _, h := range c.Hosts {
		if c.Spec.Tunnel != tunnel {
			continue
		}
		row := []any{h.TunnelIP.String()}
		if port != 0 {
			row = append(row, port)
		}
		if c.Release > sim.Icehouse {
			row = append(row, h.Name)
		}
		t.rows = append(t.rows, row)
	}
	return t
}

func agents(c *sim.Cloud) table {
	t := table{columns: []string{"id varchar", "agent_type varchar", "binary varchar", "topic varchar", "host varchar", "admin_state_up int"}}
	for _, h := range c.Hosts {
		for _, a := range h.Agents {
			t.rows = append(t.rows, []any{a.ID, a.Type, a.Binary, a.Topic, h.Name, 1})
		}
	}
	return t
}

func aggregates(c *sim.Cloud) table {
	t := table{columns: []string{"id int", "uuid varchar", "name varchar", "created_at datetime"}}
	for _, a := range c.Aggregates {
		t.rows = append(t.rows, []any{a.ID, a.UUID, a.Name, a.Created.Format("2006-01-02 15:04:05")})
	}
	return t
}

func aggregateHosts(c *sim.Cloud) table {
	t := table{columns: []string{"id int", "host varchar", "aggregate_id int"}}
	for _, a := range c.Aggregates {
		for i, host := range a.Hosts {
			t.rows = append(t.rows, []any{fmt.Sprint(i + 1), host, a.ID})
		}
	}
	return t
}

func projects(c *sim.Cloud) table {
	t := table{columns: []string{"id varchar", "name varchar", "enabled int"}}
	for _, p := range c.Projects {
		t.rows = append(t.rows, []any{p.ID, p.Name, 1})
	}
	return t
}
