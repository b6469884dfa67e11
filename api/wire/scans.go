package wire

import (
	"time"

	"calipso.io/calipso/pkg/model"
)

// ScanRequest says what to scan, and how. Only the environment is needed.
type ScanRequest struct {
	Environment       string `json:"environment,omitempty"`
	EnvName           string `json:"env_name,omitempty"`  // another name of environment
	Inventory         string `json:"inventory,omitempty"` // the default one when empty
	LogLevel          string `json:"log_level,omitempty" enum:"critical,error,warning,info,debug,notset"`
	Clear             bool   `json:"clear,omitempty"`
	ScanOnlyInventory bool   `json:"scan_only_inventory,omitempty"`
	ScanOnlyLinks     bool   `json:"scan_only_links,omitempty"`
	ScanOnlyCliques   bool   `json:"scan_only_cliques,omitempty"`
	ObjectID          string `json:"object_id,omitempty"`   // scan this object alone, and what is below it
	ObjectType        string `json:"object_type,omitempty"` // needed where the id alone is not unique
	Force             bool   `json:"force,omitempty"`       // also where scanning is not supported
}

// Options returns what the request says beside the environment.
func (r *ScanRequest) Options() model.ScanOptions {
	return model.ScanOptions{Inventory: r.Inventory, LogLevel: r.LogLevel, Clear: r.Clear, ScanOnlyInventory: r.ScanOnlyInventory,
		ScanOnlyLinks: r.ScanOnlyLinks, ScanOnlyCliques: r.ScanOnlyCliques, ObjectID: r.ObjectID, ObjectType: r.ObjectType, Force: r.Force}
}

// NewScan asks for a scan now.
type NewScan struct {
	ScanRequest
	Status    string `json:"status,omitempty" enum:"pending,draft"`   // a draft waits until it is released
	IfRunning string `json:"if_running,omitempty" enum:"wait,refuse"` // what to do while another scan of the environment waits or runs
}

// ScanStatus says what is to become of a draft.
type ScanStatus struct {
	Status string `json:"status" enum:"pending"` // pending releases it
}

// ScanList is a list of scans.
type ScanList struct {
	Scans []ScanEntry `json:"scans"`
	Page
}

// ScanEntry is a scan as lists show it.
type ScanEntry struct {
	ID              string     `json:"id"`
	Environment     string     `json:"environment"`
	Status          string     `json:"status"`
	Inventory       string     `json:"inventory"`
	SubmitTimestamp time.Time  `json:"submit_timestamp"`
	StartTimestamp  *time.Time `json:"start_timestamp,omitempty"`
	EndTimestamp    *time.Time `json:"end_timestamp,omitempty"`
}

// WholeScan is a scan and how far it is.
type WholeScan struct {
	model.Scan
	Key      string                `json:"id"`
	Progress []model.PhaseProgress `json:"progress"`
}

// ScanState is what the events of a scan hold: the scan, and how far it is.
type ScanState struct {
	Scan     model.Scan            `json:"scan"`
	Progress []model.PhaseProgress `json:"progress"`
}

// CoverageList says what each fetcher of a scan did.
type CoverageList struct {
	Coverage []model.CoverageRow `json:"coverage"`
}

// StaleList is a list of objects that a scan could not read.
type StaleList struct {
	Stale []model.StaleObject `json:"stale"`
}
