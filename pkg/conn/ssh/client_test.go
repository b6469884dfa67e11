package ssh

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// memory remembers host keys as the store does.
type memory struct {
	mu   sync.Mutex
	keys map[string]string
}

func (m *memory) Known(_ context.Context, host string) (string, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	key, ok := m.keys[host]
	return key, ok, nil
}

func (m *memory) Accept(_ context.Context, host, key string) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.keys[host]; !ok {
		m.keys[host] = key
	}
	return m.keys[host], nil
}

func loginTo(t *testing.T, addr string) Login {
	t.Helper()
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	return Login{Host: host, Port: number, User: "scan", Pwd: "secret"}
}

func newClient(t *testing.T, addr string, change ...func(*Config)) *Client {
	t.Helper()
	cfg := Config{Environment: "lab", Gateway: loginTo(t, addr), HostKeys: &memory{keys: map[string]string{}}}
	for _, f := range change {
		f(&cfg)
	}
	c, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func run(t *testing.T, c *Client, host, script string, args ...string) Result {
	t.Helper()
	result, err := c.Run(t.Context(), host, []byte(script), args...)
	if err != nil {
		t.Fatalf("run on %s: %v", host, err)
	}
	return result
}

// wantError checks the code of an error, and that its message has all the texts.
func wantError(t *testing.T, err error, code Code, texts ...string) {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) || e.Code != code {
		t.Fatalf("error %v, want one with the code %q", err, code)
	}
	if e.Host == "" {
		t.Errorf("the error names no host: %v", err)
	}
	for _, text := range texts {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("error %q, want %q in it", err, text)
		}
	}
}

const whereAmI = `echo "${HOP:-gateway} $# $1|$2"; echo problem >&2`

func TestRunOnGatewayAndBehindIt(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c := newClient(t, s.addr)
	for host, where := range map[string]string{"gw.lab": "gateway", "gw": "gateway", "gw.lab.": "", "localhost": "gateway",
		"127.0.0.1": "gateway", "node-2": "node-2", "node-2.lab": "node-2.lab"} {
		if where == "" {
			continue
		}
		got := run(t, c, host, whereAmI, "sudo -n", `it's "$(id)" \`)
		if want := where + ` 2 sudo -n|it's "$(id)" \` + "\n"; string(got.Stdout) != want {
			t.Errorf("on %s: stdout %q, want %q", host, got.Stdout, want)
		}
		if string(got.Stderr) != "problem\n" {
			t.Errorf("on %s: stderr %q", host, got.Stderr)
		}
	}
	if got := c.Stats(); got != (Stats{RoundTrips: 6, Dials: 1}) {
		t.Errorf("stats %+v, want 6 round trips on 1 connection", got)
	}
}

func TestOldGatewayHasToKnowItsHosts(t *testing.T) {
	t.Parallel()
	s := newServer(t, func(s *server) { s.env = append(s.env, "OLD_SSH=1") })
	c := newClient(t, s.addr)
	for range 2 {
		if got := run(t, c, "node-2", whereAmI); !strings.HasPrefix(string(got.Stdout), "node-2 0") {
			t.Errorf("stdout %q", got.Stdout)
		}
	}
	if got := c.Stats().RoundTrips; got != 3 {
		t.Errorf("%d round trips, want 3: what the gateway can do is asked once", got)
	}
}

func TestScriptErrors(t *testing.T) {
	t.Parallel()
	c := newClient(t, newServer(t).addr, func(cfg *Config) { cfg.MaxOutput = 1000 })
	cases := map[string]struct {
		host, script string
		code         Code
		status       int
		texts        []string
		stdout       string
	}{
		"exit status on the gateway": {"gw", "echo some; echo why >&2; exit 3", ScriptFailed, 3, []string{"gw", "status 3: why"}, "some\n"},
		"exit status behind it":      {"node-2", "echo some; exit 3", ScriptFailed, 3, []string{"node-2", "status 3"}, "some\n"},
		"own 255 on the gateway":     {"gw", "exit 255", ScriptFailed, 255, []string{"gw", "status 255"}, ""},
		"host that is not reached": {"node-9", "echo some", HopFailed, 0, []string{"from gateway 127.0.0.1:", "to host node-9",
			"No route to host", "`ssh node-9`", "user scan"}, ""},
		"too much output": {"gw", "while :; do echo ....................; done", OutputTooLarge, 0, []string{"gw", "1000 bytes"}, "*"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			result, err := c.Run(t.Context(), tc.host, []byte(tc.script))
			wantError(t, err, tc.code, tc.texts...)
			var e *Error
			if errors.As(err, &e); e.Status != tc.status {
				t.Errorf("status %d, want %d", e.Status, tc.status)
			}
			if tc.stdout != "*" && string(result.Stdout) != tc.stdout {
				t.Errorf("stdout %q, want %q", result.Stdout, tc.stdout)
			}
			if strings.ContainsAny(err.Error(), "\033\r\n") || strings.Contains(err.Error()+string(result.Stderr), hopMark) {
				t.Errorf("the error is not fit to be shown: %q, stderr %q", err, result.Stderr)
			}
		})
	}
}

func TestScriptThatEndsBeforeItsEnd(t *testing.T) {
	t.Parallel()
	c := newClient(t, newServer(t).addr)
	script := "echo early; exit 0\n" + strings.Repeat("# never read\n", 1<<19)
	if got := run(t, c, "gw", script); string(got.Stdout) != "early\n" {
		t.Errorf("stdout %q", got.Stdout)
	}
}

