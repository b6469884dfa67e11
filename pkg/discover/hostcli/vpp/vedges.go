package vpp

import (
	"context"

	"calipso.io/calipso/pkg/discover"
	"calipso.io/calipso/pkg/discover/hostcli"
	"calipso.io/calipso/pkg/discover/hostcmd"
	"calipso.io/calipso/pkg/model"
)

type vedges struct{}

// NewVedges makes the fetcher "cli.vpp.vedges". It finds the host's VPP: one vedge with its interfaces as ports.
func NewVedges() discover.Fetcher { return vedges{} }

func (vedges) Commands(*model.Environment, *model.Object) []hostcmd.Command {
	return []hostcmd.Command{hostcli.VPPVersion, hostcli.VPPInterfaces, hostcli.VPPHardware}
}

func (vedges) Fetch(_ context.Context, req *discover.Request) ([]model.Object, error) {
	list, err := interfaces(req)
	if err != nil {
		return nil, failed("list interfaces", err)
	}
	if len(list) == 0 { // there is at least local0
		return nil, nil
	}
	devices, err := hardware(req)
	if err != nil {
		return nil, failed("list hardware", err)
	}
	ports := []map[string]any{}
	for _, i := range list {
		port := map[string]any{"id": i.ID, "name": i.Name, "state": i.State}
		if mac := devices[i.Name].MAC; mac != "" {
			port["mac_address"] = mac
		}
		ports = append(ports, port)
	}
	host := req.Parent.ID
	attrs := map[string]any{"agent_type": "VPP", "vedge_type": "VPP", "ports": ports}
	if binary := version(req); binary != "" {
		attrs["binary"] = binary
	}
	return []model.Object{{
		Type: model.TypeVedge, ID: vedgeID(host), Name: "VPP-" + host, Host: host,
		ParentType: model.FolderType("vedges"), ParentID: model.FolderID(host, "vedges"), Attrs: attrs,
	}}, nil
}

// version returns the program's name and version: "vpp v22.10-release"; "" and a warning where it can't be read.
func version(req *discover.Request) string {
	out, err := req.Output(hostcli.VPPVersion)
	if err != nil {
		req.Warn(hostcli.Warning(hostcli.VPPVersion.Name, "", err.Error()))
		return ""
	}
	for line := range hostcli.Lines(out.Stdout) {
		if binary := binaryName.FindString(line); binary != "" {
			return binary
		}
	}
	return ""
}
