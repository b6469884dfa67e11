package model

import (
	"cmp"
	"slices"
	"time"
)

// CoverageRow is a line of a scan's coverage report: what one fetcher did for one parent.
type CoverageRow struct {
	ParentType string    `json:"parent_type"`
	Parent     string    `json:"parent"` // e.g. a host's name
	Fetcher    string    `json:"fetcher"`
	Status     string    `json:"status"` // ok, empty, failed or not reached
	Found      int       `json:"found"`
	Error      string    `json:"error,omitempty"`
	Warnings   []Warning `json:"warnings,omitempty"`
}

// StaleObject is an object that a scan could not read and kept as it was.
type StaleObject struct {
	Type   string    `json:"type"`
	ID     string    `json:"id"`
	Name   string    `json:"name"`
	Host   string    `json:"host,omitempty"`
	Since  time.Time `json:"since"` // when it was last read
	Reason string    `json:"reason"`
}

// Coverage makes the report of a scan's steps: parent by parent, fetcher by fetcher. What a step that was given up, was
// aborted or has not ended would have read was not reached. Of later phases only steps that failed have a line.
func Coverage(steps []Step) []CoverageRow {
	var rows []CoverageRow
	for _, s := range steps {
		switch {
		case s.Phase == PhaseInventory:
			rows = append(rows, s.coverage()...)
		case s.Status == StepFailed:
			rows = append(rows, CoverageRow{ParentType: s.ParentType, Parent: s.ParentID, Fetcher: s.Step, Status: ResultFailed, Error: s.Error})
		}
	}
	slices.SortStableFunc(rows, func(a, b CoverageRow) int {
		return cmp.Or(cmp.Compare(a.ParentType, b.ParentType), cmp.Compare(a.Parent, b.Parent))
	})
	return rows
}

// coverage returns the lines of one step of the inventory phase.
func (s *Step) coverage() []CoverageRow {
	var rows []CoverageRow
	seen := map[string]bool{}
	for _, r := range s.Results {
		seen[r.Fetcher] = true
		rows = append(rows, CoverageRow{ParentType: s.ParentType, Parent: s.ParentID, Fetcher: r.Fetcher,
			Status: r.Status, Found: r.Found, Error: r.Error, Warnings: r.Warnings})
	}
	if s.Status == StepDone {
		return rows
	}
	fetchers := s.Fetchers
	if len(fetchers) == 0 && len(rows) == 0 {
		fetchers = []string{s.Step}
	}
	for _, fetcher := range fetchers {
		if !seen[fetcher] {
			rows = append(rows, CoverageRow{ParentType: s.ParentType, Parent: s.ParentID, Fetcher: fetcher, Status: ResultNotReached, Error: s.Error})
		}
	}
	return rows
}

// PhaseProgress is how far one phase of a scan is.
type PhaseProgress struct {
	Phase  string `json:"phase"`
	Total  int    `json:"total"` // steps known so far
	Done   int    `json:"done"`
	Failed int    `json:"failed"`
	Found  int    `json:"found"` // objects, links or cliques
}

// Phases returns the phases that a scan goes through, in their order.
func (s *Scan) Phases() []string {
	switch {
	case s.ScanOnlyInventory:
		return []string{PhaseInventory, PhaseFinish}
	case s.ScanOnlyLinks:
		return []string{PhaseLinks, PhaseFinish}
	case s.ScanOnlyCliques:
		return []string{PhaseCliques, PhaseFinish}
	}
	return []string{PhaseInventory, PhaseLinks, PhaseCliques, PhaseFinish}
}

// Progress sums a scan's steps up, phase by phase.
func (s *Scan) Progress(steps []Step) []PhaseProgress {
	var all []PhaseProgress
	for _, phase := range s.Phases() {
		p := PhaseProgress{Phase: phase}
		for _, step := range steps {
			if step.Phase != phase {
				continue
			}
			p.Total++
			p.Found += step.Found
			switch step.Status {
			case StepDone:
				p.Done++
			case StepFailed:
				p.Failed++
			}
		}
		all = append(all, p)
	}
	return all
}
