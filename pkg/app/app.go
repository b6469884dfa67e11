package app

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"time"

	"github.com/redis/go-redis/v9"
	"golang.org/x/sync/errgroup"

	"calipso.io/calipso/api"
	"calipso.io/calipso/pkg/auth"
	"calipso.io/calipso/pkg/discover/catalog"
	"calipso.io/calipso/pkg/event/listen"
	"calipso.io/calipso/pkg/extension"
	"calipso.io/calipso/pkg/limit"
	"calipso.io/calipso/pkg/metrics"
	"calipso.io/calipso/pkg/store"
	"calipso.io/calipso/pkg/store/open"
	"calipso.io/calipso/pkg/trace"
	"calipso.io/calipso/scheduler"
	"calipso.io/calipso/tasks"
	"calipso.io/calipso/workers"
)

// Version is the program's version; the build sets it.
var Version = "dev"

// App is what the roles of this process share.
type App struct {
	config    Config
	log       *slog.Logger
	db        *store.DB
	redis     redis.UniversalClient
	queue     *tasks.Enqueuer
	sealer    *auth.Sealer
	metrics   *metrics.Metrics
	trace     trace.Tracer
	extension *extension.Extension
	token     string // by which commands of this machine's user come in
	closes    []func()
}

// Open opens the store and the queue. Close ends them. The handler gets what is logged at the configured level, and of
// a scan that asks for more, that.
func Open(ctx context.Context, c Config, handler slog.Handler) (*App, error) {
	log := slog.New(workers.AtLevel(handler, c.Level))
	redis.SetLogger(redisLog{log})
	if err := c.prepare(); err != nil {
		return nil, err
	}
	fetchers := catalog.Fetchers()
	maps.Copy(fetchers, c.Fetchers)
	extended, err := extension.Load(c.Config, fetchers)
	if err != nil {
		return nil, fmt.Errorf("configuration (CALIPSO_CONFIG): %w", err)
	}
	extended.Finders.More = c.Finders
	a := &App{extension: extended, config: c, log: log, metrics: metrics.New(Version), token: rand.Text()}
	if err := a.open(ctx); err != nil {
		a.Close()
		return nil, err
	}
	return a, nil
}

func (a *App) open(ctx context.Context) error {
	key, err := auth.LoadKey(a.config.Data, a.config.Key)
	if err != nil {
		return err
	}
	if a.sealer, err = auth.NewSealer(key); err != nil {
		return err
	}
	if a.db, err = openStore(ctx, a.config); err != nil {
		return err
	}
	a.closes = append(a.closes, func() { a.db.Close() })
	client, stop, err := tasks.OpenRedis(ctx, a.config.Redis)
	if err != nil {
		return fmt.Errorf("open the queue (CALIPSO_REDIS): %w", err)
	}
	a.closes = append(a.closes, stop)
	a.redis, a.queue = client, tasks.NewEnqueuer(client)
	return a.openTrace(ctx)
}

// OpenStore opens the store alone, for what needs no queue. Closing it is the caller's.
func OpenStore(ctx context.Context, c Config) (*store.DB, error) {
	if err := c.prepare(); err != nil {
		return nil, err
	}
	return openStore(ctx, c)
}

func openStore(ctx context.Context, c Config) (*store.DB, error) {
	db, err := open.Store(ctx, c.storeAddress())
	if err != nil {
		return nil, fmt.Errorf("open the store (CALIPSO_STORE): %w", err)
	}
	return db, nil
}

// Close ends what Open began.
func (a *App) Close() {
	for i := len(a.closes) - 1; i >= 0; i-- {
		a.closes[i]()
	}
}

// storePatience is how long workers wait for a store that can't be reached: it may restart, or another server may take
// its place, and no work is lost.
const storePatience = 2 * time.Minute

// Workers returns workers of this process that run so many tasks at once.
func (a *App) Workers(concurrency int) *workers.Workers {
	e := a.extension
	return workers.New(workers.Config{
		DB: a.db.Patient(storePatience), Queue: a.queue, Redis: a.redis, Sealer: a.sealer, Log: a.log, Level: a.config.Level, Now: time.Now,
		Metrics: a.metrics, Trace: a.trace,
		Discoverer: e.Discoverer(),
		Finders:    e.Finders, CliqueTypes: e.CliqueTypes, Constraints: e.Constraints,
		Name: tasks.WorkerName(), Concurrency: concurrency, Limits: a.limits(), KeepAudit: a.config.KeepAudit,
	})
}

// limits counts what goes on in clouds in a Redis that others may use, too; an embedded one is this process's own.
func (a *App) limits() *limit.Limiter {
	if a.config.Redis == "" {
		return limit.New(nil, a.log)
	}
	return limit.New(a.redis, a.log)
}

// Scheduler returns the scheduler, or one that only recovers what its own process does.
func (a *App) Scheduler(onlyRecover bool) *scheduler.Scheduler {
	return &scheduler.Scheduler{DB: a.db, Queue: a.queue, Log: a.log, Now: time.Now, OnlyRecover: onlyRecover, Metrics: a.metrics}
}

// Listener returns the listener to clouds' message buses.
func (a *App) Listener() *listen.Listener {
	return &listen.Listener{Variances: a.extension.Variances, DB: a.db, Queue: a.queue, Redis: a.redis, Sealer: a.sealer, Log: a.log, Now: time.Now, Metrics: a.metrics,
		Name: tasks.WorkerName()}
}

// handler returns the API. One that is private lets in nobody but the commands of this process.
func (a *App) handler(private bool) (http.Handler, error) {
	e := a.extension
	config := api.Config{DB: a.db, Queue: a.queue, Redis: a.redis, Sealer: a.sealer, Log: a.log, Now: time.Now,
		Metrics: a.metrics, Trace: a.trace, Constants: e.Constants, Variances: e.Variances,
		LinkTypes: e.LinkTypes, CliqueTypes: e.CliqueTypes, Constraints: e.Constraints, Templates: e.Templates, LocalToken: a.token, Version: Version, Proxies: a.config.Proxies, Origins: a.config.Origins,
		ImportLimit: a.config.Import}
	if !private {
		if err := a.config.Login.open(a, &config); err != nil {
			return nil, err
		}
	}
	return api.New(config), nil
}

// Roles says what a process runs.
type Roles struct {
	API, Workers, Scheduler, Listener bool
	Concurrency                       int // tasks that the workers run at once

	// Private says that the API is for the commands of this process: no first user is made for it, and schedules are left
	// alone.
	Private bool

	// Started is called when everything runs, with the API's URL and, at the very first start, the password of the
	// user admin.
	Started func(url, password string)
}

// Run runs the roles until the context is done or one of them fails. It is called once.
func (a *App) Run(ctx context.Context, r Roles) error {
	w := a.Workers(r.Concurrency)
	ctx, stop := context.WithCancel(ctx)
	defer stop() // what has begun, when something after it can't
	group, ctx := errgroup.WithContext(ctx)
	// First what can fail, so that nothing else has begun then.
	if err := a.observe(ctx, group, r); err != nil {
		return err
	}
	if r.API {
		if err := a.serve(ctx, group, r); err != nil {
			return err
		}
	}
	if r.Workers {
		group.Go(func() error { return w.Run(ctx) })
	}
	if r.Scheduler {
		group.Go(func() error { return a.Scheduler(r.Private).Run(ctx) })
	}
	if r.Listener {
		group.Go(func() error { return a.Listener().Run(ctx) })
	}
	return group.Wait()
}
