package ssh

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"
)

// turns lets so many operations of each kind go on at once.
type turns struct {
	t     *testing.T
	slots map[string]chan struct{}

	mu   sync.Mutex
	seen []string
}

func newTurns(t *testing.T, dials, scripts int) *turns {
	return &turns{t: t, slots: map[string]chan struct{}{OperationDial: make(chan struct{}, dials), OperationScript: make(chan struct{}, scripts)}}
}

func (w *turns) use(cfg *Config) { cfg.Hooks.Limit, cfg.Hooks.Observe = w.limit, w.observe }

func (w *turns) limit(ctx context.Context, operation string) (func(), error) {
	if _, ok := ctx.Deadline(); ok {
		w.t.Error("the wait counts as time of the operation")
	}
	select {
	case w.slots[operation] <- struct{}{}:
		return func() { <-w.slots[operation] }, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

func (w *turns) observe(operation string, _ time.Duration, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err != nil {
		operation += " failed"
	}
	w.seen = append(w.seen, operation)
}

func (w *turns) busy(operation string) int { return len(w.slots[operation]) }

func TestScriptsTakeTurns(t *testing.T) {
	t.Parallel()
	gate := make(chan struct{})
	s := newServer(t, func(s *server) { s.gate = gate })
	w := newTurns(t, 1, 3)
	c := newClient(t, s.addr, w.use)
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() { run(t, c, "gw", "echo") })
	}
	waitFor(t, func() bool { return s.started.Load() == 3 })
	close(gate)
	group.Wait()
	if most := s.mostExecs.Load(); most > 3 {
		t.Errorf("%d scripts at once, want 3", most)
	}
	if w.busy(OperationDial)+w.busy(OperationScript) > 0 {
		t.Errorf("turns were not given back: %v", w.slots)
	}
}

func TestOperationsAreObserved(t *testing.T) {
	t.Parallel()
	w := newTurns(t, 1, 1)
	c := newClient(t, newServer(t).addr, w.use)
	run(t, c, "gw", "echo")
	_, _ = c.Run(t.Context(), "gw", []byte("exit 1"))
	if want := []string{"dial", "script", "script failed"}; !slices.Equal(w.seen, want) {
		t.Errorf("observed %q, want %q", w.seen, want)
	}
}

// The turn of a script that nobody waits for anymore lasts until the host has ended it.
func TestTurnOfAStoppedScript(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	w := newTurns(t, 1, 1)
	c := newClient(t, s.addr, w.use, func(cfg *Config) { cfg.RunTimeout = 200 * time.Millisecond })
	_, err := c.Run(t.Context(), "gw", []byte("sleep 1000"))
	wantError(t, err, Stopped, "in time")
	<-s.stopped
	waitFor(t, func() bool { return w.busy(OperationScript) == 0 })
}

func TestWaitForATurnEndsWithTheContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancelCause(t.Context())
	cause := errors.New("the worker stops")
	c := newClient(t, newServer(t).addr, func(cfg *Config) {
		cfg.Hooks.Limit = func(ctx context.Context, operation string) (func(), error) {
			if operation == OperationDial {
				return func() {}, nil
			}
			cancel(cause)
			<-ctx.Done()
			return nil, context.Cause(ctx)
		}
	})
	_, err := c.Run(ctx, "gw", []byte("echo"))
	wantError(t, err, Stopped, "host gw: no turn for the script: the worker stops")
	if !errors.Is(err, cause) {
		t.Errorf("%v is not the cause of %v", cause, err)
	}
	waitFor(t, func() bool { return c.gateway.free() })
}

// free tells whether no session is in use.
func (p *pool) free() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return !slices.ContainsFunc(p.conns, func(c *conn) bool { return c.active > 0 })
}

func TestDeadGatewayIsLeftAloneForAWhile(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.listener.Close()
	c := newClient(t, s.addr)
	_, first := c.Run(t.Context(), "node-2", []byte("echo"))
	wantError(t, first, Unreachable, "ssh to gateway", "refused")
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() {
			if _, err := c.Run(t.Context(), "node-2", []byte("echo")); err == nil || err.Error() != first.Error() {
				t.Errorf("error %v, want the same as before: %v", err, first)
			}
		})
	}
	group.Wait()
	if got := c.Stats().Dials; got != 1 {
		t.Errorf("%d dials, want 1", got)
	}
	s.listen(t, s.addr)
	c.gateway.mu.Lock()
	c.gateway.failureUntil = time.Now() // its time has passed
	c.gateway.mu.Unlock()
	run(t, c, "node-2", "echo")
}

func TestIdleConnectionsAreClosed(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c := newClient(t, s.addr, func(cfg *Config) { cfg.IdleTimeout = 20 * time.Millisecond })
	c.Warm(t.Context())
	waitFor(t, func() bool { return s.accepted.Load() == 1 && s.open.Load() == 0 })
	run(t, c, "gw", "echo")
	waitFor(t, func() bool { return s.open.Load() == 0 })
	if got := c.Stats(); got != (Stats{RoundTrips: 1, Dials: 2}) {
		t.Errorf("stats %+v", got)
	}
}

// The connection to the gateway is not idle while one to another host goes through it.
func TestConnectionThatCarriesAnotherIsNotIdle(t *testing.T) {
	t.Parallel()
	gate := make(chan struct{})
	gateway, own := newServer(t), newServer(t, func(s *server) { s.gate = gate })
	entry := loginTo(t, own.addr)
	entry.Name = "node-7"
	c := newClient(t, gateway.addr, func(cfg *Config) { cfg.Hosts, cfg.IdleTimeout = []Login{entry}, 20*time.Millisecond })
	var group sync.WaitGroup
	group.Go(func() { run(t, c, "node-7", "echo") })
	waitFor(t, func() bool { return own.started.Load() == 1 })
	run(t, c, "gw", "echo")
	waitFor(t, c.gateway.free)
	c.gateway.mu.Lock()
	if carrier := c.gateway.conns[0]; carrier.routed != 1 || carrier.idle != nil {
		t.Errorf("%d connections go through the gateway's, which rests: %t", carrier.routed, carrier.idle != nil)
	}
	c.gateway.mu.Unlock()
	close(gate)
	group.Wait()
	waitFor(t, func() bool { return own.open.Load() == 0 && gateway.open.Load() == 0 })
	if got := c.Stats().Dials; got != 2 {
		t.Errorf("%d dials, want 2", got)
	}
}
