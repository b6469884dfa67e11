package vpp

import (
	"context"
	"strconv"

	"calipso.io/calipso/pkg/discover"
	"calipso.io/calipso/pkg/discover/hostcli"
	"calipso.io/calipso/pkg/discover/hostcmd"
	"calipso.io/calipso/pkg/model"
)

type oteps struct{}

// NewOteps makes the fetcher "cli.vpp.oteps". It finds the end of the host's vxlan and gre tunnels, below VPP's vedge, where there
// are any.
func NewOteps() discover.Fetcher { return oteps{} }

func (oteps) Commands(*model.Environment, *model.Object) []hostcmd.Command {
	return []hostcmd.Command{hostcli.VPPTunnels, hostcli.VPPGRE, hostcli.VPPAddresses}
}

func (oteps) Fetch(_ context.Context, req *discover.Request) ([]model.Object, error) {
	tunnels, err := readTunnels(req)
	if err != nil {
		return nil, failed("list tunnels", err)
	}
	if len(tunnels) == 0 {
		return nil, nil
	}
	host, id := req.Parent.ID, req.Parent.ID+"-otep"
	ports := []map[string]any{}
	for _, t := range tunnels {
		options := map[string]string{"local_ip": t.local.String(), "remote_ip": t.remote.String()}
		if t.kind == "vxlan" {
			options["in_key"] = strconv.Itoa(t.vni)
		}
		ports = append(ports, map[string]any{"name": t.name, "interface": t.name, "type": t.kind, "options": options})
	}
	attrs := map[string]any{"overlay_type": tunnels[0].kind, "ip_address": tunnels[0].local.String(), "ports": ports}
	if tunnels[0].kind == "vxlan" {
		attrs["udp_port"] = vxlanPort
	}
	if device := holder(req, tunnels[0]); device != "" {
		attrs["vconnector"] = host + "-" + device
	}
	return []model.Object{{Type: model.TypeOtep, ID: id, Name: id, Host: host,
		ParentType: model.TypeVedge, ParentID: vedgeID(host), Attrs: attrs}}, nil
}

// vxlanPort is the UDP port that VPP's vxlan tunnels use.
const vxlanPort = 4789

// holder returns the interface that has a tunnel's address, or "" and a warning.
func holder(req *discover.Request, t tunnel) string {
	addresses, err := readAddresses(req)
	if err != nil {
		req.Warn(hostcli.Warning(hostcli.VPPAddresses.Name, "", err.Error()))
		return ""
	}
	for name, own := range addresses {
		for _, a := range own {
			if a == t.local {
				return name
			}
		}
	}
	req.Warn(hostcli.Warning(hostcli.VPPAddresses.Name, t.local.String(), "no interface has the tunnel address"))
	return ""
}
