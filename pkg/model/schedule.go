package model

import "time"

// ScheduledScan asks for scans of an environment again and again: a document of scheduled_scans. It says when either by
// Freq or by Cron.
type ScheduledScan struct {
	ID          string `json:"_id"`
	Environment string `json:"environment"`
	Freq        string `json:"freq,omitempty"`     // YEARLY, MONTHLY, WEEKLY, DAILY or HOURLY, counted from SubmitTimestamp
	Cron        string `json:"cron,omitempty"`     // five fields: minute, hour, day of month, month, day of week
	TimeZone    string `json:"timezone,omitempty"` // of Cron, e.g. Europe/Zurich; UTC when empty
	ScanOptions
	SubmitTimestamp    time.Time  `json:"submit_timestamp"`
	ScheduledTimestamp time.Time  `json:"scheduled_timestamp"` // the next run
	LastRun            *time.Time `json:"last_run,omitempty"`  // when a scan was last submitted
	LastScan           string     `json:"last_scan,omitempty"` // id of that scan
}
