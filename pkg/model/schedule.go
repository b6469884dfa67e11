package model

import "time"

// ScheduledScan asks for scans of an environment again and again: a document of scheduled_scans. It says when either by
// Freq or by Cron.
type ScheduledScan struct {
	ID          string `json:"_id"`
	Environment string `json:"environment"`
	Freq        string `json:"freq,omitempty"`     // one of Frequencies, counted from SubmitTimestamp
	Cron        string `json:"cron,omitempty"`     // five fields: minute, hour, day of month, month, day of week
	TimeZone    string `json:"timezone,omitempty"` // whose calendar and clocks count, e.g. Europe/Zurich; UTC when empty
	ScanOptions
	SubmitTimestamp    time.Time     `json:"submit_timestamp"`     // no run is due before it
	ChangedTimestamp   time.Time     `json:"changed_timestamp"`    // when it was made or replaced; no run is due until after it
	ScheduledTimestamp time.Time     `json:"scheduled_timestamp"`  // the next run
	Run                *ScheduledRun `json:"run,omitempty"`        // the run that is being carried out
	LastRun            *time.Time    `json:"last_run,omitempty"`   // when a scan was last submitted
	LastScan           string        `json:"last_scan,omitempty"`  // id of that scan
	LastError          string        `json:"last_error,omitempty"` // why the last run that was due did not become a scan
}

// ScheduledRun is a run of a schedule that was due, and what a scheduler has decided about it. It is noted before anything
// is done, so that any scheduler can finish what another one began.
type ScheduledRun struct {
	Due  time.Time `json:"due"`
	Skip string    `json:"skip,omitempty"` // why there is to be no scan
}

// Frequencies of scheduled scans.
const (
	FreqYearly  = "YEARLY"
	FreqMonthly = "MONTHLY"
	FreqWeekly  = "WEEKLY"
	FreqDaily   = "DAILY"
	FreqHourly  = "HOURLY"
)

// Frequencies returns all frequencies.
func Frequencies() []string {
	return []string{FreqYearly, FreqMonthly, FreqWeekly, FreqDaily, FreqHourly}
}
