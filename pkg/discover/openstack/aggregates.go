package openstack

import (
	"context"

	"calipso.io/calipso/pkg/conn/cloud"
	"calipso.io/calipso/pkg/discover"
	"calipso.io/calipso/pkg/model"
)

// NewAggregates finds the host aggregates of a region, with Nova's attributes; metadata as [{name, value}].
func NewAggregates() discover.Fetcher {
	return fetcher{fetch: fetchAggregates, reads: []reading{(*cloud.Client).Aggregates}}
}

func fetchAggregates(ctx context.Context, req *discover.Request) ([]model.Object, error) {
	rows, err := req.Cloud.Aggregates(ctx, req.Parent.ID)
	if err != nil {
		return nil, err
	}
	var objects []model.Object
	for _, row := range rows {
		attrs := attributes(row, "id", "name", "deleted", "deleted_at")
		attrs["metadata"] = pairs(row.Item("metadata"))
		objects = append(objects, model.Object{
			Type: model.TypeAggregate, ID: row.Str("id"), Name: nameOf(row),
			ParentType: model.FolderType("aggregates"), ParentID: model.FolderID(req.Parent.ID, "aggregates"), Attrs: attrs,
		})
	}
	return objects, nil
}

// NewHostRefs finds the members of the aggregates of a region. Attribute ref_id is the host's document id.
func NewHostRefs() discover.Fetcher {
	return fetcher{fetch: fetchHostRefs, reads: []reading{(*cloud.Client).Aggregates}}
}

func fetchHostRefs(ctx context.Context, req *discover.Request) ([]model.Object, error) {
	rows, err := req.Cloud.Aggregates(ctx, req.Parent.ID)
	if err != nil {
		return nil, err
	}
	hosts := knownHosts(req)
	var objects []model.Object
	for _, row := range rows {
		for _, name := range model.Strings(row["hosts"]) {
			objects = append(objects, model.Object{
				Type: model.TypeHostRef, ID: "aggregate-" + nameOf(row) + "-" + name, Name: name,
				ParentType: model.TypeAggregate, ParentID: row.Str("id"),
				Attrs: map[string]any{"ref_id": model.DBID(req.Env.Name, model.TypeHost, hosts.resolve(name))},
			})
		}
	}
	return objects, nil
}
