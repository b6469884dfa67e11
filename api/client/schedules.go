package client

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"calipso.io/calipso/api/wire"
)

// AddSchedule makes a schedule and returns its id and its next run (POST /scheduled_scans).
func (c *Client) AddSchedule(ctx context.Context, request wire.ScheduleRequest) (id string, next time.Time, err error) {
	return c.putSchedule(ctx, http.MethodPost, "/scheduled_scans", request)
}

// ReplaceSchedule replaces what a schedule says, and returns its next run (PUT /scheduled_scans/{id}).
func (c *Client) ReplaceSchedule(ctx context.Context, id string, request wire.ScheduleRequest) (next time.Time, err error) {
	_, next, err = c.putSchedule(ctx, http.MethodPut, schedulePath(id), request)
	return next, err
}

func (c *Client) putSchedule(ctx context.Context, method, path string, request wire.ScheduleRequest) (string, time.Time, error) {
	var answer wire.Scheduled
	err := c.call(ctx, method, path, nil, request, &answer)
	return answer.ID, answer.ScheduledTimestamp, err
}

// Schedules lists schedules, those that are due first come first: how often, and their last and next runs
// (GET /scheduled_scans). An empty environment means those of all environments.
func (c *Client) Schedules(ctx context.Context, environment string) ([]wire.ScheduleEntry, error) {
	return list[wire.ScheduleEntry](ctx, c, "/scheduled_scans", "scheduled_scans", params("env_name", environment))
}

// Schedule returns a schedule and its next runs (GET /scheduled_scans/{id}).
func (c *Client) Schedule(ctx context.Context, id string) (s wire.WholeSchedule, err error) {
	return s, c.call(ctx, http.MethodGet, schedulePath(id), nil, nil, &s)
}

// DeleteSchedule removes a schedule (DELETE /scheduled_scans/{id}). Scans that it has submitted go on.
func (c *Client) DeleteSchedule(ctx context.Context, id string) error {
	return c.call(ctx, http.MethodDelete, schedulePath(id), nil, nil, nil)
}

func schedulePath(id string) string { return "/scheduled_scans/" + url.PathEscape(id) }
