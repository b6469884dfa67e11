package client

import (
	"context"
	"net/http"
	"net/url"

	"calipso.io/calipso/api/wire"
	"calipso.io/calipso/pkg/model"
)

// RefuseIfRunning says that a scan is to be refused, as an Error with status 409, while another one of the environment
// waits or runs.
const RefuseIfRunning = "refuse"

// ScanRequest says what to scan, and how. Only Environment is needed.
type ScanRequest = wire.ScanRequest

// StartScan asks for a scan, which waits for its turn, and returns its id (POST /scans).
func (c *Client) StartScan(ctx context.Context, request ScanRequest) (id string, err error) {
	return c.SubmitScan(ctx, wire.NewScan{ScanRequest: request})
}

// SubmitScan is StartScan with a say in when the scan begins.
func (c *Client) SubmitScan(ctx context.Context, request wire.NewScan) (id string, err error) {
	var answer wire.Done
	err = c.call(ctx, http.MethodPost, "/scans", nil, request, &answer)
	return answer.ID, err
}

// Scans lists scans, the latest first: their ids, statuses and times (GET /scans). An empty environment means those of
// all environments, an empty status all statuses.
func (c *Client) Scans(ctx context.Context, environment, status string) ([]wire.ScanEntry, error) {
	return list[wire.ScanEntry](ctx, c, "/scans", "scans", params("env_name", environment, "status", status))
}

// Scan returns a scan and how far it is (GET /scans/{id}).
func (c *Client) Scan(ctx context.Context, id string) (state wire.WholeScan, err error) {
	return state, c.call(ctx, http.MethodGet, scanPath(id), nil, nil, &state)
}

// ReleaseScan has a draft done (PUT /scans/{id}). One that is no draft is an Error with status 409.
func (c *Client) ReleaseScan(ctx context.Context, id string) error {
	return c.call(ctx, http.MethodPut, scanPath(id), nil, wire.ScanStatus{Status: model.ScanPending}, nil)
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
