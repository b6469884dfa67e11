package openstack

import (
	"context"

	"calipso.io/calipso/pkg/conn/cloud"
	"calipso.io/calipso/pkg/discover"
	"calipso.io/calipso/pkg/model"
)

// servicesProject is the project of OpenStack's own service users. It is not shown.
const servicesProject = "services"

// NewProjects finds the projects of a cloud, with Keystone's attributes of them.
func NewProjects() discover.Fetcher {
	return fetcher{fetch: fetchProjects, reads: []reading{projects}}
}

func fetchProjects(ctx context.Context, req *discover.Request) ([]model.Object, error) {
	rows, err := req.Cloud.Projects(ctx)
	if err != nil {
		return nil, err
	}
	var objects []model.Object
	for _, row := range rows {
		if row.Str("name") == servicesProject {
			continue
		}
		// Keystone's parent of a project is another thing than the parent in the tree.
		attrs := attributes(row, "id", "name", "links", "parent_id")
		if parent := row.Str("parent_id"); parent != "" {
			attrs["parent_domain_id"] = parent
		}
		objects = append(objects, model.Object{
			Type: model.TypeProject, ID: row.Str("id"), Name: nameOf(row),
			ParentType: model.FolderType("projects"), ParentID: model.FolderID(req.Parent.ID, "projects"), Attrs: attrs,
		})
	}
	return objects, nil
}

// tenancy knows the projects that things belong to.
type tenancy struct {
	names map[string]string // by id
	admin string            // id of the project that the scan is logged in to
}

func readTenancy(ctx context.Context, c *cloud.Client) (tenancy, error) {
	rows, err := c.Projects(ctx)
	if err != nil {
		return tenancy{}, err
	}
	admin, err := c.ProjectID(ctx)
	if err != nil {
		return tenancy{}, err
	}
	t := tenancy{names: map[string]string{}, admin: admin}
	for _, row := range rows {
		t.names[row.Str("id")] = nameOf(row)
	}
	return t, nil
}

// shown tells whether the inventory has a project with this id.
func (t tenancy) shown(id string) bool {
	name, ok := t.names[id]
	return ok && name != servicesProject
}
