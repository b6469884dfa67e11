// Package memo remembers the answers of slow readings, so that what several goroutines want is read once.
package memo

import (
	"context"
	"errors"
	"maps"
	"strings"
	"sync"
)

// Memo holds answers by name. The zero value is ready for use, by many goroutines at once. It must not be copied.
type Memo struct {
	mu      sync.Mutex
	answers map[string]*answer
}

type answer struct {
	done      chan struct{} // closed when value and err are there
	value     any
	err       error
	abandoned bool // the reader's context ended before the answer came
}

var errPanicked = errors.New("the reading broke off")

// Get returns the remembered answer to a reading, or makes the reading, with the caller's context. Who asks while it
// is being made waits for it. Errors are remembered like values, except when the reader's own context ended: then the
// next one reads again. A name stands for one type T.
func Get[T any](ctx context.Context, m *Memo, name string, read func(context.Context) (T, error)) (T, error) {
	for {
		a, mine := m.claim(name)
		if mine {
			m.fill(ctx, name, a, func() (any, error) { return read(ctx) })
		}
		if err := a.wait(ctx); err != nil {
			var none T
			return none, err
		}
		if mine || !a.abandoned {
			value, _ := a.value.(T)
			return value, a.err
		}
	}
}

// claim returns the answer with this name, and whether it is the caller's to fill.
func (m *Memo) claim(name string) (a *answer, mine bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if a, ok := m.answers[name]; ok {
		return a, false
	}
	if m.answers == nil {
		m.answers = map[string]*answer{}
	}
	a = &answer{done: make(chan struct{}), err: errPanicked}
	m.answers[name] = a
	return a, true
}

// wait waits until the answer is there. One that is there is given even when the context has ended.
func (a *answer) wait(ctx context.Context) error {
	select {
	case <-a.done:
		return nil
	default:
	}
	select {
	case <-a.done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (m *Memo) fill(ctx context.Context, name string, a *answer, read func() (any, error)) {
	defer close(a.done)
	a.value, a.err = read()
	if a.err != nil && ctx.Err() != nil {
		a.abandoned = true
		m.forget(name)
	}
}

// Forget drops the answers whose names begin with a prefix, to be read again when they are asked for. Who waits for one
// that is being read still gets it.
func (m *Memo) Forget(prefix string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	maps.DeleteFunc(m.answers, func(name string, _ *answer) bool { return strings.HasPrefix(name, prefix) })
}

// ForgetAllBut drops all answers but the one with the name, and that one, too, if it is an error.
func (m *Memo) ForgetAllBut(kept string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	maps.DeleteFunc(m.answers, func(name string, a *answer) bool { return name != kept || a.failed() })
}

// failed tells whether the answer is there and is an error.
func (a *answer) failed() bool {
	select {
	case <-a.done:
		return a.err != nil
	default:
		return false
	}
}

func (m *Memo) forget(name string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.answers, name)
}
