package workers

import (
	"context"
	"errors"
	"fmt"
	"time"

	"calipso.io/calipso/pkg/store"
)

// A lease lets one worker at a time do what must not be done twice at once. It is a number in the store: until when it
// is held, in nanoseconds. Who has lost it sees another number there.
const (
	leaseTime  = 10 * time.Second
	renewEvery = 3 * time.Second
)

var errLeaseLost = errors.New("another worker has taken over")

type lease struct {
	w    *Workers
	name string
	held chan int64 // the number that says that it is ours; who changes it takes it out meanwhile
}

// underLease does something while it holds the lease of this name. It is errWait when another worker has it. The
// context of what is done ends when the lease is lost; before it writes it should ask fence.
func (w *Workers) underLease(ctx context.Context, name string, do func(context.Context, *lease) error) error {
	l := &lease{w: w, name: "lease/" + name, held: make(chan int64, 1)}
	if err := l.take(ctx); err != nil {
		return err
	}
	defer l.giveBack(ctx)
	working, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(w.stopping, func() { cancel(errors.New("the worker stops")) })()
	go l.keep(working, cancel)
	err := do(working, l)
	if cause := context.Cause(working); cause != nil && err != nil {
		return cause
	}
	return err
}

func (l *lease) take(ctx context.Context) error {
	if _, err := l.w.DB.Counters.Insert(ctx, store.Counter{Name: l.name}); err != nil {
		return err
	}
	now := l.w.Now()
	taken, err := l.w.DB.Counters.Update(ctx, l.name, func(c *store.Counter) error {
		if c.Value > now.UnixNano() && c.Value < now.Add(2*leaseTime).UnixNano() {
			return fmt.Errorf("%s is another worker's: %w", l.name, errWait)
		}
		c.Value = now.Add(leaseTime).UnixNano()
		return nil
	})
	if err == nil {
		l.held <- taken.Value
	}
	return err
}

// keep renews the lease until the context is done.
func (l *lease) keep(ctx context.Context, lost context.CancelCauseFunc) {
	ticker := time.NewTicker(renewEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if err := l.set(ctx, l.w.Now().Add(leaseTime).UnixNano()); errors.Is(err, errLeaseLost) {
			lost(err)
		}
	}
}

// set changes the number, if it is still ours.
func (l *lease) set(ctx context.Context, number int64) error {
	held := <-l.held
	defer func() { l.held <- held }()
	_, err := l.w.DB.Counters.Update(ctx, l.name, func(c *store.Counter) error {
		if c.Value != held {
			return errLeaseLost
		}
		c.Value = number
		return nil
	})
	if err == nil {
		held = number
	}
	return err
}

// fence is errLeaseLost when somebody else has the lease now: what was found must not be written anymore.
func (l *lease) fence(ctx context.Context) error {
	held := <-l.held
	defer func() { l.held <- held }()
	now, err := l.w.DB.Counters.Get(ctx, l.name)
	if err == nil && now.Value != held {
		return errLeaseLost
	}
	return err
}

// giveBack ends the lease, so that nobody has to wait until it has run out.
func (l *lease) giveBack(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := l.set(ctx, 0); err != nil && !errors.Is(err, errLeaseLost) {
		l.w.Log.Warn("a lease could not be given back: it runs out", "lease", l.name, "error", err)
	}
}
