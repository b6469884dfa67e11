package openstack

import (
	"context"

	"calipso.io/calipso/pkg/conn/cloud"
	"calipso.io/calipso/pkg/discover"
	"calipso.io/calipso/pkg/model"
)

// NewZones finds the availability zones of a region and the folder that holds them. Attributes: available, and hosts
// as [{name, services: [{name, active, available, updated_at}]}].
func NewZones() discover.Fetcher {
	return fetcher{fetch: fetchZones, reads: []reading{(*cloud.Client).Zones}}
}

func fetchZones(ctx context.Context, req *discover.Request) ([]model.Object, error) {
	zones, err := req.Cloud.Zones(ctx, req.Parent.ID)
	if err != nil {
		return nil, err
	}
	objects := []model.Object{discover.Folder(model.TypeRegion, req.Parent.ID, "availability_zones", "Availability Zones")}
	for _, zone := range zones {
		name := zone.Str("zoneName")
		objects = append(objects, model.Object{
			Type: model.TypeAvailabilityZone, ID: name, Name: name,
			ParentType: objects[0].Type, ParentID: objects[0].ID,
			Attrs: map[string]any{"available": zone.Item("zoneState")["available"] == true, "hosts": zoneHosts(zone)},
		})
	}
	return objects, nil
}

func zoneHosts(zone cloud.Item) []map[string]any {
	hosts := zone.Item("hosts")
	list := make([]map[string]any, 0, len(hosts))
	for _, name := range sortedKeys(hosts) {
		list = append(list, map[string]any{"name": name, "services": zoneServices(hosts.Item(name))})
	}
	return list
}

// zoneServices returns the services of a host in a zone as a list.
func zoneServices(services cloud.Item) []map[string]any {
	list := make([]map[string]any, 0, len(services))
	for _, name := range sortedKeys(services) {
		state := services.Item(name)
		service := map[string]any{"name": name, "active": state["active"] == true, "available": state["available"] == true}
		if at := state.Str("updated_at"); at != "" {
			service["updated_at"] = at
		}
		list = append(list, service)
	}
	return list
}
