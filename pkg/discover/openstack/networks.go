package openstack

import (
	"context"
	"slices"
	"strings"

	"calipso.io/calipso/pkg/conn/cloud"
	"calipso.io/calipso/pkg/discover"
	"calipso.io/calipso/pkg/model"
)

// NewNetworks finds the networks of a region and the folders of their projects that hold them. Attributes: those of
// Neutron, network (its own id), project (a name), subnets (documents), subnet_ids and cidrs.
func NewNetworks() discover.Fetcher {
	return fetcher{fetch: fetchNetworks, reads: []reading{(*cloud.Client).Networks, (*cloud.Client).Subnets, projects}}
}

func fetchNetworks(ctx context.Context, req *discover.Request) ([]model.Object, error) {
	rows, err := req.Cloud.Networks(ctx, req.Parent.ID)
	if err != nil {
		return nil, err
	}
	if err := checkRights("networks", rows, "provider:network_type", "segments"); err != nil {
		return nil, err
	}
	subnets, err := readSubnets(ctx, req)
	if err != nil {
		return nil, err
	}
	tenancy, err := readTenancy(ctx, req.Cloud)
	if err != nil {
		return nil, err
	}
	folders := map[string]model.Object{}
	var networks []model.Object
	for _, row := range rows {
		project := tenancy.home(req, row)
		folder := discover.Folder(model.TypeProject, project, "networks", "Networks")
		folders[project] = folder
		networks = append(networks, model.Object{
			Type: model.TypeNetwork, ID: row.Str("id"), Name: nameOf(row),
			ParentType: folder.Type, ParentID: folder.ID, Attrs: networkAttributes(row, tenancy.nameFor(row, project), subnets),
		})
	}
	var objects []model.Object
	for _, project := range sortedKeys(folders) {
		objects = append(objects, folders[project])
	}
	return append(objects, networks...), nil
}

func networkAttributes(row cloud.Item, project string, subnets map[string]cloud.Item) map[string]any {
	// Neutron gives them in any order, which is no change of the network.
	ids := append([]string{}, model.Strings(row["subnets"])...)
	slices.Sort(ids)
	documents, cidrs := []map[string]any{}, []string{}
	for _, id := range ids {
		if subnet, ok := subnets[id]; ok {
			documents = append(documents, subnet)
			cidrs = append(cidrs, subnet.Str("cidr"))
		}
	}
	attrs := attributes(row, "id", "name")
	attrs["network"], attrs["project"] = row.Str("id"), project
	attrs["subnets"], attrs["subnet_ids"], attrs["cidrs"] = documents, ids, cidrs
	return attrs
}

// readSubnets returns the subnets of a region by their ids.
func readSubnets(ctx context.Context, req *discover.Request) (map[string]cloud.Item, error) {
	rows, err := req.Cloud.Subnets(ctx, req.Parent.ID)
	return byID(rows), err
}

func byID(rows []cloud.Item) map[string]cloud.Item {
	index := make(map[string]cloud.Item, len(rows))
	for _, row := range rows {
		index[row.Str("id")] = row
	}
	return index
}

// home returns the id of the project that a network is shown in: its own; for the networks by which highly available
// routers talk, which have none, the project in their names; else the one that the scan is logged in to.
func (t tenancy) home(req *discover.Request, row cloud.Item) string {
	id := projectOf(row)
	if words := strings.Fields(row.Str("name")); id == "" && strings.HasPrefix(row.Str("name"), "HA network tenant ") && len(words) > 3 {
		id = words[3]
	}
	if t.shown(id) {
		return id
	}
	if _, there := t.names[id]; id != "" && !there {
		req.Warn(model.Warning{Source: "networks of " + req.Parent.ID, Line: nameOf(row) + " (" + row.Str("id") + ")",
			Reason: "its project " + id + " is not there any more; it is shown in the project of the scan's user"})
	}
	return t.admin
}

// nameFor returns the name of a network's own project, or of the one that it is shown in.
func (t tenancy) nameFor(row cloud.Item, home string) string {
	if name, ok := t.names[projectOf(row)]; ok {
		return name
	}
	return t.names[home]
}
