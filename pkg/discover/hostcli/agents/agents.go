// Package agents reads what Neutron's agents on a host are configured to do. A host may have agents of several kinds.
package agents

import (
	"maps"
	"net/netip"
	"slices"

	"calipso.io/calipso/pkg/discover"
	"calipso.io/calipso/pkg/model"
)

// Types of the agents that plug ports, as Neutron names them.
const (
	OpenVSwitch = "Open vSwitch agent"
	LinuxBridge = "Linux bridge agent"
	SRIOV       = "NIC Switch agent"
)

// Config is what an agent is configured to do.
type Config struct {
	TunnelingIP       netip.Addr          // where the host's tunnels end; invalid when it has none
	TunnelTypes       []string            // vxlan, gre, geneve
	BridgeMappings    map[string]string   // physical network → bridge
	DeviceMappings    map[string][]string // physical network → NICs that ports get to without such a bridge
	IntegrationBridge string              // Open vSwitch's bridge that instances are plugged into
}

// Find returns the host's agent of a type, one that is alive if there are several; nil when there is none.
func Find(req *discover.Request, agentType string) *model.Object {
	var agent *model.Object
	for _, a := range req.Known(model.TypeNetworkAgent) {
		if a.Str("agent_type") == agentType && (agent == nil || !agent.Bool("alive") && a.Bool("alive")) {
			agent = a
		}
	}
	return agent
}

// Configs returns the configurations of the agents on the host that plug ports.
func Configs(req *discover.Request) []Config {
	var configs []Config
	for _, agentType := range []string{OpenVSwitch, LinuxBridge, SRIOV} {
		if agent := Find(req, agentType); agent != nil {
			configs = append(configs, ConfigOf(agent, req.Parent))
		}
	}
	return configs
}

// ConfigOf reads the configurations of an agent on a host, or of an object that was made of it. Agents of old releases don't
// tell where their tunnels end: then it is at the host's own address.
func ConfigOf(agent, host *model.Object) Config {
	configurations := agent.Map("configurations")
	c := Config{
		TunnelTypes:       model.Strings(configurations["tunnel_types"]),
		BridgeMappings:    map[string]string{},
		DeviceMappings:    map[string][]string{},
		IntegrationBridge: "br-int",
	}
	if ip, told := configurations["tunneling_ip"].(string); len(c.TunnelTypes) > 0 && told {
		c.TunnelingIP, _ = netip.ParseAddr(ip)
	} else if len(c.TunnelTypes) > 0 {
		c.TunnelingIP, _ = netip.ParseAddr(host.Str("ip_address"))
	}
	if name, _ := configurations["integration_bridge"].(string); name != "" {
		c.IntegrationBridge = name
	}
	each(configurations, "bridge_mappings", func(physicalNetwork string, value any) {
		c.BridgeMappings[physicalNetwork], _ = value.(string)
	})
	// Linux bridge names one NIC for each physical network, SR-IOV a list.
	for _, key := range []string{"interface_mappings", "device_mappings"} {
		each(configurations, key, func(physicalNetwork string, value any) {
			c.DeviceMappings[physicalNetwork] = append(c.DeviceMappings[physicalNetwork], model.Strings(value)...)
		})
	}
	return c
}

// each calls f with the names and values of a list of {name, value}.
func each(configurations map[string]any, key string, f func(name string, value any)) {
	mappings := model.Object{Attrs: configurations}
	for _, mapping := range mappings.Maps(key) {
		if name, _ := mapping["name"].(string); name != "" {
			f(name, mapping["value"])
		}
	}
}

// PhysicalNetworks returns the names of the physical networks, sorted.
func (c Config) PhysicalNetworks() []string {
	names := slices.AppendSeq(slices.Collect(maps.Keys(c.BridgeMappings)), maps.Keys(c.DeviceMappings))
	slices.Sort(names)
	return slices.Compact(names)
}
