package api

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// manual is a board whose ticks are given by hand.
type manual struct {
	*board
	reads atomic.Int64
	tick  chan struct{}
	ended chan struct{}
	shows atomic.Pointer[map[string]string] // nil: nothing can be read
}

func newManual(shows map[string]string) *manual {
	m := &manual{tick: make(chan struct{}), ended: make(chan struct{}, 10)}
	m.shows.Store(&shows)
	m.board = &board{
		read: func(context.Context) (map[string]string, error) {
			m.reads.Add(1)
			if shows := m.shows.Load(); shows != nil {
				return *shows, nil
			}
			return nil, errors.New("the store is down")
		},
		pause: func(ctx context.Context, _ time.Duration) bool {
			select {
			case <-m.tick:
				return true
			case <-ctx.Done():
				m.ended <- struct{}{}
				return false
			}
		},
	}
	return m
}

// next waits for another frame than the one before.
func (m *manual) next(before *frame) *frame {
	for {
		latest, newer := m.look()
		if latest != nil && latest != before {
			return latest
		}
		<-newer
	}
}

// TestBoard: what many watch is read once for all of them, and only what has changed is passed on.
func TestBoard(t *testing.T) {
	t.Parallel()
	m := newManual(map[string]string{"a": "1", "b": "1"})
	var leave []func()
	for range 20 {
		leave = append(leave, m.enter())
	}
	first := m.next(nil)
	if diff := cmp.Diff(update{Replace: map[string]string{"a": "1", "b": "1"}}, first.since(nil)); diff != "" {
		t.Errorf("first (-want +got):\n%s", diff)
	}
	m.tick <- struct{}{} // and nothing has changed
	m.shows.Store(&map[string]string{"b": "2", "c": "1"})
	m.tick <- struct{}{}
	second := m.next(first)
	if diff := cmp.Diff(update{Replace: map[string]string{"b": "2", "c": "1"}, Remove: []string{"a"}}, second.since(first)); diff != "" {
		t.Errorf("second (-want +got):\n%s", diff)
	}
	m.shows.Store(nil)
	m.tick <- struct{}{}
	third := m.next(second)
	if diff := cmp.Diff(update{Replace: map[string]string{}, Old: true}, third.since(second)); diff != "" {
		t.Errorf("when nothing can be read (-want +got):\n%s", diff)
	}
	m.shows.Store(&map[string]string{"b": "2", "c": "2"})
	m.tick <- struct{}{}
	if diff := cmp.Diff(update{Replace: map[string]string{"c": "2"}}, m.next(third).since(third)); diff != "" {
		t.Errorf("when it can be read again (-want +got):\n%s", diff)
	}
	if n := m.reads.Load(); n > 5 {
		t.Errorf("20 watchers made it read %d times in 5 ticks", n)
	}
	for _, leave := range leave {
		leave()
	}
	<-m.ended
	if latest, _ := m.look(); latest != nil {
		t.Error("nobody watches, and it still shows something")
	}
	defer m.enter()()
	if diff := cmp.Diff(update{Replace: map[string]string{"b": "2", "c": "2"}}, m.next(nil).since(nil)); diff != "" {
		t.Errorf("for who comes later (-want +got):\n%s", diff)
	}
}
