package wire

import (
	"time"

	"calipso.io/calipso/pkg/model"
)

// ScheduleRequest says what to scan, and how often: the environment and one of freq and cron are needed.
type ScheduleRequest struct {
	ScanRequest
	Freq            string `json:"freq,omitempty" enum:"YEARLY,MONTHLY,WEEKLY,DAILY,HOURLY"`
	Cron            string `json:"cron,omitempty"`             // five fields: minute, hour, day of month, month, day of week
	TimeZone        string `json:"timezone,omitempty"`         // whose calendar and clocks count, e.g. Europe/Zurich; UTC when empty
	SubmitTimestamp string `json:"submit_timestamp,omitempty"` // what freq counts from, in ISO 8601; now when empty
}

// Scheduled is the answer to what makes or changes a schedule.
type Scheduled struct {
	ID                 string    `json:"id"`
	Message            string    `json:"message"`
	ScheduledTimestamp time.Time `json:"scheduled_timestamp"` // the next run
}

// ScheduleList is a list of schedules.
type ScheduleList struct {
	Schedules []ScheduleEntry `json:"scheduled_scans"`
	Page
}

// ScheduleEntry is a schedule as lists show it.
type ScheduleEntry struct {
	ID                 string     `json:"id"`
	Environment        string     `json:"environment"`
	Freq               string     `json:"freq,omitempty"`
	Cron               string     `json:"cron,omitempty"`
	TimeZone           string     `json:"timezone,omitempty"`
	ScheduledTimestamp time.Time  `json:"scheduled_timestamp"` // the next run
	LastRun            *time.Time `json:"last_run,omitempty"`
	LastScan           string     `json:"last_scan,omitempty"`
	LastError          string     `json:"last_error,omitempty"`
}

// WholeSchedule is a schedule and when its next scans are due.
type WholeSchedule struct {
	model.ScheduledScan
	Key      string      `json:"id"`
	NextRuns []time.Time `json:"next_runs"`
}
