package client

import (
	"context"
	"io"
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

// ImportInventory imports the JSON lines of an export into an inventory that has nothing of the environment, all or none
// (POST /import/inventory). A dry run only says what would be done.
func (c *Client) ImportInventory(ctx context.Context, environment, inventory string, dryRun bool, lines io.Reader) (done wire.InventoryImported, err error) {
	query := params("env_name", environment, "inventory", inventory, "dry_run", map[bool]string{true: "true"}[dryRun])
	return done, c.call(ctx, http.MethodPost, "/import/inventory", query, lines, &done)
}

// ExportEnvironment returns an environment whose secrets are encrypted with a key (POST /environment_configs/{name}/export).
func (c *Client) ExportEnvironment(ctx context.Context, name, key string) (env model.Environment, err error) {
	return env, c.call(ctx, http.MethodPost, environmentPath(name)+"/export", nil, wire.ExportKey{Key: key}, &env)
}

// MadeCliqueTypes returns the link types, clique types and clique constraints that were made over the API
// (GET /link_types, /clique_types, /clique_constraints).
func (c *Client) MadeCliqueTypes(ctx context.Context) (made wire.Import, err error) {
	for name, into := range map[string]*[]map[string]any{"link_types": &made.LinkTypes, "clique_types": &made.CliqueTypes,
		"clique_constraints": &made.CliqueConstraints} {
		entries, err := list[map[string]any](ctx, c, "/"+name, name, params())
		if err != nil {
			return made, err
		}
		for _, e := range entries {
			if e["configured"] == false {
				delete(e, "configured")
				delete(e, "id")
				*into = append(*into, e)
			}
		}
	}
	return made, nil
}
