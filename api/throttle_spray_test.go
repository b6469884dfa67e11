package api

import (
	"log/slog"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestSpraying: one password for many names counts for the address, and how a name is written makes no difference.
func TestSpraying(t *testing.T) {
	t.Parallel()
	s, password := withAdmin(t)
	const here, there = "192.0.2.1:1000", "192.0.2.2:1000"
	for i := range maxFailures {
		s.from(here, []string{"Alice", "alice", " ALICE "}[i%3], "wrong").want(401)
	}
	s.from(here, "aLICE", "wrong").want(429)
	// All but two of the rest at once: each takes as long as a password takes to be checked.
	if err := s.redis.IncrBy(t.Context(), throttleKey("", "192.0.2.1"), maxAddressFailures-maxFailures-2).Err(); err != nil {
		t.Fatal(err)
	}
	s.from(here, "bob", "wrong").want(401)
	s.from(here, "carol", "wrong").want(401)
	a := s.from(here, "admin", password)
	if message := a.want(429)["error"].(map[string]any)["message"].(string); !strings.HasPrefix(message, "too many wrong passwords from this address: try again in ") || a.Header().Get("Retry-After") == "" {
		t.Errorf("%q, %v", message, a.Header())
	}
	s.from(there, "admin", password).want(201)
}

// TestTokenGuesses: who tries one token after the other is not listened to for a while; an old token that comes again and again
// shuts nobody out.
func TestTokenGuesses(t *testing.T) {
	t.Parallel()
	s, password := withAdmin(t)
	use := func(address, token string) int {
		r := httptest.NewRequestWithContext(t.Context(), "GET", "/scans", nil)
		r.RemoteAddr = address
		r.Header.Set("X-Auth-Token", token)
		w := httptest.NewRecorder()
		s.handler.ServeHTTP(w, r)
		return w.Code
	}
	const here, there = "[2001:db8::1]:1000", "192.0.2.2:1000"
	token := s.tokenOf("admin", password)
	for range 2 * maxUnknownTokens {
		if status := use(there, "an old token"); status != 401 {
			t.Fatalf("an old token: %d", status)
		}
	}
	if status := use(there, token); status != 200 {
		t.Errorf("after an old token: %d", status)
	}
	for i := range maxUnknownTokens {
		if status := use(here, "guess "+strconv.Itoa(i)); status != 401 {
			t.Fatalf("guess %d: %d", i, status)
		}
	}
	for _, tt := range []struct {
		address, token string
		want           int
	}{{here, token, 429}, {here, "guess", 429}, {"[2001:db8::2]:1", token, 429}, {"[2001:db8:0:1::1]:1", token, 200}, {there, token, 200}, {here, localToken, 200}} {
		if status := use(tt.address, tt.token); status != tt.want {
			t.Errorf("%s with %s: %d, want %d", tt.address, tt.token, status, tt.want)
		}
	}
	s.clock.add(failureWindow + time.Second)
	if status := use(here, token); status != 200 {
		t.Errorf("later: %d", status)
	}
	// Another server learns of it by the next guess.
	other := *s
	other.handler = New(Config{DB: s.db, Redis: s.redis, Log: slog.New(slog.DiscardHandler), Now: s.clock.Now})
	s.handler = other.handler
	if status := use(here, "one more guess"); status != 401 {
		t.Errorf("a guess at another server: %d", status)
	}
	if status := use(here, token); status != 429 {
		t.Errorf("after a guess at another server: %d", status)
	}
}
