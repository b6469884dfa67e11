// Package openstack holds the fetchers that read OpenStack's APIs, and its database where only that tells.
//
// Each reads whole listings of a region, of all projects and hosts at once, and turns their rows into objects.
package openstack

import (
	"context"
	"maps"

	"calipso.io/calipso/pkg/conn/cloud"
	"calipso.io/calipso/pkg/discover"
	"calipso.io/calipso/pkg/model"
)

// fetcher finds objects with a function, and says which listings that function will want.
type fetcher struct {
	reads []reading
	fetch func(ctx context.Context, req *discover.Request) ([]model.Object, error)
}

// reading is a listing of a region, as the methods of cloud.Client are.
type reading func(c *cloud.Client, ctx context.Context, region string) ([]cloud.Item, error)

// projects reads all projects, which belong to no region.
func projects(c *cloud.Client, ctx context.Context, _ string) ([]cloud.Item, error) {
	return c.Projects(ctx)
}

// Fetch implements discover.Fetcher.
func (f fetcher) Fetch(ctx context.Context, req *discover.Request) ([]model.Object, error) {
	return f.fetch(ctx, req)
}

// Reads implements discover.Reader. The client remembers what is read, and why something could not be.
func (f fetcher) Reads(req *discover.Request) []func(context.Context) {
	var begin []func(context.Context)
	for _, read := range f.reads {
		begin = append(begin, func(ctx context.Context) { _, _ = read(req.Cloud, ctx, req.Parent.ID) })
	}
	return begin
}

// attributes returns a copy of a row without the given keys.
func attributes(row cloud.Item, without ...string) map[string]any {
	attrs := maps.Clone(map[string]any(row))
	for _, key := range without {
		delete(attrs, key)
	}
	return attrs
}

// pairs turns an object whose keys people have chosen into a list [{name, value}], in the order of the names: names
// from outside are never keys of documents.
func pairs(object cloud.Item) []map[string]any {
	list := make([]map[string]any, 0, len(object))
	for _, name := range sortedKeys(object) {
		list = append(list, map[string]any{"name": name, "value": object[name]})
	}
	return list
}

// nameOf returns a row's name, or its id when it has none.
func nameOf(row cloud.Item) string {
	if name := row.Str("name"); name != "" {
		return name
	}
	return row.Str("id")
}

// projectOf returns the id of the project that a row belongs to; "" for what belongs to the cloud itself.
func projectOf(row cloud.Item) string {
	if id := row.Str("project_id"); id != "" {
		return id
	}
	return row.Str("tenant_id")
}
