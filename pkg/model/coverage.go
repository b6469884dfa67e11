package model

import (
	"cmp"
	"slices"
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

// Coverage makes the report of a scan's steps: parent by parent, fetcher by fetcher. A step that ended without any
// result has one line without a fetcher, and so has one that has not ended.
func Coverage(steps []Step) []CoverageRow {
	var rows []CoverageRow
	for _, s := range steps {
		if s.Phase != PhaseInventory && s.Status != StepFailed {
			continue
		}
		for _, r := range s.Results {
			rows = append(rows, CoverageRow{ParentType: s.ParentType, Parent: s.ParentID, Fetcher: r.Fetcher,
				Status: r.Status, Found: r.Found, Error: r.Error, Warnings: r.Warnings})
		}
		switch {
		case s.Status == StepFailed && len(s.Results) == 0:
			rows = append(rows, CoverageRow{ParentType: s.ParentType, Parent: s.ParentID, Fetcher: s.Step,
				Status: ResultFailed, Error: s.Error})
		case s.Status == StepPending || s.Status == StepRunning:
			rows = append(rows, CoverageRow{ParentType: s.ParentType, Parent: s.ParentID, Fetcher: s.Step, Status: ResultNotReached})
		}
	}
	slices.SortStableFunc(rows, func(a, b CoverageRow) int {
		return cmp.Or(cmp.Compare(a.ParentType, b.ParentType), cmp.Compare(a.Parent, b.Parent))
	})
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
