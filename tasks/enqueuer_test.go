package tasks

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"
)

// queue is a queue and somebody who works on it.
type queue struct {
	*Enqueuer
	t      *testing.T
	server *asynq.Server
	taken  chan string // ids of tasks that were taken
	finish chan error  // what becomes of them
}

func newQueue(t *testing.T) *queue {
	t.Helper()
	client, stop, err := OpenRedis(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	q := &queue{Enqueuer: NewEnqueuer(client), t: t, taken: make(chan string), finish: make(chan error)}
	q.server = asynq.NewServerFromRedisClient(client, asynq.Config{Queues: Queues(), Concurrency: 1, TaskCheckInterval: time.Millisecond,
		LogLevel: asynq.FatalLevel})
	err = q.server.Start(asynq.HandlerFunc(func(ctx context.Context, _ *asynq.Task) error {
		id, _ := asynq.GetTaskID(ctx)
		q.taken <- id
		return <-q.finish
	}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { q.server.Shutdown(); stop() })
	return q
}

// ask enqueues a task, which must or must not be new.
func (q *queue) ask(task Task, want bool) {
	q.t.Helper()
	isNew, err := q.EnqueueNew(q.t.Context(), task)
	if err != nil || isNew != want {
		q.t.Fatalf("enqueue: new is %t, want %t; error %v", isNew, want, err)
	}
}

func (q *queue) take(id string) {
	q.t.Helper()
	if taken := <-q.taken; taken != id {
		q.t.Fatalf("task %s was taken, want %s", taken, id)
	}
}

// patience is how long a test waits for what must come. A machine that is shared may stand still for a minute.
const patience = 5 * time.Minute

// until waits until the worker has noted what became of its task.
func (q *queue) until(what string, is func() bool) {
	q.t.Helper()
	for end := time.Now().Add(patience); !is(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			q.t.Fatalf("gave up waiting for %s", what)
		}
	}
}

func (q *queue) active() int64 { return q.redis.LLen(q.t.Context(), "asynq:{scan}:active").Val() }

var task = AdvanceScan{Scan: "s", Phase: "links"}

// TestOnce: a task that waits or is being done is not enqueued again; one that is done is.
func TestOnce(t *testing.T) {
	t.Parallel()
	q := newQueue(t)
	q.ask(task, true)
	q.take(task.ID())
	q.ask(task, false)
	q.finish <- nil
	q.until("the end of the task", func() bool { return q.active() == 0 })
	q.ask(task, true)
	q.take(task.ID())
	q.finish <- nil
}

// TestLeaseLost: a task can be asked for again when Redis has lost what says who does it, also after it was done.
func TestLeaseLost(t *testing.T) {
	t.Parallel()
	for name, result := range map[string]error{"done": nil, "failed": errors.New("later")} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			q := newQueue(t)
			q.ask(task, true)
			q.take(task.ID())
			q.loseLease()
			q.finish <- result
			q.until("the end of the task", func() bool { return q.active() == 0 })
			q.ask(task, true)
			q.take(task.ID())
			q.finish <- nil
		})
	}
}

// loseLease deletes what says who does what.
func (q *queue) loseLease() {
	q.t.Helper()
	if n, err := q.redis.Del(q.t.Context(), "asynq:{scan}:lease").Result(); err != nil || n != 1 {
		q.t.Fatalf("delete the leases: %d were, %v", n, err)
	}
}

// TestLeaseRunOut: a task whose worker has died can be asked for again.
func TestLeaseRunOut(t *testing.T) {
	t.Parallel()
	q := newQueue(t)
	q.ask(task, true)
	q.take(task.ID())
	long := redis.Z{Member: task.ID(), Score: float64(time.Now().Add(-time.Minute).Unix())}
	// The worker, which is not dead, may renew the lease in between.
	q.until("the task to be new", func() bool {
		if n, err := q.redis.ZAddXX(t.Context(), "asynq:{scan}:lease", long).Result(); err != nil || n != 0 {
			t.Fatal(n, err)
		}
		isNew, err := q.EnqueueNew(t.Context(), task)
		if err != nil {
			t.Fatal(err)
		}
		return isNew
	})
	q.finish <- nil
	q.take(task.ID())
	q.finish <- nil
}

// TestGivenUp: a task that the queue has given up can be asked for again.
func TestGivenUp(t *testing.T) {
	t.Parallel()
	q := newQueue(t)
	q.ask(task, true)
	q.take(task.ID())
	q.finish <- asynq.SkipRetry
	q.until("the archive", func() bool { return q.redis.ZCard(t.Context(), "asynq:{scan}:archived").Val() == 1 })
	q.ask(task, true)
	q.take(task.ID())
	q.finish <- nil
}

// TestForgotten: a Redis that has lost everything knows the queues again when the next task comes.
func TestForgotten(t *testing.T) {
	t.Parallel()
	q := newQueue(t)
	q.ask(task, true)
	q.take(task.ID())
	if err := q.redis.FlushAll(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	q.ask(task, true)
	if known := q.redis.SMembers(t.Context(), "asynq:queues").Val(); len(known) != 1 {
		t.Errorf("known queues: %q", known)
	}
	q.finish <- nil
	q.take(task.ID())
	q.finish <- nil
}

// TestWorking: the queue knows the workers of this process, until they end, and no others.
func TestWorking(t *testing.T) {
	t.Parallel()
	q := newQueue(t)
	knows := func(name string) bool {
		working, err := q.Working()
		if err != nil {
			t.Fatal(err)
		}
		return working(name)
	}
	q.until("the queue to hear of the worker", func() bool { return knows(WorkerName()) })
	if knows("another/1") {
		t.Error("the queue knows a worker that is not there")
	}
	q.server.Shutdown()
	if knows(WorkerName()) {
		t.Error("the queue knows a worker that has ended")
	}
}

// TestReplaced: a task whose worker is known to have died can be asked for before the queue knows.
func TestReplaced(t *testing.T) {
	t.Parallel()
	q := newQueue(t)
	q.ask(task, true)
	q.take(task.ID())
	if isNew, err := q.Replace(t.Context(), task); !isNew || err != nil {
		t.Errorf("replaced %t, error %v", isNew, err)
	}
	q.finish <- nil
	q.take(task.ID())
	q.finish <- nil
}

// TestHastened: a task that waits to be tried again is done at once when it is asked for; one that is being done is left
// alone.
func TestHastened(t *testing.T) {
	t.Parallel()
	q := newQueue(t)
	now := func(want bool) {
		t.Helper()
		if waits, err := q.EnqueueNow(t.Context(), task); waits != want || err != nil {
			t.Errorf("waits %t, want %t, error %v", waits, want, err)
		}
	}
	now(true)
	q.take(task.ID())
	now(false)
	q.finish <- errors.New("again in a quarter of a minute or so")
	q.until("the task to wait", func() bool { return q.redis.ZCard(t.Context(), "asynq:{scan}:retry").Val() == 1 })
	now(true)
	q.take(task.ID())
	q.finish <- nil
}
