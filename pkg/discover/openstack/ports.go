package openstack

import (
	"context"

	"calipso.io/calipso/pkg/conn/cloud"
	"calipso.io/calipso/pkg/discover"
	"calipso.io/calipso/pkg/model"
)

// NewPorts finds the ports of a region's networks. Attributes: those of Neutron, and project (a name).
func NewPorts() discover.Fetcher {
	return fetcher{fetch: fetchPorts, reads: []reading{(*cloud.Client).Ports, (*cloud.Client).Networks, projects}}
}

func fetchPorts(ctx context.Context, req *discover.Request) ([]model.Object, error) {
	rows, err := req.Cloud.Ports(ctx, req.Parent.ID)
	if err != nil {
		return nil, err
	}
	if err := checkRights("ports", rows, "binding:host_id"); err != nil {
		return nil, err
	}
	networks, err := req.Cloud.Networks(ctx, req.Parent.ID)
	if err != nil {
		return nil, err
	}
	tenancy, err := readTenancy(ctx, req.Cloud)
	if err != nil {
		return nil, err
	}
	hosts, known := knownHosts(req), byID(networks)
	var objects []model.Object
	for _, row := range rows {
		o := port(row, known)
		o.Host = hosts.resolve(row.Str("binding:host_id"))
		if name, ok := tenancy.names[projectOf(row)]; ok {
			o.Attrs["project"] = name
		}
		objects = append(objects, o)
	}
	return objects, nil
}

// port names a port by its MAC address; by its id when its network is not known.
func port(row cloud.Item, networks map[string]cloud.Item) model.Object {
	network := row.Str("network_id")
	o := model.Object{
		Type: model.TypePort, ID: row.Str("id"), Name: row.Str("mac_address"),
		ParentType: model.FolderType("ports"), ParentID: model.FolderID(network, "ports"), Attrs: attributes(row, "id", "name"),
	}
	if _, ok := networks[network]; !ok || o.Name == "" {
		o.Name = o.ID
	}
	if name := row.Str("name"); name != "" {
		o.Attrs["port_name"] = name
	}
	return o
}
