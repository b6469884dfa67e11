// Package ask asks for the events of an environment to be handled. One worker at a time does that, under a lease.
package ask

import (
	"context"
	"crypto/rand"
	"time"

	"calipso.io/calipso/pkg/store"
	"calipso.io/calipso/tasks"
)

// Lifetime is how long a handler's lease lasts that is not renewed.
const Lifetime = 5 * time.Second

// LeaseName is the name of the lease under which an environment's events are handled.
func LeaseName(environment string) string { return "events/" + environment }

// Asker asks for the handling of events. It may be used by several goroutines.
type Asker struct {
	queue  *tasks.Enqueuer
	leases *store.Leases
}

// New returns an asker.
func New(db *store.DB, queue *tasks.Enqueuer, now func() time.Time) *Asker {
	return &Asker{queue: queue, leases: db.Leases(rand.Text(), Lifetime, now)}
}

// Ask asks for an environment's events to be handled, and tells whether it is certain that somebody will begin to do so
// from now on. Otherwise a handler is at work that may have looked for events already: ask again. When it is asked
// again and again, a handler that was killed is replaced after Lifetime: the queue would take it for alive for half a minute.
func (a *Asker) Ask(ctx context.Context, environment string) (certain bool, err error) {
	task := tasks.HandleEvents{Environment: environment}
	waiting, err := a.queue.EnqueueNow(ctx, task)
	if waiting || err != nil {
		return waiting, err
	}
	dead, err := a.leases.Free(ctx, LeaseName(environment))
	if !dead || err != nil {
		return false, err
	}
	return a.queue.Replace(ctx, task)
}
