package client

import (
	"context"
	"net/http"
	"net/url"

	"calipso.io/calipso/pkg/model"
)

// ScanRequest says what to scan, and how. Only Environment is needed.
type ScanRequest struct {
	Environment       string `json:"environment"`
	Inventory         string `json:"inventory,omitempty"` // the default one when empty
	LogLevel          string `json:"log_level,omitempty"`
	Clear             bool   `json:"clear,omitempty"`
	ScanOnlyInventory bool   `json:"scan_only_inventory,omitempty"`
	ScanOnlyLinks     bool   `json:"scan_only_links,omitempty"`
	ScanOnlyCliques   bool   `json:"scan_only_cliques,omitempty"`
	ObjectID          string `json:"object_id,omitempty"` // scan this object alone, and what is below it
	ObjectType        string `json:"object_type,omitempty"`
	Force             bool   `json:"force,omitempty"`      // also where scanning is not supported
	Status            string `json:"status,omitempty"`     // model.ScanDraft for one that waits until it is released
	IfRunning         string `json:"if_running,omitempty"` // RefuseIfRunning, or it waits for its turn
}

// RefuseIfRunning says that a scan is to be refused, as an Error with status 409, while another one of the environment
// waits or runs.
const RefuseIfRunning = "refuse"

// ScanState is a scan and how far it is.
type ScanState struct {
	model.Scan
	Progress []model.PhaseProgress `json:"progress"`
}

// StartScan asks for a scan and returns its id (POST /scans).
func (c *Client) StartScan(ctx context.Context, request ScanRequest) (id string, err error) {
	var answer struct{ ID string }
	err = c.call(ctx, http.MethodPost, "/scans", nil, request, &answer)
	return answer.ID, err
}

// Scans lists scans, the latest first: their ids, statuses and times (GET /scans). An empty environment means those of
// all environments, an empty status all statuses.
func (c *Client) Scans(ctx context.Context, environment, status string) ([]model.Scan, error) {
	type entry struct {
		model.Scan
		Entry string `json:"id"`
	}
	entries, err := list[entry](ctx, c, "/scans", "scans", params("env_name", environment, "status", status))
	scans := make([]model.Scan, 0, len(entries))
	for _, e := range entries {
		e.ID = e.Entry
		scans = append(scans, e.Scan)
	}
	return scans, err
}

// Scan returns a scan and how far it is (GET /scans/{id}).
func (c *Client) Scan(ctx context.Context, id string) (state ScanState, err error) {
	return state, c.call(ctx, http.MethodGet, scanPath(id), nil, nil, &state)
}

// ReleaseScan has a draft done (PUT /scans/{id}). One that is no draft is an Error with status 409.
func (c *Client) ReleaseScan(ctx context.Context, id string) error {
	return c.call(ctx, http.MethodPut, scanPath(id), nil, map[string]string{"status": model.ScanPending}, nil)
}

// AbortScan ends a scan (POST /scans/{id}/abort). One that has ended already is an Error with status 409.
func (c *Client) AbortScan(ctx context.Context, id string) error {
	return c.call(ctx, http.MethodPost, scanPath(id)+"/abort", nil, nil, nil)
}

// Coverage returns what each fetcher of a scan did (GET /scans/{id}/coverage) below some hosts, or regions; below all
// when none is named.
func (c *Client) Coverage(ctx context.Context, scan string, hosts ...string) ([]model.CoverageRow, error) {
	return listed[model.CoverageRow](ctx, c, scanPath(scan)+"/coverage", "coverage", url.Values{"host": hosts})
}

// Stale returns the objects that a scan could not read and kept as they were, and that nobody has read since
// (GET /scans/{id}/stale): those on some hosts, or all.
func (c *Client) Stale(ctx context.Context, scan string, hosts ...string) ([]model.StaleObject, error) {
	return listed[model.StaleObject](ctx, c, scanPath(scan)+"/stale", "stale", url.Values{"host": hosts})
}

func scanPath(id string) string { return "/scans/" + url.PathEscape(id) }
