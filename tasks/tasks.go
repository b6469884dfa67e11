// Package tasks says what can be asked for: for each kind of task its payload, its id, and how it is queued. Payloads
// name things, they never hold secrets: the task monitor shows them.
package tasks

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// Task is a payload that says what kind of task it is for.
type Task interface {
	Kind() string // names the handler
	ID() string   // the same for the same work, so asking twice is asking once; without "/", which the task monitor can't take
	Options() Options
}

// Options say how a task is queued.
type Options struct {
	Queue    string
	Timeout  time.Duration // of one attempt
	MaxRetry int
}

// Queues. Events come before scans, and scans before housekeeping. Somebody waits for tests: they have workers of their own.
const (
	QueueTests        = "tests"
	QueueEvents       = "events"
	QueueScan         = "scan"
	QueueHousekeeping = "housekeeping"
)

// Queues maps each queue that shares workers with others to its priority.
func Queues() map[string]int {
	return map[string]int{QueueEvents: 3, QueueScan: 2, QueueHousekeeping: 1}
}

// StartScan asks for a pending scan to begin.
type StartScan struct {
	Scan string `json:"scan"`
}

// Kind returns "scan:start".
func (StartScan) Kind() string { return "scan:start" }

// ID returns one id for each scan.
func (t StartScan) ID() string { return t.Scan + ":start" }

// Options returns the queue and limits. A scan that waits for another one is tried again for as long as it takes.
func (StartScan) Options() Options { return stepOptions }

// AdvanceScan asks to look whether a scan's phase is over and, if so, to begin the next one; if not, to hand out steps.
type AdvanceScan struct {
	Scan  string `json:"scan"`
	Phase string `json:"phase"`
}

// Kind returns "scan:advance".
func (AdvanceScan) Kind() string { return "scan:advance" }

// ID returns one id for each phase of a scan.
func (t AdvanceScan) ID() string { return t.Scan + ":advance:" + t.Phase }

// Options returns the queue and limits.
func (AdvanceScan) Options() Options { return stepOptions }

// Step asks for one entry of a scan's ledger to be done.
type Step struct {
	Scan    string `json:"scan"`
	Step    string `json:"step"`    // id in the ledger
	Phase   string `json:"phase"`   // inventory, links, cliques or finish
	Attempt int    `json:"attempt"` // an attempt that the ledger has given up does nothing
}

// Kind returns "scan:" and the phase: "scan:inventory" reads from the cloud, "scan:links" finds the links of a host,
// "scan:cliques" builds the cliques of some focal points, "scan:finish" ends the scan.
func (t Step) Kind() string { return "scan:" + t.Phase }

// ID returns one id for each attempt at a step.
func (t Step) ID() string {
	return strings.ReplaceAll(t.Step, "/", ":") + ":" + strconv.Itoa(t.Attempt)
}

// Options returns the queue and limits. Steps that fail are given to their next attempt by the ledger.
func (Step) Options() Options { return stepOptions }

// What the queue itself tries again is what the ledger could not be asked about. It must not give up.
var stepOptions = Options{Queue: QueueScan, Timeout: 5 * time.Minute, MaxRetry: math.MaxInt32}

// HandleEvents asks to make an environment's inventory agree with its cloud where events hint at changes.
type HandleEvents struct {
	Environment string `json:"environment"`
}

// Kind returns "event:handle".
func (HandleEvents) Kind() string { return "event:handle" }

// ID returns one id for each environment: its events are handled together.
func (t HandleEvents) ID() string { return "events:" + strings.ReplaceAll(t.Environment, "/", ":") }

// Options returns the queue and limits.
func (HandleEvents) Options() Options {
	return Options{Queue: QueueEvents, Timeout: 5 * time.Minute, MaxRetry: math.MaxInt32}
}

// Retain asks to remove what is too old to be kept: ledgers, scans, messages and connection tests.
type Retain struct{}

// Kind returns "housekeeping:retain".
func (Retain) Kind() string { return "housekeeping:retain" }

// ID returns one id: it is enough that one is waiting.
func (Retain) ID() string { return "retain" }

// Options returns the queue and limits.
func (Retain) Options() Options {
	return Options{Queue: QueueHousekeeping, Timeout: 10 * time.Minute, MaxRetry: 3}
}
