// Package bridges finds a host's Linux bridges.
package bridges

import (
	"context"
	"fmt"

	"calipso.io/calipso/pkg/discover"
	"calipso.io/calipso/pkg/discover/hostcli"
	"calipso.io/calipso/pkg/discover/hostcli/plug"
	"calipso.io/calipso/pkg/discover/hostcmd"
	"calipso.io/calipso/pkg/model"
)

type fetcher struct{}

// New makes the fetcher "cli.bridges", which finds one vconnector per Linux bridge of the host. Its interfaces have
// the MAC addresses of the ports that they are plugged into, and its network the ids of these ports' networks.
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
	var found []model.Object
	for _, b := range bridges {
		found = append(found, vconnector(req.Parent.ID, b, ports))
	}
	return found, nil
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
