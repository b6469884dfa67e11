package limit

import (
	"context"
	"slices"
	"sync"
)

// local counts the slots that are held in this process. Its zero value is ready for use.
type local struct {
	mu    sync.Mutex
	names map[string]*line
}

// line is who holds slots of a name, and who waits for one: first come, first served.
type line struct {
	held    int
	waiting []*waiter
}

type waiter struct {
	n      int           // it waits until fewer than n are held
	served chan struct{} // closed when it got its slot
}

// acquire waits until fewer than n slots of a name are held, and takes one; release gives it back.
func (l *local) acquire(ctx context.Context, name string, n int) (release func(), err error) {
	w := &waiter{n: n, served: make(chan struct{})}
	l.change(name, func(at *line) { at.waiting = append(at.waiting, w) })
	release = func() { l.change(name, func(at *line) { at.held-- }) }
	select {
	case <-w.served:
		return release, nil
	case <-ctx.Done():
	}
	l.change(name, func(at *line) {
		if i := slices.Index(at.waiting, w); i >= 0 {
			at.waiting = slices.Delete(at.waiting, i, i+1)
		} else {
			at.held-- // it was served meanwhile
		}
	})
	return nil, context.Cause(ctx)
}

// change changes the line of a name, and serves who can be served then.
func (l *local) change(name string, change func(*line)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	at := l.names[name]
	if at == nil {
		if l.names == nil {
			l.names = map[string]*line{}
		}
		at = &line{}
		l.names[name] = at
	}
	change(at)
	for len(at.waiting) > 0 && at.held < at.waiting[0].n {
		at.held++
		close(at.waiting[0].served)
		at.waiting = at.waiting[1:]
	}
	if at.held == 0 && len(at.waiting) == 0 {
		delete(l.names, name)
	}
}
