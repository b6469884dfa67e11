package ui

import (
	"cmp"
	"slices"
	"time"

	"calipso.io/calipso/pkg/coverage"
	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/tasks"
)

// Fleet is what the monitor shows at a glance.
type Fleet struct {
	Environments []Environment
	Open         []Open // scans that run, then those that wait
	Queues       []tasks.QueueState
	Workers      []tasks.WorkerState
	Messages     []model.Message // the latest
	Levels       map[string]int  // how many messages of each level there were in the last day
	Limited      bool            // to some environments: what is of all of them is left out
}

// Environment is a row of the monitor.
type Environment struct {
	Key         string // the id of its element
	Name        string
	Operational string
	Reason      string             // why it is as it is, if that is known
	Last        *model.Scan        // the last scan that has ended
	Summary     *model.ScanSummary // of the last scan that has one
	Running     *Open
	Waiting     int        // scans
	Next        *time.Time // when the next scan is due
}

// Open is a scan that has not ended, and how far it is.
type Open struct {
	model.Scan
	Progress []model.PhaseProgress
}

// Now returns the progress of the phase that runs.
func (o *Open) Now() model.PhaseProgress {
	i := slices.IndexFunc(o.Progress, func(p model.PhaseProgress) bool { return p.Phase == o.Phase })
	if i < 0 {
		return model.PhaseProgress{Phase: "start"}
	}
	return o.Progress[i]
}

// EnvironmentKey is the id of the element of an environment, whose name may hold anything.
func EnvironmentKey(name string) string { return "env-" + model.DBID(name) }

// Status says for the filter in which state an environment is: that of the scan that runs or waits, or of the last one.
func (e *Environment) Status() string {
	switch {
	case e.Running != nil:
		return model.ScanRunning
	case e.Waiting > 0:
		return model.ScanPending
	case e.Last != nil:
		return e.Last.Status
	}
	return ""
}

// Objects counts the objects of the inventory, folders aside.
func (e *Environment) Objects() (n int) {
	if e.Summary == nil {
		return 0
	}
	for objectType, count := range e.Summary.Objects {
		if !model.IsFolder(objectType) {
			n += count
		}
	}
	return n
}

// Running counts the scans that run.
func (f *Fleet) Running() (n int) { return f.count(model.ScanRunning) }

// Waiting counts the scans that wait.
func (f *Fleet) Waiting() (n int) { return f.count(model.ScanPending) }

func (f *Fleet) count(status string) (n int) {
	for _, o := range f.Open {
		if o.Status == status {
			n++
		}
	}
	return n
}

// Troubled counts the environments whose last scan could not read everything.
func (f *Fleet) Troubled() (n int) {
	for _, e := range f.Environments {
		if e.Last != nil && e.Last.Status != model.ScanCompleted {
			n++
		}
	}
	return n
}

// Stale counts the objects of all environments that could not be read again.
func (f *Fleet) Stale() (n int) {
	for _, e := range f.Environments {
		if e.Summary != nil {
			n += e.Summary.Stale
		}
	}
	return n
}

// Sort puts running scans before waiting ones, the oldest first.
func (f *Fleet) Sort() {
	slices.SortFunc(f.Open, func(a, b Open) int {
		return cmp.Or(cmp.Compare(b.Status, a.Status), a.SubmitTimestamp.Compare(b.SubmitTimestamp))
	})
}

// Scan is what the page of one scan shows.
type Scan struct {
	model.Scan
	Progress []model.PhaseProgress
	Steps    []model.Step // that run, the oldest first
	Causes   []coverage.Cause
	Matrices []coverage.Matrix
	Whole    int // rows of the matrices that are left out, because all was read
	Totals   string
	Messages []model.Message
}

// Ended tells whether nothing more happens to the scan.
func (s *Scan) Ended() bool { return model.Ended(s.Status) }

const (
	mostRows   = 100 // of a matrix; of more, only those are shown that were not read in full
	mostCauses = 40
)

// NewScan arranges a scan and its steps.
func NewScan(scan model.Scan, steps []model.Step, messages []model.Message) *Scan {
	rows := model.Coverage(steps)
	s := &Scan{Scan: scan, Progress: scan.Progress(steps), Causes: coverage.Causes(rows), Totals: coverage.Totals(rows), Messages: messages}
	s.Causes = s.Causes[:min(len(s.Causes), mostCauses)]
	for _, m := range coverage.Matrices(rows) {
		if all := len(m.Rows); all > mostRows {
			m = m.Incomplete()
			s.Whole += all - len(m.Rows)
		}
		s.Matrices = append(s.Matrices, m)
	}
	for _, step := range steps {
		if step.Status == model.StepRunning {
			s.Steps = append(s.Steps, step)
		}
	}
	slices.SortFunc(s.Steps, func(a, b model.Step) int { return startOf(a).Compare(startOf(b)) })
	return s
}

func startOf(s model.Step) time.Time {
	if s.Started == nil {
		return time.Time{}
	}
	return *s.Started
}
