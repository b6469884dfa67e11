package ovs

import (
	"maps"
	"net/netip"
	"slices"

	"calipso.io/calipso/pkg/discover"
	"calipso.io/calipso/pkg/model"
)

// Config is what the agent of Open vSwitch on a host is configured to do.
type Config struct {
	TunnelingIP       netip.Addr        // where the host's tunnels end; invalid when it has none
	TunnelTypes       []string          // vxlan, gre, geneve
	BridgeMappings    map[string]string // physical network → bridge
	IntegrationBridge string            // the bridge that instances are plugged into
}

// Agent returns the host's agent of Open vSwitch, one that is alive if there are several; nil when there is none.
func Agent(req *discover.Request) *model.Object {
	var agent *model.Object
	for _, a := range req.Known(model.TypeNetworkAgent) {
		if a.Str("agent_type") == "Open vSwitch agent" && (agent == nil || !agent.Bool("alive") && a.Bool("alive")) {
			agent = a
		}
	}
	return agent
}

// ConfigOf reads the configurations of an agent, or of the vedge that was made of it.
func ConfigOf(agent *model.Object) Config {
	configurations := agent.Map("configurations")
	c := Config{
		TunnelTypes:       model.Strings(configurations["tunnel_types"]),
		BridgeMappings:    map[string]string{},
		IntegrationBridge: "br-int",
	}
	if ip, _ := configurations["tunneling_ip"].(string); len(c.TunnelTypes) > 0 {
		c.TunnelingIP, _ = netip.ParseAddr(ip)
	}
	if name, _ := configurations["integration_bridge"].(string); name != "" {
		c.IntegrationBridge = name
	}
	mappings := model.Object{Attrs: configurations}
	for _, mapping := range mappings.Maps("bridge_mappings") {
		physicalNetwork, _ := mapping["name"].(string)
		if bridge, _ := mapping["value"].(string); physicalNetwork != "" {
			c.BridgeMappings[physicalNetwork] = bridge
		}
	}
	return c
}

// PhysicalNetworks returns the names of the physical networks, sorted.
func (c Config) PhysicalNetworks() []string { return slices.Sorted(maps.Keys(c.BridgeMappings)) }
