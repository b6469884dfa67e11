package api

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// TestStreamsEnd: who watches is told no more when the right is withdrawn, or the login ends.
func TestStreamsEnd(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/monitor/events", "/scans/$scan/events", "/environment_configs/$env/events"} {
		for name, end := range map[string]func(s *site, me string){
			"right": func(s *site, _ string) { s.call("PUT", "/users/viewer", `{"view-env":[]}`).want(200) },
			"login": func(s *site, me string) { s.anonymous("DELETE", "/auth/tokens", "", me).want(200) },
			"user":  func(s *site, _ string) { s.call("DELETE", "/users/viewer", "").want(200) },
		} {
			t.Run(name+" "+path, func(t *testing.T) {
				t.Parallel()
				s := world(t, mine)
				me := s.as("viewer")
				body := s.stream(t, mine.fill(path), me)
				if n, err := body.Read(make([]byte, 1)); n == 0 {
					t.Fatalf("nothing is told: %v", err)
				}
				end(s, me)
				_, _ = io.Copy(io.Discard, body) // to its end, or until the connection is broken off
			})
		}
	}
}

// stream asks for something that does not end by itself, over a connection; a minute is too long.
func (s *site) stream(t *testing.T, path, me string) io.Reader {
	t.Helper()
	server := httptest.NewServer(s.handler)
	t.Cleanup(server.Close)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, "GET", server.URL+path, nil)
	must(t, err)
	r.Header.Set("X-Auth-Token", me[len("X-Auth-Token: "):])
	answer, err := http.DefaultClient.Do(r)
	must(t, err)
	t.Cleanup(func() { answer.Body.Close() })
	if answer.StatusCode != 200 {
		t.Fatalf("status %d", answer.StatusCode)
	}
	return untimely{answer.Body, ctx, t}
}

// untimely fails the test when a stream ends only because the test's patience does.
type untimely struct {
	io.Reader
	ctx context.Context
	t   *testing.T
}

func (u untimely) Read(p []byte) (int, error) {
	n, err := u.Reader.Read(p)
	if err != nil && u.ctx.Err() != nil {
		u.t.Error("it went on and on")
	}
	return n, err
}
