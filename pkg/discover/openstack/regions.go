package openstack

import (
	"context"

	"calipso.io/calipso/pkg/discover"
	"calipso.io/calipso/pkg/model"
)

// NewRegions finds the regions of a cloud, with the endpoints of their services: they are in Keystone's catalogue,
// which comes with the login. Attribute endpoints: [{name, service_type, publicURL, internalURL, adminURL}].
func NewRegions() discover.Fetcher { return fetcher{fetch: fetchRegions} }

func fetchRegions(ctx context.Context, req *discover.Request) ([]model.Object, error) {
	regions, err := req.Cloud.Regions(ctx)
	if err != nil {
		return nil, err
	}
	var objects []model.Object
	for _, region := range regions {
		endpoints := make([]map[string]any, 0, len(region.Endpoints))
		for _, e := range region.Endpoints {
			endpoint := map[string]any{"name": e.Name, "service_type": e.ServiceType}
			for kind, url := range e.URLs {
				endpoint[kind+"URL"] = url
			}
			endpoints = append(endpoints, endpoint)
		}
		objects = append(objects, model.Object{
			Type: model.TypeRegion, ID: region.Name, Name: region.Name,
			ParentType: model.FolderType("regions"), ParentID: model.FolderID(req.Parent.ID, "regions"),
			Attrs: map[string]any{"endpoints": endpoints},
		})
	}
	return objects, nil
}
