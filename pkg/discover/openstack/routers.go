package openstack

import (
	"context"
	"slices"

	"calipso.io/calipso/pkg/conn/cloud"
	"calipso.io/calipso/pkg/discover"
	"calipso.io/calipso/pkg/model"
)

// TypeRouter is the type of what NewRouters finds. It is for fetchers only: the inventory shows a router by its
// namespaces, as vservices.
const TypeRouter = "router"

// NewRouters finds the routers of all regions, for the fetchers of a host that has their namespaces.
func NewRouters() discover.Fetcher {
	return fetcher{fetch: fetchRouters, reads: []reading{routers}}
}

func fetchRouters(ctx context.Context, req *discover.Request) ([]model.Object, error) {
	rows, err := routers(req.Cloud, ctx, "")
	var objects []model.Object
	for _, row := range rows {
		objects = append(objects, model.Object{Type: TypeRouter, ID: row.Str("id"), Name: nameOf(row), Attrs: attributes(row)})
	}
	return objects, err
}

// routers reads the routers of all regions: namespaces don't tell which one they are of.
func routers(c *cloud.Client, ctx context.Context, _ string) (all []cloud.Item, err error) {
	regions, err := c.Regions(ctx)
	if err != nil {
		return nil, err
	}
	for _, region := range regions {
		if !slices.ContainsFunc(region.Endpoints, func(e cloud.Endpoint) bool { return e.ServiceType == "network" }) {
			continue
		}
		rows, err := c.Routers(ctx, region.Name)
		if err != nil {
			return nil, err
		}
		all = append(all, rows...)
	}
	return all, nil
}
