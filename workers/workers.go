// Package workers does what package tasks asks for: one handler for each kind of task, each an idempotent function of
// its payload. Which step of a scan is whose, and what became of it, is in the step ledger (ledger.go).
package workers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"

	"calipso.io/calipso/pkg/auth"
	"calipso.io/calipso/pkg/discover"
	"calipso.io/calipso/pkg/event/ask"
	"calipso.io/calipso/pkg/limit"
	"calipso.io/calipso/pkg/metrics"
	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/store"
	"calipso.io/calipso/pkg/topology"
	"calipso.io/calipso/pkg/trace"
	"calipso.io/calipso/tasks"
)

// Config is what workers work with.
type Config struct {
	DB          *store.DB
	Queue       *tasks.Enqueuer
	Redis       redis.UniversalClient
	Discoverer  *discover.Discoverer
	Finders     topology.Finders // which links are looked for
	CliqueTypes []model.CliqueType
	Constraints []model.CliqueConstraint
	Sealer      *auth.Sealer // opens the environments' secrets
	Log         *slog.Logger
	Level       slog.Level // of what is logged of scans that don't ask for another one
	Now         func() time.Time
	Name        string // of this process, unique among all workers
	Concurrency int    // tasks that run at once

	KeepAudit   time.Duration  // how long entries of the audit log are kept; a year when 0
	HostTimeout time.Duration  // how long a host may take to run a step's commands; a minute when 0
	Limits      *limit.Limiter // counts what goes on in clouds, in all workers together; nil: in this process only

	Metrics *metrics.Metrics // none when nil
	Trace   trace.Tracer
}

// Workers runs tasks in this process.
type Workers struct {
	Config
	sessions *sessions
	leases   *store.Leases
	ending   context.Context // done when nothing new is to be begun
	quit     context.CancelFunc
	stopping context.Context // done when tasks have to be handed back
	handBack context.CancelFunc
	servers  []*asynq.Server
}

// New makes workers; Run starts them.
func New(c Config) *Workers {
	if c.Limits == nil {
		c.Limits = limit.New(nil, c.Log)
	}
	w := &Workers{Config: c, leases: c.DB.Leases(c.Name, ask.Lifetime, c.Now)}
	w.ending, w.quit = context.WithCancel(context.Background())
	w.stopping, w.handBack = context.WithCancel(context.Background())
	w.sessions = newSessions(c)
	return w
}

// grace is how long a worker that is asked to stop goes on with what it is at, before it hands that back.
const grace = 10 * time.Second

// endWithin is how long a worker takes to end at most. What was handed back is back by then. The queue's library alone would
// go on asking a Redis that does not answer, one queue after the other, for longer than a container is given to end.
const endWithin = grace + 10*time.Second

// Run works until the context is done; then it takes nothing new, finishes what it is at or hands it back, and returns.
func (w *Workers) Run(ctx context.Context) error {
	w.servers = []*asynq.Server{w.serve(tasks.Queues(), w.Concurrency), w.serve(map[string]int{tasks.QueueTests: 1}, testsAtOnce)}
	mux := asynq.NewServeMux()
	mux.Use(w.observeTask)
	handle(mux, w.startScan)
	handle(mux, w.advanceScan)
	handle(mux, w.handleEvents)
	handle(mux, w.retain)
	handle(mux, w.testConnection)
	for phase, work := range map[string]stepWork{
		model.PhaseInventory: w.fetch,
		model.PhaseLinks:     w.findLinks,
		model.PhaseCliques:   w.buildCliques,
		model.PhaseFinish:    w.finishScan,
	} {
		mux.HandleFunc(tasks.Step{Phase: phase}.Kind(), handler(w.step(w.observeStep(work))))
	}
	for i, server := range w.servers {
		if err := server.Start(mux); err != nil {
			w.shutdown(w.servers[:i])
			return fmt.Errorf("start worker: %w", err)
		}
	}
	<-ctx.Done()
	w.shutdown(w.servers)
	w.handBack()
	w.sessions.close()
	return nil
}

// serve makes what takes tasks from some queues, so many at once.
func (w *Workers) serve(queues map[string]int, concurrency int) *asynq.Server {
	return asynq.NewServerFromRedisClient(w.Redis, asynq.Config{
		Concurrency:       concurrency,
		Queues:            queues,
		StrictPriority:    true,
		TaskCheckInterval: 50 * time.Millisecond,
		ShutdownTimeout:   grace + 5*time.Second,
		RetryDelayFunc:    retryDelay,
		IsFailure:         func(err error) bool { return !errors.Is(err, errWait) },
		Logger:            queueLog{w.Log.With("logger", "asynq")},
		LogLevel:          asynq.WarnLevel,

		DelayedTaskCheckInterval: 200 * time.Millisecond,
	})
}

// shutdown lets servers take nothing new, and waits until they have finished or handed back what they are at.
func (w *Workers) shutdown(servers []*asynq.Server) {
	w.quit()
	timer := time.AfterFunc(grace, w.handBack)
	defer timer.Stop()
	var ending sync.WaitGroup
	for _, server := range servers {
		ending.Go(func() {
			server.Stop()
			server.Shutdown()
		})
	}
	ended := make(chan struct{})
	go func() {
		ending.Wait()
		close(ended)
	}()
	select {
	case <-ended:
	case <-time.After(endWithin):
		w.Log.Warn("the queue does not answer: ended without telling it")
	}
}

// handle registers a function for the kind of task that it takes.
func handle[T tasks.Task](mux *asynq.ServeMux, do func(context.Context, T) error) {
	var t T
	mux.HandleFunc(t.Kind(), handler(do))
}

func handler[T tasks.Task](do func(context.Context, T) error) func(context.Context, *asynq.Task) error {
	return func(ctx context.Context, task *asynq.Task) error {
		var payload T
		if err := json.Unmarshal(task.Payload(), &payload); err != nil {
			return fmt.Errorf("payload of %s: %w: %w", task.Type(), err, asynq.SkipRetry)
		}
		return do(ctx, payload)
	}
}

// errWait says that a task can't run yet. It is tried again soon, however often.
var errWait = errors.New("wait")

// waitFor is errWait for a while that is known.
type waitFor struct {
	why   string
	delay time.Duration
}

func (w waitFor) Error() string { return w.why }

func (w waitFor) Is(target error) bool { return target == errWait }

// mostDelay is how long a task waits that knows when it can go on: what it waits for may come sooner.
const mostDelay = 5 * time.Second

func retryDelay(n int, err error, _ *asynq.Task) time.Duration {
	var known waitFor
	if errors.As(err, &known) {
		return min(max(known.delay, 0), mostDelay)
	}
	if errors.Is(err, errWait) {
		return time.Second
	}
	return time.Duration(min(n+1, 10)) * 2 * time.Second
}

// queueLog writes what the queue's library has to say into the structured log. It knows tasks, and not what they are about.
type queueLog struct{ log *slog.Logger }

func (l queueLog) Debug(args ...any) { l.log.Debug(fmt.Sprint(args...)) }
func (l queueLog) Info(args ...any)  { l.log.Info(fmt.Sprint(args...)) }
func (l queueLog) Warn(args ...any)  { l.log.Warn(fmt.Sprint(args...)) }
func (l queueLog) Error(args ...any) { l.log.Error(fmt.Sprint(args...)) }
func (l queueLog) Fatal(args ...any) { l.log.Error(fmt.Sprint(args...)) }
