// Package listen takes the notifications of clouds from their message buses, and keeps them as events until they are
// handled.
package listen

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/redis/go-redis/v9"

	"calipso.io/calipso/pkg/auth"
	"calipso.io/calipso/pkg/conn/amqp"
	"calipso.io/calipso/pkg/event/ask"
	"calipso.io/calipso/pkg/metrics"
	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/store"
	"calipso.io/calipso/pkg/variance"
	"calipso.io/calipso/tasks"
)

// Listener listens to all environments that want it. Any number of listeners may run: each environment is one's.
type Listener struct {
	DB      *store.DB
	Queue   *tasks.Enqueuer
	Redis   redis.UniversalClient
	Sealer  *auth.Sealer
	Log     *slog.Logger
	Now     func() time.Time
	Metrics *metrics.Metrics // none when nil
	Name    string           // of this process

	Variances variance.Table // which environments can be listened to; all when it is empty

	// Every is how often environments are looked at, 3 s when zero. What a listener that died had is taken over after five
	// times as long.
	Every time.Duration
}

const (
	lookEvery = 3 * time.Second
	lifetime  = 5 // of a lease, in looks
	endWithin = 5 * time.Second
)

// listening is what one Run does.
type listening struct {
	*Listener
	installation int64
	leases       *store.Leases
	asker        *ask.Asker
	consumers    map[string]*consumer // by environment
	changed      chan struct{}        // the state of a consumer is another one
}

// Run listens until the context is done.
func (l *Listener) Run(ctx context.Context) error {
	every := l.Every
	if every == 0 {
		every = lookEvery
	}
	r := &listening{Listener: l, consumers: map[string]*consumer{}, changed: make(chan struct{}, 1),
		leases: l.DB.Leases(l.Name+"/"+rand.Text(), lifetime*every, l.Now), asker: ask.New(l.DB, l.Queue, l.Now)}
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		if err := r.look(ctx); err != nil && ctx.Err() == nil {
			l.Log.Warn("not all environments could be looked at by the listener", "error", err)
		}
		select {
		case <-ctx.Done():
			r.end(context.WithoutCancel(ctx))
			return nil
		case <-r.changed:
		case <-ticker.C:
		}
	}
}

// look begins to listen to environments that want it, ends where that is no longer so, and notes on the environments how
// it goes.
func (r *listening) look(ctx context.Context) error {
	environments, err := r.DB.Environments.Find(ctx, store.Query{})
	if err != nil {
		return fmt.Errorf("read the environments: %w", err)
	}
	if r.installation == 0 {
		if r.installation, err = r.DB.Installation(ctx); err != nil {
			return fmt.Errorf("read the number of this installation: %w", err)
		}
	}
	there, errs := map[string]bool{}, []error(nil)
	for _, env := range environments {
		there[env.Name] = true
		if err := r.lookAt(ctx, env); err != nil {
			errs = append(errs, fmt.Errorf("environment %s: %w", env.Name, err))
		}
	}
	for name := range r.consumers {
		if !there[name] {
			r.drop(ctx, name, amqp.ErrUnwanted)
			_, err := r.DB.Events.Delete(ctx, store.Is(store.Environment, name)) // what came after it was deleted
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

func (r *listening) lookAt(ctx context.Context, env model.Environment) error {
	if !env.Listen || !env.Scanned {
		return r.leave(ctx, env)
	}
	if problem := r.problem(&env); problem != "" {
		r.drop(ctx, env.Name, context.Canceled)
		return r.note(ctx, env, state{model.OperationalError, problem})
	}
	held, err := r.leases.Hold(ctx, LeaseName(env.Name))
	if err != nil {
		return err
	}
	if !held {
		r.stop(env.Name, context.Canceled)
		return nil
	}
	return r.listenTo(ctx, env)
}

// problem says why an environment can't be listened to; "" when it can.
func (l *Listener) problem(env *model.Environment) string {
	if problem := env.ListenProblem(); problem != "" {
		return problem
	}
	if err := l.Variances.Check(env, variance.Listening); err != nil {
		return err.Error()
	}
	return ""
}

// leave ends listening to an environment that does not want it anymore, or whose scan has failed: that one may want it
// again soon.
func (r *listening) leave(ctx context.Context, env model.Environment) error {
	if r.consumers[env.Name] == nil {
		return nil
	}
	cause := amqp.ErrUnwanted
	if env.Listen {
		cause = context.Canceled
	}
	r.drop(ctx, env.Name, cause)
	if env.Listen && env.Operational == model.OperationalError {
		return nil // the scan has said so
	}
	return r.note(ctx, env, state{model.OperationalStopped, ""})
}

// listenTo sees to it that the environment's messages are consumed, as its section says now.
func (r *listening) listenTo(ctx context.Context, env model.Environment) error {
	section, err := json.Marshal(env.Section(model.SectionAMQP))
	if err != nil {
		return fmt.Errorf("write its AMQP section: %w", err)
	}
	mine := r.consumers[env.Name]
	if mine != nil && mine.section != string(section) {
		r.stop(env.Name, context.Canceled)
		mine = nil
	}
	if mine == nil {
		mine = r.start(ctx, env, string(section))
	}
	return r.note(ctx, env, mine.state())
}

// LeaseName is the name of the lease of who listens to an environment.
func LeaseName(environment string) string { return "listen/" + environment }

// state is what an environment's document says of listening.
type state struct{ status, reason string }

// note writes the state on the environment, if it says something else.
func (r *listening) note(ctx context.Context, env model.Environment, now state) error {
	if now == (state{}) || env.Operational == now.status && env.OperationalReason == now.reason {
		return nil
	}
	_, err := r.DB.Environments.Update(ctx, env.Name, func(e *model.Environment) error {
		e.Operational, e.OperationalReason = now.status, now.reason
		return nil
	})
	if store.CodeOf(err) == store.NotFound {
		return nil
	}
	return err
}

// stop ends the environment's consumer, if it is here.
func (r *listening) stop(name string, cause error) {
	if mine := r.consumers[name]; mine != nil {
		mine.stop(cause)
		delete(r.consumers, name)
	}
}

// drop stops, and leaves the environment to others.
func (r *listening) drop(ctx context.Context, name string, cause error) {
	if r.consumers[name] == nil {
		return
	}
	r.stop(name, cause)
	if err := r.leases.Release(ctx, LeaseName(name)); err != nil {
		r.Log.Warn("the lease of an environment could not be given back", "environment", name, "error", err)
	}
}

// end stops all, and says so on the environments, but for what does not work.
func (r *listening) end(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, endWithin)
	defer cancel()
	for _, c := range r.consumers {
		c.cancel(context.Canceled)
	}
	for name, c := range r.consumers {
		worked := c.state().status == model.OperationalRunning
		r.drop(ctx, name, context.Canceled)
		env, err := r.DB.Environments.Get(ctx, name)
		if err == nil && worked {
			err = r.note(ctx, env, state{model.OperationalStopped, ""})
		}
		if err != nil {
			r.Log.Warn("that nobody listens could not be noted", "environment", name, "error", err)
		}
	}
}
