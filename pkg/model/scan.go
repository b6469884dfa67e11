package model

import (
	"fmt"
	"time"
)

// ScanOptions say what a scan is to do.
type ScanOptions struct {
	Inventory         string `json:"inventory"` // name of the inventory that is written; "inventory" by default
	LogLevel          string `json:"log_level,omitempty"`
	Clear             bool   `json:"clear"`
	ScanOnlyInventory bool   `json:"scan_only_inventory"`
	ScanOnlyLinks     bool   `json:"scan_only_links"`
	ScanOnlyCliques   bool   `json:"scan_only_cliques"`
	ObjectID          string `json:"object_id,omitempty"`   // scan this object and what is below it
	ObjectType        string `json:"object_type,omitempty"` // needed where the id alone is not unique
	Force             bool   `json:"force,omitempty"`       // also where scanning is not supported
}

// Scan is a request to discover an environment, and what became of it.
type Scan struct {
	ID          string `json:"_id"`
	Environment string `json:"environment"`
	Status      string `json:"status"`
	ScanOptions
	OriginType      string     `json:"origin_type,omitempty"` // OriginManual when empty
	OriginID        string     `json:"origin_id,omitempty"`   // e.g. of the schedule that asked for it
	SubmitTimestamp time.Time  `json:"submit_timestamp"`
	StartTimestamp  *time.Time `json:"start_timestamp,omitempty"`
	EndTimestamp    *time.Time `json:"end_timestamp,omitempty"`

	ScheduledTimestamp *time.Time `json:"scheduled_timestamp,omitempty"` // when a schedule had it due

	Generation int64        `json:"generation"`        // later scans have greater ones; see GenerationOf
	Phase      string       `json:"phase,omitempty"`   // the phase that is running
	Error      string       `json:"error,omitempty"`   // why it failed, in words
	Removed    int          `json:"removed,omitempty"` // objects removed so far
	Summary    *ScanSummary `json:"summary,omitempty"`
}

// GenerationsPerScan is the distance of the generations of two scans, so that each attempt at a step has one of its own.
const GenerationsPerScan = 16

// GenerationOf is the generation of what an attempt at a step writes: no earlier attempt can overwrite it.
func (s *Scan) GenerationOf(step *Step) int64 { return s.Generation + int64(step.Attempt) }

// LastGeneration is the generation of what belongs to the whole scan, not to an attempt at one of its steps.
func (s *Scan) LastGeneration() int64 { return s.Generation + GenerationsPerScan - 1 }

// Message returns a message about the scan. The same key gives the same message, however often it is written.
func (s *Scan) Message(key, level, text string, now time.Time) Message {
	origin := s.OriginType
	if origin == "" {
		origin = OriginManual
	}
	return Message{ID: s.ID + "." + key, Environment: s.Environment, SourceSystem: SourceCalipso, Level: level, Message: text,
		DisplayContext: s.ObjectID, RelatedObject: s.Environment, RelatedObjectType: TypeEnvironment, Timestamp: now.UTC(),
		OriginType: origin, OriginID: s.ID}
}

// ScanSummary is what a scan found and what it took.
type ScanSummary struct {
	Objects      map[string]int     `json:"objects"` // by type
	Links        int                `json:"links"`
	Cliques      int                `json:"cliques"`
	Removed      int                `json:"removed"`  // objects that are gone from the cloud
	Stale        int                `json:"stale"`    // objects that could not be read again and were kept
	Steps        map[string]int     `json:"steps"`    // by status
	Failures     int                `json:"failures"` // reads that failed or were given up
	Warnings     int                `json:"warnings"`
	APIRequests  int64              `json:"api_requests"`
	SSHCommands  int64              `json:"ssh_round_trips"`
	SQLQueries   int64              `json:"sql_queries"`
	PhaseSeconds map[string]float64 `json:"phase_seconds"`
}

// Who asks for scans, and what messages are about.
const (
	OriginManual   = "manual scan"
	OriginSchedule = "scheduled scan"
	OriginEvent    = "event based scan"
	OriginImport   = "import" // of an inventory: nothing was scanned
)

