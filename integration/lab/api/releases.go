package api

import (
	"encoding/json"

	"calipso.io/calipso/integration/lab/sim"
)

// novaPath is where Nova's API is: a path that projects are a part of, until Ocata.
func (s *Server) novaPath(project string) string {
	switch r := s.cfg.Cloud.Release; {
	case r < sim.Mitaka:
		return "/v2/" + project
	case r < sim.Ocata:
		return "/v2.1/" + project
	}
	return "/v2.1"
}

// highestMinor is Nova's latest microversion: 93 for 2.93. API v2 has none: 0.
func (s *Server) highestMinor() int {
	if s.cfg.Cloud.Release < sim.Mitaka {
		return 0
	}
	return map[sim.Release]int{
		sim.Mitaka: 25, sim.Newton: 38, sim.Ocata: 42, sim.Pike: 53, sim.Queens: 60, sim.Rocky: 65, sim.Stein: 72, sim.Train: 79, sim.Ussuri: 87,
		sim.Victoria: 87, sim.Wallaby: 88, sim.Xena: 90, sim.Yoga: 90, sim.Zed: 93,
	}[s.cfg.Cloud.Release]
}

// later are the attributes that Neutron's documents have only from a release on; agents' are others.
var later = []struct {
	release    sim.Release
	agents     bool
	attributes []string
}{
	{sim.Kilo, false, []string{"mtu", "port_security_enabled"}},
	{sim.Mitaka, true, []string{"availability_zone"}},
	{sim.Mitaka, false, []string{"availability_zone_hints", "availability_zones", "ipv4_address_scope", "ipv6_address_scope", "tags", "created_at",
		"updated_at", "description"}},
	{sim.Newton, false, []string{"project_id", "revision_number"}},
	{sim.Pike, true, []string{"resources_synced"}},
}

// asOf returns a document of Neutron without what the cloud's release does not have yet.
func (s *Server) asOf(document any, agent bool) any {
	var attributes map[string]json.RawMessage
	for _, l := range later {
		if s.cfg.Cloud.Release >= l.release || agent != l.agents {
			continue
		}
		if attributes == nil && json.Unmarshal(encode(document), &attributes) != nil {
			return document
		}
		for _, name := range l.attributes {
			delete(attributes, name)
		}
	}
	if attributes == nil {
		return document
	}
	return attributes
}
