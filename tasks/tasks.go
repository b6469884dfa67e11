// Package tasks says what can be asked for: for each kind of task its payload, its id, and how it is queued. Payloads
// name things, they never hold secrets: the task monitor shows them.
package tasks

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"
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

// Queues. Events come before scans, and scans before housekeeping.
const (
	QueueEvents       = "events"
	QueueScan         = "scan"
	QueueHousekeeping = "housekeeping"
)

// Queues maps each queue to its priority.
func Queues() map[string]int {
	return map[string]int{QueueEvents: 3, QueueScan: 2, QueueHousekeeping: 1}
}

// StartScan asks for a pending scan to begin.
type StartScan struct {
	Scan  string `json:"scan"`
	Again int    `json:"again,omitempty"` // makes another task of it, when a worker has died with the one before
}

// Kind returns "scan:start".
func (StartScan) Kind() string { return "scan:start" }

// ID returns one id for each scan.
func (t StartScan) ID() string { return t.Scan + ":start" + again(t.Again) }

// Options returns the queue and limits. A scan that waits for another one is tried again for as long as it takes.
func (StartScan) Options() Options { return stepOptions }

// AdvanceScan asks to look whether a scan's phase is over and, if so, to begin the next one; if not, to hand out steps.
type AdvanceScan struct {
	Scan  string `json:"scan"`
	Phase string `json:"phase"`
	Again int    `json:"again,omitempty"` // as in StartScan
}

// Kind returns "scan:advance".
func (AdvanceScan) Kind() string { return "scan:advance" }

// ID returns one id for each phase of a scan.
func (t AdvanceScan) ID() string { return t.Scan + ":advance:" + t.Phase + again(t.Again) }

func again(n int) string {
	if n == 0 {
		return ""
	}
	return ":" + strconv.Itoa(n)
}

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

// What the queue itself tries again is what the ledger could not be asked about. It must not give up: a task that it has
// given up keeps its id, so that nobody could ask for it anymore.
var stepOptions = Options{Queue: QueueScan, Timeout: 5 * time.Minute, MaxRetry: math.MaxInt32}

// Retain asks to remove what is too old to be kept: ledgers, scans and messages.
type Retain struct{}

// Kind returns "housekeeping:retain".
func (Retain) Kind() string { return "housekeeping:retain" }

// ID returns one id: it is enough that one is waiting.
func (Retain) ID() string { return "retain" }

// Options returns the queue and limits.
func (Retain) Options() Options {
	return Options{Queue: QueueHousekeeping, Timeout: 10 * time.Minute, MaxRetry: 3}
}

// Enqueuer puts tasks into the queues.
type Enqueuer struct {
	client    *asynq.Client
	inspector *asynq.Inspector
}

// NewEnqueuer returns an Enqueuer on a Redis connection, which stays the caller's to close.
func NewEnqueuer(client redis.UniversalClient) *Enqueuer {
	return &Enqueuer{client: asynq.NewClientFromRedisClient(client), inspector: asynq.NewInspectorFromRedisClient(client)}
}

// Abandoned returns the ids of tasks that a worker took from their queue and died with. As long as the queue holds them,
// for up to two minutes, nobody can ask for them again.
func (e *Enqueuer) Abandoned() (map[string]bool, error) {
	abandoned := map[string]bool{}
	for queue := range Queues() {
		const size = 100
		for page, more := 1, true; more; page++ {
			active, err := e.inspector.ListActiveTasks(queue, asynq.PageSize(size), asynq.Page(page))
			if err != nil && !errors.Is(err, asynq.ErrQueueNotFound) {
				return nil, fmt.Errorf("list what runs in queue %s: %w", queue, err)
			}
			for _, t := range active {
				if t.IsOrphaned {
					abandoned[t.ID] = true
				}
			}
			more = len(active) == size
		}
	}
	return abandoned, nil
}

// Enqueue puts a task into its queue. A task with the same id that waits or runs there already makes it do nothing.
func (e *Enqueuer) Enqueue(ctx context.Context, t Task) error {
	_, err := e.EnqueueNew(ctx, t)
	return err
}

// EnqueueNew is Enqueue, and tells whether the task was not there already.
func (e *Enqueuer) EnqueueNew(ctx context.Context, t Task) (isNew bool, err error) {
	payload, err := json.Marshal(t)
	if err != nil {
		return false, fmt.Errorf("encode task %s: %w", t.ID(), err)
	}
	o := t.Options()
	_, err = e.client.EnqueueContext(ctx, asynq.NewTask(t.Kind(), payload), asynq.TaskID(t.ID()), asynq.Queue(o.Queue),
		asynq.Timeout(o.Timeout), asynq.MaxRetry(o.MaxRetry))
	if errors.Is(err, asynq.ErrTaskIDConflict) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("enqueue %s %s: %w", t.Kind(), t.ID(), err)
	}
	return true, nil
}
