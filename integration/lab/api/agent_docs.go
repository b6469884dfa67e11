package api

import (
	"calipso.io/calipso/integration/lab/sim"
)

func (s *Server) agentDocs(add func(string, any)) {
	c := s.cfg.Cloud
	seen, started := c.Started.Format("2006-01-02 15:04:05"), c.Networks[0].Created.Format("2006-01-02 15:04:05")
	for _, h := range c.Hosts {
		for _, a := range h.Agents {
			var zone *string
			if a.Zone != "" {
				zone = &a.Zone
			}
			add(a.ID, doc{
				"id": a.ID, "agent_type": a.Type, "binary": a.Binary, "topic": a.Topic, "host": h.Name, "admin_state_up": true,
				"created_at": started, "started_at": started, "heartbeat_timestamp": seen, "description": nil,
				"resources_synced": nil, "availability_zone": zone, "alive": !a.Dead, "configurations": configurations(c, h, a.Type),
			})
		}
	}
}

// configurations returns what an agent tells of itself.
func configurations(c *sim.Cloud, h *sim.Host, agentType string) doc {
	switch agentType {
	case "Open vSwitch agent":
		return switchConfigurations(c, h)
	case "Linux bridge agent":
		return bridgeConfigurations(c, h)
	case "NIC Switch agent":
		return doc{
			"device_mappings": doc{c.Physnet: []string{sim.SRIOVNIC}}, "devices": 0, "extensions": []string{}, "log_agent_heartbeats": false,
			"resource_provider_bandwidths": doc{}, "resource_provider_hypervisors": doc{sim.SRIOVNIC: h.Name},
			"resource_provider_inventory_defaults": doc{"allocation_ratio": 1.0, "min_unit": 1, "step_size": 1, "reserved": 0},
		}
	case "L3 agent":
		return l3Configurations(c, h)
	case "DHCP agent":
		networks, ports := 0, 0
		for _, n := range c.Networks {
			if n.DHCP != nil && n.DHCP.Host == h {
				networks++
			}
		}
		for _, p := range c.Ports {
			if p.Network.DHCP != nil && p.Network.DHCP.Host == h {
				ports++
			}
		}
		return doc{
			"dhcp_driver": "neutron.agent.linux.dhcp.Dnsmasq", "dhcp_lease_duration": 86400, "log_agent_heartbeats": false,
			"networks": networks, "ports": ports, "subnets": networks,
		}
	}
	return doc{
		"log_agent_heartbeats": false, "metadata_proxy_socket": "/var/lib/neutron/metadata_proxy",
		"nova_metadata_host": h.MgmtIP, "nova_metadata_port": 8775,
	}
}

func l3Configurations(c *sim.Cloud, h *sim.Host) doc {
	routers, interfaces, floating := 0, 0, 0
	for _, r := range c.Routers {
		if r.Host == h {
			routers, interfaces, floating = routers+1, interfaces+len(r.Interfaces), floating+len(r.Floating)
		}
	}
	return doc{
		"agent_mode": "legacy", "ex_gw_ports": routers, "extensions": []string{}, "floating_ips": floating,
		"handle_internal_only_routers": true, "interface_driver": interfaceDriver(h), "interfaces": interfaces,
		"log_agent_heartbeats": false, "routers": routers,
	}
}

func switchConfigurations(c *sim.Cloud, h *sim.Host) doc {
	devices := len(h.Plugs)
	ratio := doc{"allocation_ratio": 1.0, "min_unit": 1, "step_size": 1, "reserved": 0}
	types, address := tunnels(c, h)
	return doc{
		"arp_responder_enabled": false, "baremetal_smartnic": false, "bridge_mappings": mappings(c, h, func(p sim.Provider) string { return p.Bridge }),
		"datapath_type": c.Setup.Datapath, "devices": devices, "enable_distributed_routing": false, "extensions": []string{},
		"in_distributed_mode": false, "integration_bridge": "br-int", "l2_population": false, "log_agent_heartbeats": false,
		"ovs_capabilities": doc{
			"datapath_types": []string{"netdev", "system"},
			"iface_types":    []string{"erspan", "geneve", "gre", "internal", "lisp", "patch", "stt", "system", "tap", "vxlan"},
		},
		"ovs_hybrid_plug": h.Hybrid, "resource_provider_bandwidths": doc{}, "resource_provider_hypervisors": doc{"br-ex": h.Name},
		"resource_provider_inventory_defaults":                   ratio,
		"resource_provider_packet_processing_inventory_defaults": ratio,
		"resource_provider_packet_processing_with_direction":     doc{},
		"resource_provider_packet_processing_without_direction":  doc{},
		"tunnel_types": types, "tunneling_ip": address, "vhostuser_socket_dir": "/var/run/openvswitch",
	}
}

// mappings are the physical networks, with what they are on a host.
func mappings(c *sim.Cloud, h *sim.Host, value func(sim.Provider) string) doc {
	d := doc{}
	for _, p := range c.Providers(h) {
		d[p.Physnet] = value(p)
	}
	return d
}

// interfaceDriver is how agents plug the ports of services.
func interfaceDriver(h *sim.Host) string {
	return map[sim.Mechanism]string{sim.OpenVSwitch: "openvswitch", sim.LinuxBridge: "linuxbridge", sim.VPP: "vpp"}[h.Mechanism]
}

// tunnels returns which tunnels an agent sets up, and from which address.
func tunnels(c *sim.Cloud, h *sim.Host) (types []string, address any) {
	if !c.Tunnels() {
		return []string{}, nil
	}
	return []string{c.Spec.Tunnel}, h.TunnelIP
}

func bridgeConfigurations(c *sim.Cloud, h *sim.Host) doc {
	d := doc{
		"bridge_mappings": doc{}, "interface_mappings": mappings(c, h, func(p sim.Provider) string { return p.Uplink }), "devices": len(h.Plugs),
		"extensions": []string{}, "log_agent_heartbeats": false,
	}
	if c.Tunnels() { // where tunnels are switched off, the agent does not speak of it
		d["tunnel_types"], d["tunneling_ip"], d["l2_population"] = []string{c.Spec.Tunnel}, h.TunnelIP, true
	}
	return d
}
