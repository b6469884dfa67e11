package api

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"

	"calipso.io/calipso/pkg/auth"
	"calipso.io/calipso/pkg/discover/catalog"
	"calipso.io/calipso/pkg/extension"
	"calipso.io/calipso/pkg/metrics"
	"calipso.io/calipso/pkg/store"
	"calipso.io/calipso/pkg/store/open"
	"calipso.io/calipso/tasks"
)

// localToken is the local token of all servers under test.
const localToken = "local-token-of-the-tests"

// site is a server under test and what it works with.
type site struct {
	t       *testing.T
	db      *store.DB
	redis   redis.UniversalClient
	config  Config
	handler http.Handler
	log     *logBuffer
	clock   *clock
}

// newSite starts a server on an empty store of its own and an embedded Redis.
func newSite(t *testing.T) *site {
	t.Helper()
	db, err := openStore(t)
	if err != nil {
		t.Fatal(err)
	}
	return newSiteOn(t, db)
}

func openStore(t *testing.T) (*store.DB, error) {
	db, err := open.Store(t.Context(), filepath.Join(t.TempDir(), "calipso.db"))
	if err == nil {
		t.Cleanup(func() { db.Close() })
	}
	return db, err
}

func newSiteOn(t *testing.T, db *store.DB, change ...func(*Config)) *site {
	t.Helper()
	client, closeRedis, err := tasks.OpenRedis(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(closeRedis)
	sealer, err := auth.NewSealer(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	shipped, err := extension.Load("", catalog.Fetchers())
	if err != nil {
		t.Fatal(err)
	}
	s := &site{t: t, db: db, redis: client, log: &logBuffer{}, clock: &clock{now: time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)}}
	s.config = Config{DB: db, Queue: tasks.NewEnqueuer(client), Redis: client, Sealer: sealer,
		Log: slog.New(slog.NewTextHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Now: s.clock.Now, Metrics: metrics.New("1.2.3"), Constants: shipped.Constants, Variances: shipped.Variances,
		LinkTypes: shipped.LinkTypes, CliqueTypes: shipped.CliqueTypes, Constraints: shipped.Constraints, Templates: shipped.Templates, LocalToken: localToken, Version: "1.2.3",
		lookAgain: 20 * time.Millisecond}
	for _, change := range change {
		change(&s.config)
	}
	s.handler = New(s.config)
	return s
}

// configure starts the server again with another configuration.
func (s *site) configure(change func(*Config)) {
	change(&s.config)
	s.handler = New(s.config)
}

// answer is what the server answered.
type answer struct {
	*httptest.ResponseRecorder
	t *testing.T
}

// call sends a request with the local token, unless a header says who it is from. Headers are "Name: value".
func (s *site) call(method, path, body string, headers ...string) answer {
	s.t.Helper()
	if !strings.Contains(strings.Join(headers, "\n"), "Auth") {
		headers = append(headers, "X-Auth-Token: "+localToken)
	}
	return s.anonymous(method, path, body, headers...)
}

// anonymous sends a request as it is.
func (s *site) anonymous(method, path, body string, headers ...string) answer {
	s.t.Helper()
	r := httptest.NewRequestWithContext(s.t.Context(), method, path, strings.NewReader(body))
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Add(name, value)
	}
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	hold(s.t, r, body, w)
	return answer{w, s.t}
}

// want checks the status and returns the body, decoded.
func (a answer) want(status int) map[string]any {
	a.t.Helper()
	if a.Code != status {
		a.t.Fatalf("status %d, want %d; body: %s", a.Code, status, a.Body)
	}
	var body map[string]any
	if a.Body.Len() > 0 && json.Unmarshal(a.Body.Bytes(), &body) != nil {
		a.t.Fatalf("the body is not a JSON object: %s", a.Body)
	}
	return body
}

// wantError checks that the answer is exactly this error.
func (a answer) wantError(status int, code, title, field, message string) {
	a.t.Helper()
	want := map[string]any{"message": message, "code": code, "title": title, "request": a.Header().Get("X-Request-Id")}
	if field != "" {
		want["field"] = field
	}
	if diff := cmp.Diff(map[string]any{"error": want}, a.want(status)); diff != "" {
		a.t.Errorf("the error is another one (-want +got):\n%s", diff)
	}
}

// column returns one attribute of each entry of a list.
func column(list any, key string) []string {
	values := []string{}
	for _, entry := range list.([]any) {
		value, _ := entry.(map[string]any)[key].(string)
		values = append(values, value)
	}
	return values
}

// logBuffer is a log that several goroutines write.
type logBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// clock is a clock that stands still unless it is moved.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}
