package tasks

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"

	"calipso.io/calipso/pkg/trace"
)

// Enqueuer puts tasks into the queues.
type Enqueuer struct{ redis redis.UniversalClient }

// NewEnqueuer returns an Enqueuer on a Redis connection, which stays the caller's to close.
func NewEnqueuer(client redis.UniversalClient) *Enqueuer { return &Enqueuer{client} }

// Enqueue puts a task into its queue. A task with the same id that waits or runs there already makes it do nothing.
func (e *Enqueuer) Enqueue(ctx context.Context, t Task) error {
	_, err := e.EnqueueNew(ctx, t)
	return err
}

// EnqueueNew is Enqueue, and tells whether the task was not there already. The trace of who asks goes on in the task.
func (e *Enqueuer) EnqueueNew(ctx context.Context, t Task) (isNew bool, err error) {
	headers, end := trace.Carry(ctx, "enqueue "+t.Kind())
	defer func() { end(err) }()
	isNew, err = e.enqueue(ctx, t, headers)
	if err == nil && !isNew {
		var dead bool
		if dead, err = e.removeDead(ctx, t); dead {
			isNew, err = e.enqueue(ctx, t, headers)
		}
	}
	if err != nil {
		return false, fmt.Errorf("enqueue %s %s: %w", t.Kind(), t.ID(), err)
	}
	return isNew, nil
}

// EnqueueNow is Enqueue, and has a task that waits to be tried again be done at once. It tells whether the task waits to be
// begun: it does not while it is being done.
func (e *Enqueuer) EnqueueNow(ctx context.Context, t Task) (waits bool, err error) {
	waits, err = e.EnqueueNew(ctx, t)
	if waits || err != nil {
		return waits, err
	}
	inspector := asynq.NewInspectorFromRedisClient(e.redis)
	found, err := inspector.GetTaskInfo(t.Options().Queue, t.ID())
	switch {
	case gone(err):
		return e.EnqueueNew(ctx, t)
	case err != nil:
		return false, fmt.Errorf("look at %s %s in the queue: %w", t.Kind(), t.ID(), err)
	case found.State == asynq.TaskStateRetry || found.State == asynq.TaskStateScheduled:
		// Somebody may have begun it or hastened it meanwhile.
		return inspector.RunTask(t.Options().Queue, t.ID()) == nil, nil
	}
	return found.State == asynq.TaskStatePending, nil
}

func gone(err error) bool {
	return errors.Is(err, asynq.ErrTaskNotFound) || errors.Is(err, asynq.ErrQueueNotFound)
}

// Replace is EnqueueNew of a task whose worker is known to have died, though the queue does not know yet.
func (e *Enqueuer) Replace(ctx context.Context, t Task) (isNew bool, err error) {
	if _, err := e.remove(ctx, t, math.MaxInt64); err != nil {
		return false, fmt.Errorf("replace %s %s: %w", t.Kind(), t.ID(), err)
	}
	return e.EnqueueNew(ctx, t)
}

func (e *Enqueuer) enqueue(ctx context.Context, t Task, headers map[string]string) (isNew bool, err error) {
	payload, err := json.Marshal(t)
	if err != nil {
		return false, fmt.Errorf("encode it: %w", err)
	}
	o := t.Options()
	// A client of asynq makes a queue known once in its life. Redis may forget: so each task has a client of its own.
	_, err = asynq.NewClientFromRedisClient(e.redis).EnqueueContext(ctx, asynq.NewTaskWithHeaders(t.Kind(), payload, headers),
		asynq.TaskID(t.ID()), asynq.Queue(o.Queue), asynq.Timeout(o.Timeout), asynq.MaxRetry(o.MaxRetry))
	if errors.Is(err, asynq.ErrTaskIDConflict) {
		return false, nil
	}
	return err == nil, err
}

// removeDead removes a task that nobody will do anymore and whose id nobody else could use: one that a worker took from
// its queue and has no lease for now, since it died or Redis lost the lease, and one that was given up. asynq itself
// waits up to two minutes for the former if there is a lease that has run out, and for ever if there is none. A worker
// that lives nevertheless does no harm: tasks may run twice.
func (e *Enqueuer) removeDead(ctx context.Context, t Task) (dead bool, err error) {
	return e.remove(ctx, t, time.Now().Unix())
}

// remove removes a task that was given up, or that a worker has taken whose lease ends before a time.
func (e *Enqueuer) remove(ctx context.Context, t Task, leasedUntil int64) (removed bool, err error) {
	queue := "asynq:{" + t.Options().Queue + "}:"
	n, err := removeDead.Run(ctx, e.redis, []string{queue + "t:" + t.ID(), queue + "active", queue + "lease", queue + "archived"},
		t.ID(), leasedUntil).Int()
	return n > 0, err
}

// removeDead takes the keys of the task and of its queue's tasks that are active, leased, and given up; then the task's
// id and the time.
var removeDead = redis.NewScript(`
local state = redis.call("HGET", KEYS[1], "state")
local lease = redis.call("ZSCORE", KEYS[3], ARGV[1])
if state ~= "archived" and (state ~= "active" or lease and tonumber(lease) >= tonumber(ARGV[2])) then
	return 0
end
redis.call("LREM", KEYS[2], 0, ARGV[1])
redis.call("ZREM", KEYS[3], ARGV[1])
redis.call("ZREM", KEYS[4], ARGV[1])
return redis.call("DEL", KEYS[1])
`)

// Working returns a function that tells whether the queue has heard of a worker, by its WorkerName, in the last ten
// seconds. When there is no knowing, it has heard of all.
func (e *Enqueuer) Working() (func(worker string) bool, error) {
	servers, err := asynq.NewInspectorFromRedisClient(e.redis).Servers()
	if err != nil {
		return func(string) bool { return true }, fmt.Errorf("list the workers that the queue knows: %w", err)
	}
	names := map[string]bool{}
	for _, s := range servers {
		names[workerName(s.Host, s.PID)] = true
	}
	return func(worker string) bool { return names[worker] }, nil
}

// WorkerName is the name of this process's workers, by which the queue knows them, too.
func WorkerName() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown-host" // as the queue's library has it
	}
	return workerName(host, os.Getpid())
}

func workerName(host string, pid int) string { return fmt.Sprintf("%s/%d", host, pid) }
