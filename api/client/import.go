package client

import (
	"context"
	"net/http"

	"calipso.io/calipso/api/wire"
	"calipso.io/calipso/pkg/model"
)

// Import imports documents, all or none (POST /import). A dry run only says what would be done.
func (c *Client) Import(ctx context.Context, documents wire.Import, dryRun, force bool) (done wire.Imported, err error) {
	options := map[bool]string{true: "true"}
	query := params("dry_run", options[dryRun], "force", options[force])
	return done, c.call(ctx, http.MethodPost, "/import", query, documents, &done)
}

// ExportEnvironment returns an environment whose secrets are encrypted with a key (POST /environment_configs/{name}/export).
func (c *Client) ExportEnvironment(ctx context.Context, name, key string) (env model.Environment, err error) {
	return env, c.call(ctx, http.MethodPost, environmentPath(name)+"/export", nil, wire.ExportKey{Key: key}, &env)
}

// MadeCliqueTypes returns the link types, clique types and clique constraints that were made over the API
// (GET /link_types, /clique_types, /clique_constraints).
func (c *Client) MadeCliqueTypes(ctx context.Context) (made wire.Import, err error) {
	linkTypes, err := list[wire.LinkTypeEntry](ctx, c, "/link_types", "link_types", params())
	if err != nil {
		return made, err
	}
	for _, e := range linkTypes {
		if !e.Configured {
			made.LinkTypes = append(made.LinkTypes, e.LinkType)
		}
	}
	cliqueTypes, err := list[wire.CliqueTypeEntry](ctx, c, "/clique_types", "clique_types", params())
	if err != nil {
		return made, err
	}
	for _, e := range cliqueTypes {
		if !e.Configured {
			made.CliqueTypes = append(made.CliqueTypes, e.CliqueType)
		}
	}
	constraints, err := list[wire.ConstraintEntry](ctx, c, "/clique_constraints", "clique_constraints", params())
	for _, e := range constraints {
		if !e.Configured {
			made.CliqueConstraints = append(made.CliqueConstraints, e.CliqueConstraint)
		}
	}
	return made, err
}