// Statuses of a scan.
const (
	ScanDraft               = "draft"
	ScanPending             = "pending"
	ScanRunning             = "running"
	ScanCompleted           = "completed"
	ScanCompletedWithErrors = "completed_with_errors"
	ScanFailed              = "failed"
	ScanAborted             = "aborted"
)

// Ended tells whether nothing more will happen to a scan with this status.
func Ended(status string) bool {
	switch status {
	case ScanCompleted, ScanCompletedWithErrors, ScanFailed, ScanAborted:
		return true
	}
	return false
}

// Phases of a scan, in their order.
const (
	PhaseInventory = "inventory"
	PhaseLinks     = "links"
	PhaseCliques   = "cliques"
	PhaseFinish    = "finish"
)

// Step is an entry of a scan's ledger: one piece of work, written before it is enqueued. It is the source of truth for
// progress, for recovery and for the coverage report.
type Step struct {
	ID          string     `json:"_id"` // "<scan>/<phase>/<step>/<parent>"
	Scan        string     `json:"scan"`
	Environment string     `json:"environment"`
	Phase       string     `json:"phase"`
	Step        string     `json:"step"`      // name of the plan's step, or of the work of a later phase
	Parent      string     `json:"parent"`    // document id of the object that the step is for, or a shard
	ParentID    string     `json:"parent_id"` // the parent's own id, for people
	ParentType  string     `json:"parent_type"`
	Scope       string     `json:"scope"` // names the step across scans; the objects that it finds carry it
	Host        string     `json:"host,omitempty"`
	Status      string     `json:"status"`
	Attempt     int        `json:"attempt"`
	Worker      string     `json:"worker,omitempty"`
	Heartbeat   *time.Time `json:"heartbeat,omitempty"`
	Found       int        `json:"found"`
	Error       string     `json:"error,omitempty"`
	Started     *time.Time `json:"started,omitempty"`
	Ended       *time.Time `json:"ended,omitempty"`
	Fetchers    []string   `json:"fetchers,omitempty"` // what the plan has for the parent: those without a result were not reached
	Results     []Result   `json:"results,omitempty"`  // one per fetcher
	Counts      Counts     `json:"counts"`
}

// MaxAttempts is how often a step is begun before it is given up. It must not be more than GenerationsPerScan - 1.
const MaxAttempts = 10

// Release takes a step from an attempt that did not finish it, for the reason given: the next attempt may have it,
// unless there were too many; then it has failed.
func (s *Step) Release(why string, now time.Time) {
	now = now.UTC()
	if s.Attempt+1 >= MaxAttempts {
		s.Status, s.Ended = StepFailed, &now
		s.Error = fmt.Sprintf("given up after %d attempts: %s", MaxAttempts, why)
		return
	}
	s.Status, s.Attempt, s.Error, s.Worker, s.Heartbeat = StepPending, s.Attempt+1, why, "", nil
}

// Result is what one fetcher did in a step: a cell of the coverage report.
type Result struct {
	Fetcher  string    `json:"fetcher"`
	Status   string    `json:"status"` // ResultOK, ResultEmpty or ResultFailed
	Found    int       `json:"found"`
	Error    string    `json:"error,omitempty"`
	Warnings []Warning `json:"warnings,omitempty"`
}

// Warning is something that a parser could not read and passed over.
type Warning struct {
	Source string `json:"source"` // the command or request whose answer it was
	Line   string `json:"line"`   // what could not be read
	Reason string `json:"reason"`
}

// Counts are the round trips that a step made.
type Counts struct {
	API int64 `json:"api"` // HTTP requests
	SSH int64 `json:"ssh"` // commands run over SSH
	SQL int64 `json:"sql"` // queries
}

// Statuses of a step.
const (
	StepPending = "pending"
	StepRunning = "running"
	StepDone    = "done"
	StepFailed  = "failed"
	StepAborted = "aborted" // by the end of its scan
)

// Statuses of a fetcher's result.
const (
	ResultOK         = "ok"
	ResultEmpty      = "empty"
	ResultFailed     = "failed"
	ResultNotReached = "not reached"
)
