package api

import (
	"log/slog"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// from sends a login from an address.
func (s *site) from(address, user, password string, headers ...string) answer {
	s.t.Helper()
	r := httptest.NewRequestWithContext(s.t.Context(), "POST", "/auth/tokens", strings.NewReader(credentials(user, password)))
	r.RemoteAddr = address
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Add(name, value)
	}
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	return answer{w, s.t}
}

// TestTooManyFailures: after ten wrong passwords, not even the right one is taken from there, for as long as is said;
// from elsewhere, and for others, it is.
func TestTooManyFailures(t *testing.T) {
	t.Parallel()
	s, password := withAdmin(t)
	const here, there = "192.0.2.1:1000", "192.0.2.2:1000"
	for i := range maxFailures {
		// Anybody can say that they ask for somebody else.
		s.from(here, "admin", "wrong", "X-Forwarded-For: 203.0.113."+strconv.Itoa(i)).want(401)
	}
	for _, p := range []string{password, "wrong"} {
		a := s.from(here, "admin", p)
		body := a.want(429)["error"].(map[string]any)
		wait := a.Header().Get("Retry-After")
		if n, err := strconv.Atoi(wait); err != nil || n < 1 || n > int(failureWindow/time.Second) ||
			body["message"] != "too many wrong passwords for this user from this address: try again in "+wait+" seconds" ||
			body["title"] != "Too Many Requests" {
			t.Errorf("Retry-After %q, %v", wait, body)
		}
	}
	s.from(here, "somebody", "wrong").want(401)
	s.from(there, "admin", password).want(201)
	form := url.Values{"username": {"admin"}, "password": {password}}.Encode()
	r := httptest.NewRequestWithContext(t.Context(), "POST", "/login", strings.NewReader(form))
	r.RemoteAddr = here
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	if w.Code != 429 || !strings.Contains(w.Body.String(), "try again in") || len(w.Result().Cookies()) > 0 {
		t.Errorf("the form: %d %s", w.Code, w.Body)
	}
	// The counts are all that is lost with Redis's keys.
	if err := s.redis.FlushAll(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	s.from(here, "admin", password).want(201)
}

// TestFailuresEnd: what was counted goes by itself.
func TestFailuresEnd(t *testing.T) {
	t.Parallel()
	s, password := withAdmin(t)
	const here = "192.0.2.1:1000"
	for range maxFailures {
		s.from(here, "admin", "wrong").want(401)
	}
	key := throttleKey("admin", "192.0.2.1")
	if left, err := s.redis.PTTL(t.Context(), key).Result(); err != nil || left <= 0 || left > failureWindow {
		t.Errorf("the count stays for %v, %v", left, err)
	}
	if err := s.redis.PExpire(t.Context(), key, time.Millisecond).Err(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(time.Minute); s.from(here, "admin", password).Code != 201; {
		if time.Now().After(deadline) {
			t.Fatal("the count does not end")
		}
	}
}

// TestSharedFailures: two servers on one Redis count together, and many guesses at once don't get past the count by much.
func TestSharedFailures(t *testing.T) {
	t.Parallel()
	s, password := withAdmin(t)
	other := *s
	other.handler = New(Config{DB: s.db, Redis: s.redis, Log: slog.New(slog.DiscardHandler), Now: s.clock.Now})
	var guesses sync.WaitGroup
	for i := range 4 * maxFailures {
		guesses.Go(func() { []*site{s, &other}[i%2].from("192.0.2.1:1", "admin", "wrong") })
	}
	guesses.Wait()
	for _, server := range []*site{s, &other} {
		server.from("192.0.2.1:1", "admin", password).want(429)
	}
	n, err := s.redis.Get(t.Context(), throttleKey("admin", "192.0.2.1")).Int()
	if most := maxFailures + 2*cap(newThrottle(nil, nil).checks); err != nil || n < maxFailures || n > most {
		t.Errorf("%d guesses were looked at, %v; want at most %d", n, err, most)
	}
}

// TestLoginWithoutRedis: who knows the password gets in, also when failures can't be counted.
func TestLoginWithoutRedis(t *testing.T) {
	t.Parallel()
	s, password := withAdmin(t)
	if err := s.redis.Close(); err != nil {
		t.Fatal(err)
	}
	s.from("192.0.2.1:1", "admin", "wrong").want(401)
	s.from("192.0.2.1:1", "admin", password).want(201)
	if !strings.Contains(s.log.String(), "failed logins are not counted") {
		t.Error("nothing of it is in the log")
	}
}

// TestProxies: only a proxy that is known is believed where a login comes from.
func TestProxies(t *testing.T) {
	t.Parallel()
	s, password := withAdmin(t)
	s.handler = New(Config{DB: s.db, Redis: s.redis, Log: slog.New(slog.DiscardHandler), Now: s.clock.Now,
		Proxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}})
	guesser, user := "X-Forwarded-For: 203.0.113.1, 192.0.2.1", "X-Forwarded-For: 192.0.2.2"
	for i := range maxFailures {
		// What the guesser's own client put before the proxy's entry counts for nothing.
		s.from("10.1.1.1:1", "admin", "wrong", "X-Forwarded-For: 203.0.113."+strconv.Itoa(i)+", 192.0.2.1").want(401)
		s.from("198.51.100.1:1", "admin", "wrong", "X-Forwarded-For: 203.0.113."+strconv.Itoa(i)).want(401)
	}
	s.from("10.1.1.2:1", "admin", password, guesser).want(429)
	s.from("10.1.1.2:1", "admin", password, user).want(201)
	s.from("198.51.100.1:1", "admin", password, user).want(429)
}

func TestThrottleKey(t *testing.T) {
	t.Parallel()
	tests := []struct {
		user, address, otherUser, otherAddress string
		same                                   bool
	}{
		{"admin", "192.0.2.1", "admin", "192.0.2.2", false},
		{"admin", "192.0.2.1", "admi", "n192.0.2.1", false},
		{"admin", "2001:db8::1", "admin", "2001:db8::ffff:0:0:2", true},
		{"admin", "2001:db8::1", "admin", "2001:db8:0:1::1", false},
		{"admin", "::ffff:192.0.2.1", "admin", "::ffff:192.0.2.2", false},
	}
	for _, tt := range tests {
		if same := throttleKey(tt.user, tt.address) == throttleKey(tt.otherUser, tt.otherAddress); same != tt.same {
			t.Errorf("%+v: the same is %v", tt, same)
		}
	}
}
