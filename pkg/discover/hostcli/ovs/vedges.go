// Package ovs finds what Open vSwitch does on a host: its switch (vedge) and the end of its tunnels (otep).
package ovs

import (
	"context"
	"fmt"
	"maps"
	"strings"

	"calipso.io/calipso/pkg/discover"
	"calipso.io/calipso/pkg/discover/hostcli"
	"calipso.io/calipso/pkg/discover/hostcli/agents"
	"calipso.io/calipso/pkg/discover/hostcmd"
	"calipso.io/calipso/pkg/model"
)

type vedges struct{}

// NewVedges makes the fetcher "cli.ovs.vedges". It finds the host's Open vSwitch, where Neutron has an agent of it on
// the host: one vedge with all attributes of the agent, and the ports, tunnel_ports and bridges that there are.
func NewVedges() discover.Fetcher { return vedges{} }

func (vedges) Commands(*model.Environment, *model.Object) []hostcmd.Command {
	return []hostcmd.Command{hostcli.VsctlShow, hostcli.DpctlShow}
}

func (vedges) Fetch(_ context.Context, req *discover.Request) ([]model.Object, error) {
	agent := agents.Find(req, agents.OpenVSwitch)
	if agent == nil {
		return nil, nil
	}
	bridges, err := Bridges(req)
	if err != nil {
		return nil, err
	}
	return []model.Object{vedge(req.Parent.ID, agent, bridges, DatapathPorts(req))}, nil
}

// Bridges returns the bridges of the host's Open vSwitch, with warnings about lines of `ovs-vsctl show` that could not be
// read.
func Bridges(req *discover.Request) ([]Bridge, error) {
	out, err := req.Output(hostcli.VsctlShow)
	if err != nil {
		return nil, fmt.Errorf("list bridges of Open vSwitch: %w", err)
	}
	bridges, warnings := ParseVsctl(out.Stdout)
	req.Warn(warnings...)
	if err := hostcli.Unreadable(hostcli.VsctlShow, len(bridges), warnings); err != nil {
		return nil, fmt.Errorf("list bridges of Open vSwitch: %w", err)
	}
	return bridges, nil
}

// DatapathPorts returns the ports of the host's datapaths. Where `ovs-dpctl` fails there are none, and a warning.
func DatapathPorts(req *discover.Request) []DatapathPort {
	out, err := req.Output(hostcli.DpctlShow)
	if err != nil {
		req.Warn(hostcli.Warning(hostcli.DpctlShow.Name, "", "the numbers of ports are not known: "+err.Error()))
		return nil
	}
	ports, warnings := ParseDpctl(out.Stdout)
	req.Warn(warnings...)
	return ports
}

func vedge(host string, agent *model.Object, bridges []Bridge, datapath []DatapathPort) model.Object {
	attrs := map[string]any{}
	maps.Copy(attrs, agent.Attrs)
	delete(attrs, model.PartStale) // the agent may be known from before only; the switch is read now
	attrs["vedge_type"] = "OVS"
	attrs["ports"] = ports(bridges, datapath)
	attrs["tunnel_ports"] = tunnelPorts(bridges)
	attrs["bridges"] = bridgeList(bridges)
	return model.Object{
		Type: model.TypeVedge, ID: agentID(agent), Name: host + "-OVS", Host: host,
		ParentType: model.FolderType("vedges"), ParentID: model.FolderID(host, "vedges"), Attrs: attrs,
	}
}

// agentID returns the agent's id in Neutron: its objects are called "<binary>-<id>".
func agentID(agent *model.Object) string {
	if id := agent.Str("agent_id"); id != "" {
		return id
	}
	return strings.TrimPrefix(agent.ID, agent.Str("binary")+"-")
}

// ports returns the datapath's ports, and after them those of bridges that it does not have: vxlan ports share one of
// the datapath's, and ports of devices that are gone have none. Patch ports are no ports of the datapath by nature.
func ports(bridges []Bridge, datapath []DatapathPort) []map[string]any {
	rest := map[string]Interface{}
	for _, b := range bridges {
		for _, i := range b.Interfaces {
			rest[i.Name] = i
		}
	}
	list := []map[string]any{}
	for _, d := range datapath {
		i := rest[d.Name]
		delete(rest, d.Name)
		internal := d.Internal || i.Type == TypeInternal
		list = append(list, withTag(i.Tag, map[string]any{"id": d.Number, "name": d.Name, "internal": internal}))
	}
	for _, b := range bridges {
		for _, i := range b.Interfaces {
			if _, missing := rest[i.Name]; missing && i.Type != "patch" {
				list = append(list, withTag(i.Tag, map[string]any{"id": "", "name": i.Name, "internal": i.Type == TypeInternal}))
			}
		}
	}
	return list
}

// tunnelPorts returns the ports of the bridge that has the tunnels: br-tun.
func tunnelPorts(bridges []Bridge) []map[string]any {
	list := []map[string]any{}
	for _, b := range bridges {
		if !b.hasTunnels() {
			continue
		}
		for _, i := range b.Interfaces {
			port := map[string]any{"name": i.Port, "interface": i.Name, "type": i.Type}
			if len(i.Options) > 0 {
				port["options"] = i.Options
			}
			list = append(list, port)
		}
	}
	return list
}

func (b *Bridge) hasTunnels() bool {
	for _, i := range b.Interfaces {
		if i.IsTunnel() {
			return true
		}
	}
	return b.Name == "br-tun"
}

func bridgeList(bridges []Bridge) []map[string]any {
	list := []map[string]any{}
	for _, b := range bridges {
		ports := []map[string]any{}
		for _, i := range b.Interfaces {
			port := withTag(i.Tag, map[string]any{"name": i.Name, "type": i.Type})
			if i.Port != i.Name {
				port["bond"] = i.Port
			}
			ports = append(ports, port)
		}
		list = append(list, map[string]any{"name": b.Name, "ports": ports})
	}
	return list
}

func withTag(tag string, port map[string]any) map[string]any {
	if tag != "" {
		port["tag"] = tag
	}
	return port
}
