package workers

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"calipso.io/calipso/pkg/event/ask"
	"calipso.io/calipso/pkg/store"
)

// renewEvery is how often a lease is renewed.
const renewEvery = ask.Lifetime / 5

var errLeaseLost = errors.New("another worker has taken over")

// lease is held by one run of a task.
type lease struct {
	*store.Leases
	name string
}

// underLease does something while it holds the lease of this name. It is errWait when another worker has it. The
// context of what is done ends when the lease is lost; before it writes it should ask fence.
func (w *Workers) underLease(ctx context.Context, name string, do func(context.Context, *lease) error) error {
	l := &lease{w.leases.As(w.Name + "/" + rand.Text()), name}
	if held, err := l.Hold(ctx, name); err != nil {
		return err
	} else if !held {
		return fmt.Errorf("%s is another worker's: %w", name, errWait)
	}
	working, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer w.giveBack(ctx, l)
	defer context.AfterFunc(w.stopping, func() { cancel(errors.New("the worker stops")) })()
	go l.keep(working, cancel)
	err := do(working, l)
	if cause := context.Cause(working); cause != nil && err != nil {
		return cause
	}
	return err
}

// keep renews the lease until the context is done. While the store is away nobody else can take it either.
func (l *lease) keep(ctx context.Context, lost context.CancelCauseFunc) {
	ticker := time.NewTicker(renewEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if err := l.fence(ctx); errors.Is(err, errLeaseLost) {
			lost(err)
		}
	}
}

// fence is errLeaseLost when somebody else has the lease now: what was found must not be written anymore.
func (l *lease) fence(ctx context.Context) error {
	held, err := l.Renew(ctx, l.name)
	if err == nil && !held {
		return errLeaseLost
	}
	return err
}

// giveBack ends the lease, so that nobody has to wait until it has run out.
func (w *Workers) giveBack(ctx context.Context, l *lease) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), renewEvery)
	defer cancel()
	if err := l.Release(ctx, l.name); err != nil {
		w.Log.Warn("a lease could not be given back: it runs out", "lease", l.name, "error", err)
	}
}
