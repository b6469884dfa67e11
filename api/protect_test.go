package api

import (
	"context"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"calipso.io/calipso/pkg/store"
	"calipso.io/calipso/pkg/store/sqlite"
)

// slowDriver is a store that finds nothing until it is not waited for anymore.
type slowDriver struct{ store.Driver }

func (d slowDriver) Find(ctx context.Context, spec store.Spec, q store.Query, each func(store.Record) error) error {
	if spec.Name != "scans" {
		return d.Driver.Find(ctx, spec, q, each)
	}
	<-ctx.Done()
	return ctx.Err()
}

// TestQueryTime: reading that takes too long is given up, and who asked is told.
func TestQueryTime(t *testing.T) {
	t.Parallel()
	driver, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "calipso.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { driver.Close() })
	db, err := store.NewDB(t.Context(), slowDriver{driver})
	if err != nil {
		t.Fatal(err)
	}
	s := newSiteOn(t, db, func(c *Config) { c.QueryTime = 50 * time.Millisecond })
	got := s.call("GET", "/scans", "").want(504)["error"].(map[string]any)
	if message, _ := got["message"].(string); !strings.HasPrefix(message, "this takes too long to answer") {
		t.Errorf("message %q", message)
	}
}

func TestManyValues(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.call("GET", "/links?env_name=lab"+strings.Repeat("&host=a", maxValues), "").
		wantError(400, "400", "Bad Request", "", "the query has 1001 values; 1000 is the most")
}

// TestProblems: who accepts problem details gets them, of all layers.
func TestProblems(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	tests := []struct {
		name, method, path, body string
		status                   int
		field                    string
	}{
		{"parameter", "GET", "/links?env_name=lob", "", 400, "env_name"},
		{"document", "POST", "/environment_configs", `{"name":"lab"}`, 400, "distribution"},
		{"body", "POST", "/scans", "{", 400, ""},
		{"long body", "POST", "/scans", `"` + strings.Repeat("a", maxBody) + `"`, 413, ""},
		{"no path", "GET", "/nothing", "", 404, ""},
		{"no method", "PATCH", "/scans", "", 405, ""},
		{"not found", "GET", "/scans/5c", "", 404, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			a := s.call(test.method, test.path, test.body, "Accept: application/problem+json, application/json")
			got := a.want(test.status)
			field, _ := got["field"].(string)
			if a.Header().Get("Content-Type") != "application/problem+json" || got["type"] != "about:blank" || got["status"] != float64(test.status) ||
				got["title"] != http.StatusText(test.status) || got["detail"] == "" || field != test.field ||
				got["instance"] != "urn:calipso:request:"+a.Header().Get("X-Request-Id") {
				t.Errorf("%v %v", a.Header(), got)
			}
		})
	}
	if a := s.call("PATCH", "/scans", ""); !strings.Contains(a.Header().Get("Allow"), "POST") {
		t.Errorf("405 does not say what is allowed: %v", a.Header())
	}
	if problems := s.call("POST", "/environment_configs", `{"name":"lab"}`, "Accept: application/problem+json").want(400)["problems"].([]any); len(problems) < 3 {
		t.Errorf("only %v is told of a document with many mistakes", problems)
	}
}

// TestHeaders: answers say how browsers may use them.
func TestHeaders(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, path := range []string{"/login", "/scans", "/nothing", "/docs", "/monitor", "/openapi.json"} {
		for header, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "X-Frame-Options": "DENY",
			"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin", "Cache-Control": "no-store",
			"Strict-Transport-Security": "", "Access-Control-Allow-Origin": ""} {
			if got := s.call("GET", path, "", "Origin: https://evil.example").Header().Get(header); got != want {
				t.Errorf("%s: %s is %q, want %q", path, header, got, want)
			}
		}
		a := s.call("GET", path, "", "X-Forwarded-Proto: https")
		if a.Header().Get("Strict-Transport-Security") == "" || !strings.Contains(a.Header().Get("Content-Security-Policy"), "frame-ancestors 'none'") ||
			!strings.Contains(a.Header().Get("Permissions-Policy"), "camera=()") {
			t.Errorf("%s: %v", path, a.Header())
		}
	}
}

// TestOrigins: pages of other origins may use the API when the configuration names them, and only with tokens.
func TestOrigins(t *testing.T) {
	t.Parallel()
	db, err := openStore(t)
	if err != nil {
		t.Fatal(err)
	}
	s := newSiteOn(t, db, func(c *Config) { c.Origins = []string{"https://ui.example", "http://example.com"} })
	token := "X-Auth-Token: " + localToken
	session := "Cookie: " + sessionCookie + "=" + localToken
	ask := "Access-Control-Request-Method: POST"
	tests := []struct {
		name, method, origin string
		headers              []string
		status               int
		allowed              string
	}{
		{"asked beforehand", "OPTIONS", "https://ui.example", []string{ask}, 204, "https://ui.example"},
		{"asked beforehand by another", "OPTIONS", "https://evil.example", []string{ask}, 401, ""},
		{"read", "GET", "https://ui.example", []string{token}, 200, "https://ui.example"},
		{"read by another", "GET", "https://evil.example", []string{token}, 200, ""}, // which does not get to see it
		{"read with the session", "GET", "https://ui.example", []string{session}, 401, "https://ui.example"},
		{"write", "POST", "https://ui.example", []string{token, "Sec-Fetch-Site: cross-site"}, 400, "https://ui.example"},
		{"write by another", "POST", "https://evil.example", []string{token, "Sec-Fetch-Site: cross-site"}, 403, ""},
		{"write with the session", "POST", "https://ui.example", []string{session, "Sec-Fetch-Site: same-site"}, 401, "https://ui.example"},
		{"write by its own page", "POST", "http://example.com", []string{session, "Sec-Fetch-Site: same-origin"}, 400, ""},
		{"like one", "GET", "https://ui.example.evil", []string{token}, 200, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			a := s.anonymous(test.method, "http://example.com/scans", "", append(test.headers, "Origin: "+test.origin)...)
			if got := a.Header().Get("Access-Control-Allow-Origin"); a.Code != test.status || got != test.allowed {
				t.Errorf("status %d, allowed %q; want %d, %q: %s", a.Code, got, test.status, test.allowed, a.Body)
			}
			if a.Header().Get("Access-Control-Allow-Credentials") != "" || a.Header().Get("Vary") != "Origin" {
				t.Errorf("headers %v", a.Header())
			}
		})
	}
}
