package openstack

import (
	"cmp"
	"slices"

	"calipso.io/calipso/pkg/conn/cloud"
)

const novaCompute = "nova-compute"

// gathering puts together what Nova's and Neutron's listings say of hosts. The name by which a host is first seen is
// its name: that of the zones, then of the services, hypervisors and agents.
type gathering struct {
	names *hostNames
	hosts []*host
	index map[string]*host
	zones []string
}

// host is what is known of one host.
type host struct {
	name          string
	zone          string           // the zone it is in; that of its nova-compute if it has one
	computeZone   bool             // zone is that of its nova-compute
	agentZone     string           // the zone that one of its agents is for
	services      []map[string]any // in the order of their names
	hypervisor    cloud.Item
	networkAgents []cloud.Item // those that make it a network host, in the order of their binaries
}

func newGathering() *gathering {
	return &gathering{names: newHostNames(), index: map[string]*host{}}
}

// host returns the host with a name, or what the name means; a new one when there is none.
func (g *gathering) host(name string) *host {
	if known, ok := g.names.find(name); ok {
		return g.index[known]
	}
	h := &host{name: name, services: []map[string]any{}}
	g.names.add(name)
	g.index[name] = h
	g.hosts = append(g.hosts, h)
	return h
}

func (g *gathering) zone(row cloud.Item) {
	zone := row.Str("zoneName")
	g.zones = append(g.zones, zone)
	for _, entry := range zoneHosts(row) {
		name, _ := entry["name"].(string)
		services, _ := entry["services"].([]map[string]any)
		if name == "" {
			continue
		}
		h := g.host(name)
		h.place(zone, slices.ContainsFunc(services, func(s map[string]any) bool { return s["name"] == novaCompute }))
		for _, service := range services {
			h.addService(service)
		}
	}
}

// service takes a service of Nova. Zones leave out disabled ones, and hosts that have no others.
func (g *gathering) service(row cloud.Item) {
	name, binary := row.Str("host"), row.Str("binary")
	if name == "" || binary == "" {
		return
	}
	h := g.host(name)
	h.place(row.Str("zone"), binary == novaCompute)
	service := map[string]any{"name": binary, "active": row.Str("status") == "enabled", "available": row.Str("state") == "up"}
	if at := row.Str("updated_at"); at != "" {
		service["updated_at"] = at
	}
	h.addService(service)
}

// hypervisor takes a hypervisor. It is on the host of its service; its own name may have a domain, or be a node's.
func (g *gathering) hypervisor(row cloud.Item) {
	name := row.Item("service").Str("host")
	if name == "" {
		name = row.Str("hypervisor_hostname")
	}
	if name == "" {
		return
	}
	if h := g.host(name); h.hypervisor == nil {
		h.hypervisor = row
	}
}

func (g *gathering) agent(row cloud.Item) {
	name := row.Str("host")
	if name == "" {
		return
	}
	h := g.host(name)
	if zone := row.Str("availability_zone"); zone != "" {
		h.agentZone = zone
	}
	switch row.Str("agent_type") {
	case "Metadata agent", "DHCP agent", "L3 agent":
		h.networkAgents = append(h.networkAgents, row)
		slices.SortFunc(h.networkAgents, func(a, b cloud.Item) int { return compareBy(a, b, "binary", "id") })
	}
}

// place puts a host into a zone. Where several say that it is theirs, the one with its nova-compute wins.
func (h *host) place(zone string, compute bool) {
	if zone != "" && (h.zone == "" || compute && !h.computeZone) {
		h.zone, h.computeZone = zone, compute
	}
}

// addService adds a service, unless the host has one of that name already.
func (h *host) addService(service map[string]any) {
	name, _ := service["name"].(string)
	i, found := slices.BinarySearchFunc(h.services, name, func(s map[string]any, name string) int {
		own, _ := s["name"].(string)
		return cmp.Compare(own, name)
	})
	if !found {
		h.services = slices.Insert(h.services, i, service)
	}
}

// zoneOf returns the zone that a host is shown in. Those that only Neutron knows are in the zone of one of their
// agents if Nova has it too, else in "internal", where Nova keeps what is not for instances. "" if there are no zones.
func (g *gathering) zoneOf(h *host) string {
	for _, zone := range append([]string{h.zone, h.agentZone, "internal"}, g.zones...) {
		if zone != "" && slices.Contains(g.zones, zone) {
			return zone
		}
	}
	return ""
}
