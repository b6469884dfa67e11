package ovs

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"calipso.io/calipso/pkg/discover"
	"calipso.io/calipso/pkg/discover/hostcli"
	"calipso.io/calipso/pkg/discover/hostcli/agents"
	"calipso.io/calipso/pkg/discover/hostcli/ipaddr"
	"calipso.io/calipso/pkg/discover/hostcmd"
	"calipso.io/calipso/pkg/model"
)

type oteps struct{}

// NewOteps makes the fetcher "cli.ovs.oteps". It finds the end of the host's tunnels, below the vedge that was found
// before, where the agent is configured for tunnels.
func NewOteps() discover.Fetcher { return oteps{} }

func (oteps) Commands(*model.Environment, *model.Object) []hostcmd.Command {
	return []hostcmd.Command{hostcli.IPAddress}
}

func (oteps) Fetch(_ context.Context, req *discover.Request) ([]model.Object, error) {
	var found []model.Object
	for _, vedge := range req.Known(model.TypeVedge) {
		config := agents.ConfigOf(vedge, req.Parent)
		if !config.TunnelingIP.IsValid() {
			continue
		}
		otep, err := otep(req, vedge, config)
		if err != nil {
			return nil, err
		}
		found = append(found, otep)
	}
	return found, nil
}

func otep(req *discover.Request, vedge *model.Object, config agents.Config) (model.Object, error) {
	interfaces, err := ipaddr.OfHost(req)
	if err != nil {
		return model.Object{}, fmt.Errorf("find the interface of tunnel address %s: %w", config.TunnelingIP, err)
	}
	host, id := req.Parent.ID, req.Parent.ID+"-otep"
	attrs := map[string]any{
		"overlay_type": config.TunnelTypes[0],
		"ip_address":   config.TunnelingIP.String(),
		"ports":        tunnels(vedge),
	}
	if port := udpPort(vedge, config); port != 0 {
		attrs["udp_port"] = port
	}
	if n := slices.IndexFunc(interfaces, func(i ipaddr.Interface) bool { return i.Has(config.TunnelingIP) }); n >= 0 {
		attrs["vconnector"] = host + "-" + interfaces[n].Name
	} else {
		req.Warn(hostcli.Warning(hostcli.IPAddress.Name, config.TunnelingIP.String(), "no interface has the tunnel address"))
	}
	return model.Object{Type: model.TypeOtep, ID: id, Name: id, Host: host,
		ParentType: model.TypeVedge, ParentID: vedge.ID, Attrs: attrs}, nil
}

// tunnels returns the vedge's tunnel_ports that are tunnels.
func tunnels(vedge *model.Object) []map[string]any {
	list := []map[string]any{}
	for _, port := range vedge.Maps("tunnel_ports") {
		kind, _ := port["type"].(string)
		if (&Interface{Type: kind}).IsTunnel() {
			list = append(list, port)
		}
	}
	return list
}

// udpPort returns the UDP port of the host's tunnels: the one that the cloud's database has for the host, else the
// usual one; 0 for tunnels that have none.
func udpPort(vedge *model.Object, config agents.Config) int {
	overlay := config.TunnelTypes[0]
	for _, endpoint := range vedge.Maps("endpoints") {
		if endpoint["type"] == overlay && endpoint["ip_address"] == config.TunnelingIP.String() {
			if port, err := strconv.Atoi(fmt.Sprint(endpoint["udp_port"])); err == nil && port > 0 {
				return port
			}
		}
	}
	return map[string]int{"vxlan": 4789, "geneve": 6081}[overlay]
}
