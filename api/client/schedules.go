package client

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"calipso.io/calipso/pkg/model"
)

// ScheduleRequest says what to scan, and how often: Environment and one of Freq and Cron are needed.
type ScheduleRequest struct {
	ScanRequest
	Freq     string     `json:"freq,omitempty"` // one of model.Frequencies
	Cron     string     `json:"cron,omitempty"`
	TimeZone string     `json:"timezone,omitempty"`
	Start    *time.Time `json:"submit_timestamp,omitempty"` // what Freq counts from; now when nil
}

// Schedule is a schedule and when its next scans are due.
type Schedule struct {
	model.ScheduledScan
	NextRuns []time.Time `json:"next_runs"`
}

// AddSchedule makes a schedule and returns its id and its next run (POST /scheduled_scans).
func (c *Client) AddSchedule(ctx context.Context, request ScheduleRequest) (id string, next time.Time, err error) {
	return c.putSchedule(ctx, http.MethodPost, "/scheduled_scans", request)
}

// ReplaceSchedule replaces what a schedule says, and returns its next run (PUT /scheduled_scans/{id}).
func (c *Client) ReplaceSchedule(ctx context.Context, id string, request ScheduleRequest) (next time.Time, err error) {
	_, next, err = c.putSchedule(ctx, http.MethodPut, schedulePath(id), request)
	return next, err
}

func (c *Client) putSchedule(ctx context.Context, method, path string, request ScheduleRequest) (string, time.Time, error) {
	var answer struct {
		ID   string
		Next time.Time `json:"scheduled_timestamp"`
	}
	err := c.call(ctx, method, path, nil, request, &answer)
	return answer.ID, answer.Next, err
}

// Schedules lists schedules, those that are due first come first: how often, and their last and next runs
// (GET /scheduled_scans). An empty environment means those of all environments.
func (c *Client) Schedules(ctx context.Context, environment string) ([]model.ScheduledScan, error) {
	type entry struct {
		model.ScheduledScan
		Entry string `json:"id"`
	}
	entries, err := list[entry](ctx, c, "/scheduled_scans", "scheduled_scans", params("env_name", environment))
	schedules := make([]model.ScheduledScan, 0, len(entries))
	for _, e := range entries {
		e.ID = e.Entry
		schedules = append(schedules, e.ScheduledScan)
	}
	return schedules, err
}

// Schedule returns a schedule and its next runs (GET /scheduled_scans/{id}).
func (c *Client) Schedule(ctx context.Context, id string) (s Schedule, err error) {
	return s, c.call(ctx, http.MethodGet, schedulePath(id), nil, nil, &s)
}

// DeleteSchedule removes a schedule (DELETE /scheduled_scans/{id}). Scans that it has submitted go on.
func (c *Client) DeleteSchedule(ctx context.Context, id string) error {
	return c.call(ctx, http.MethodDelete, schedulePath(id), nil, nil, nil)
}

func schedulePath(id string) string { return "/scheduled_scans/" + url.PathEscape(id) }