func TestHostileNamesAreRefused(t *testing.T) {
	t.Parallel()
	c := newClient(t, newServer(t).addr)
	for _, host := range []string{"", "-oProxyCommand=x", "a b", "$(x)", "a;b", "a\nb", "`x`", "a'b", "ä", "a/b", "a%h", "\x00",
		strings.Repeat("a", 256)} {
		_, err := c.Run(t.Context(), host, []byte("echo"))
		var e *Error
		if !errors.As(err, &e) || e.Code != BadHost {
			t.Errorf("host %q: error %v, want it refused", host, err)
		}
	}
	if _, err := c.Run(t.Context(), "gw", []byte("echo"), "a\x00b"); err == nil {
		t.Error("an argument with a NUL was taken")
	}
	if got := c.Stats(); got != (Stats{}) {
		t.Errorf("stats %+v, want that nothing was run", got)
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	gate := make(chan struct{})
	s := newServer(t, func(s *server) { s.gate = gate })
	c := newClient(t, s.addr, func(cfg *Config) { cfg.MaxConnections = 3; cfg.MaxSessions = 5 })
	var group sync.WaitGroup
	for i := range 50 {
		group.Go(func() {
			got, err := c.Run(t.Context(), "gw", []byte("echo "+strconv.Itoa(i)))
			if err != nil || string(got.Stdout) != fmt.Sprintln(i) {
				t.Errorf("run %d: %q, %v", i, got.Stdout, err)
			}
		})
	}
	waitFor(t, func() bool { return s.started.Load() == 15 })
	close(gate)
	group.Wait()
	if conns, execs := s.mostOpen.Load(), s.mostExecs.Load(); conns != 3 || execs != 5 {
		t.Errorf("%d connections with up to %d sessions, want 3 with 5", conns, execs)
	}
	if got := c.Stats(); got != (Stats{RoundTrips: 50, Dials: 3}) {
		t.Errorf("stats %+v", got)
	}
}

// waitFor waits until something in the background has come about.
func waitFor(t *testing.T, ok func() bool) {
	t.Helper()
	for !ok() {
		select {
		case <-t.Context().Done():
			t.Fatal("it did not come about")
		case <-time.After(time.Millisecond):
		}
	}
}

func TestServerThatGrantsFewSessions(t *testing.T) {
	t.Parallel()
	s := newServer(t, func(s *server) { s.maxSessions = 2 })
	c := newClient(t, s.addr, func(cfg *Config) { cfg.MaxConnections = 1 })
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() {
			if _, err := c.Run(t.Context(), "gw", []byte("echo")); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
}

func TestCancel(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c := newClient(t, s.addr)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		waitFor(t, func() bool { return s.started.Load() == 1 })
		cancel()
	}()
	_, err := c.Run(ctx, "gw", []byte("sleep 1000"))
	wantError(t, err, Stopped, "gw")
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v is not context.Canceled", err)
	}
	<-s.stopped // the host is told
	run(t, c, "gw", "echo")
	if got := c.Stats().Dials; got != 1 {
		t.Errorf("%d dials, want that the connection goes on", got)
	}
}

func TestTimeout(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c := newClient(t, s.addr, func(cfg *Config) { cfg.RunTimeout = 200 * time.Millisecond })
	_, err := c.Run(t.Context(), "node-2", []byte("sleep 1000"))
	wantError(t, err, Stopped, "node-2", "in time")
	<-s.stopped
}

func TestConnectionThatBreaks(t *testing.T) {
	t.Parallel()
	t.Run("while a script runs", func(t *testing.T) {
		t.Parallel()
		c := newClient(t, newServer(t, func(s *server) { s.dropOnOutput = true }).addr)
		result, err := c.Run(t.Context(), "node-2", []byte("echo some; sleep 1000"))
		wantError(t, err, Lost, "node-2")
		if string(result.Stdout) != "some\n" {
			t.Errorf("stdout %q, want what came before the end", result.Stdout)
		}
	})
	t.Run("between two scripts", func(t *testing.T) {
		t.Parallel()
		s := newServer(t)
		c := newClient(t, s.addr)
		run(t, c, "gw", "echo")
		s.dropAll()
		run(t, c, "gw", "echo")
		if got := c.Stats().Dials; got != 2 {
			t.Errorf("%d dials, want 2", got)
		}
	})
	t.Run("silently", func(t *testing.T) {
		t.Parallel()
		s := newServer(t)
		c := newClient(t, s.addr, func(cfg *Config) { cfg.KeepAlive = 300 * time.Millisecond })
		run(t, c, "gw", "echo")
		s.deafUntil.Store(1)
		run(t, c, "gw", "echo")
		if got := c.Stats().Dials; got != 2 {
			t.Errorf("%d dials, want 2", got)
		}
	})
}

func TestClose(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c := newClient(t, s.addr)
	go func() {
		waitFor(t, func() bool { return s.started.Load() == 1 })
		c.Close()
	}()
	_, err := c.Run(t.Context(), "gw", []byte("sleep 1000"))
	wantError(t, err, Stopped, "gw", "closed")
	_, err = c.Run(t.Context(), "gw", []byte("echo"))
	wantError(t, err, Stopped, "gw", "closed")
}
