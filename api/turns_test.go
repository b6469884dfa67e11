package api

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
)

// TestTurns: as many requests are answered at once as there are turns, and the others in the order in which they came.
func TestTurns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &server{turns: make(turns, 2)}
		reading := route{method: "GET", path: "/inventory", access: login}
		begun, goOn := []int{}, make(chan struct{})
		for n := range 5 {
			go func() {
				_ = s.inTurn(t.Context(), reading, func() error {
					begun = append(begun, n)
					<-goOn
					return nil
				})
			}()
			synctest.Wait()
		}
		for answered, want := range []int{2, 3, 4, 5, 5, 5} {
			if len(begun) != want {
				t.Errorf("with %d answered, %d were begun, want %d", answered, len(begun), want)
			}
			if answered < 5 {
				goOn <- struct{}{}
				synctest.Wait()
			}
		}
		for n, one := range begun {
			if n != one {
				t.Errorf("they were begun in the order %v", begun)
				break
			}
		}
	})
}

// TestWithoutTurn: what changes something, takes any time or needs no login waits for nobody, and who gives up waits no longer.
func TestWithoutTurn(t *testing.T) {
	t.Parallel()
	s := &server{turns: make(turns, 1)}
	s.turns <- struct{}{} // somebody's
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for name, test := range map[string]struct {
		route route
		waits bool
	}{
		"reading":  {route{method: "GET", path: "/inventory", access: login}, true},
		"writing":  {route{method: "PUT", path: "/environments", access: login}, false},
		"export":   {route{method: "GET", path: "/export", access: login, doc: doc{long: true}}, false},
		"stream":   {route{method: "GET", path: "/scans/:id/events", access: login, doc: doc{media: mediaEvents}}, false},
		"liveness": {route{method: "GET", path: "/healthz", access: public}, false},
	} {
		answered := false
		err := s.inTurn(gone, test.route, func() error { answered = true; return nil })
		if answered == test.waits || test.waits != errors.Is(err, context.Canceled) {
			t.Errorf("%s: answered %t (%v)", name, answered, err)
		}
	}
}
