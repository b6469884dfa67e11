// Package bridges finds a host's Linux bridges.
package bridges

import (
	"context"
	"fmt"
	"strings"

	"calipso.io/calipso/pkg/discover"
	"calipso.io/calipso/pkg/discover/hostcli"
	"calipso.io/calipso/pkg/discover/hostcli/agents"
	"calipso.io/calipso/pkg/discover/hostcli/plug"
	"calipso.io/calipso/pkg/discover/hostcmd"
	"calipso.io/calipso/pkg/model"
)

type fetcher struct{}

// New makes the fetcher "cli.bridges", which finds one vconnector per Linux bridge of the host. Its interfaces have
// the MAC addresses of the ports that they are plugged into, and its network the ids of these ports' networks. Bridges
// that are a Linux bridge agent's have its configurations.
func New() discover.Fetcher { return fetcher{} }

func (fetcher) Commands(*model.Environment, *model.Object) []hostcmd.Command {
	return []hostcmd.Command{hostcli.Bridges}
}

func (fetcher) Fetch(_ context.Context, req *discover.Request) ([]model.Object, error) {
	out, err := req.Output(hostcli.Bridges)
	if err != nil {
		return nil, fmt.Errorf("list bridges: %w", err)
	}
	bridges, warnings, err := Parse(out.Stdout)
	if err != nil {
		return nil, fmt.Errorf("list bridges: %w", err)
	}
	req.Warn(warnings...)
	if err := hostcli.Unreadable(hostcli.Bridges, len(bridges), warnings); err != nil {
		return nil, fmt.Errorf("list bridges: %w", err)
	}
	ports := plug.Index(req.Known(model.TypePort))
	agent := agents.Find(req, agents.LinuxBridge)
	var found []model.Object
	for _, b := range bridges {
		o := vconnector(req.Parent.ID, b, ports)
		if network, is := strings.CutPrefix(b.Name, agentPrefix); is && agent != nil {
			o.Set("configurations", agent.Map("configurations"))
			addNetwork(&o, network, req.Known(model.TypeNetwork))
		}
		found = append(found, o)
	}
	return found, nil
}

// agentPrefix is what names of the Linux bridge agent's bridges begin with; the start of a network's id follows.
const agentPrefix = "brq"

// addNetwork gives an agent's bridge that nothing is plugged into the network that it is named after.
func addNetwork(bridge *model.Object, start string, networks []*model.Object) {
	if bridge.Attrs["network"] != nil || len(start) < plug.StartLen {
		return
	}
	for _, n := range networks {
		if strings.HasPrefix(n.ID, start) {
			bridge.Set("network", []string{n.ID})
		}
	}
}

func vconnector(host string, b Bridge, ports *plug.Ports) model.Object {
	interfaces, names := []map[string]any{}, []string{}
	var plugged []*model.Object
	for _, name := range b.Interfaces {
		mac := ""
		if port := ports.ByName(name); port != nil {
			mac = port.Str("mac_address")
			plugged = append(plugged, port)
		}
		interfaces = append(interfaces, map[string]any{"name": name, "mac_address": mac})
		names = append(names, name)
	}
	attrs := map[string]any{
		"bridge_name": b.Name, "stp_enabled": b.STP, "connector_type": "bridge",
		"interfaces": interfaces, "interfaces_names": names,
	}
	if networks := plug.Networks(plugged...); len(networks) > 0 {
		attrs["network"] = networks
	}
	return model.Object{
		Type: model.TypeVconnector, ID: host + "-" + b.Name + "-" + b.ID, Name: host + "-" + b.Name, Host: host,
		ParentType: model.FolderType("vconnectors"), ParentID: model.FolderID(host, "vconnectors"), Attrs: attrs,
	}
}
