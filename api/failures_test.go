package api

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/google/go-cmp/cmp"

	"calipso.io/calipso/pkg/store"
	"calipso.io/calipso/pkg/store/sqlite"
)

// brokenDriver is a store that reads all collections but one.
type brokenDriver struct {
	store.Driver
	collection string
	err        error
}

func (d brokenDriver) Find(ctx context.Context, spec store.Spec, q store.Query, each func(store.Record) error) error {
	if spec.Name == d.collection {
		return d.err
	}
	return d.Driver.Find(ctx, spec, q, each)
}

// withBroken starts a server whose store can't read a collection.
func withBroken(t *testing.T, collection string, err error) *site {
	t.Helper()
	driver, openErr := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "calipso.db"))
	if openErr != nil {
		t.Fatal(openErr)
	}
	t.Cleanup(func() { driver.Close() })
	db, openErr := store.NewDB(t.Context(), brokenDriver{driver, collection, err})
	if openErr != nil {
		t.Fatal(openErr)
	}
	s := newSiteOn(t, db)
	s.call("POST", "/environment_configs", environmentDoc).want(201)
	smallCloud("lab").put(t, db, "")
	return s
}

// TestServerErrors: what went wrong inside is in the log, under an id that the answer names, and not in the answer.
func TestServerErrors(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		err     error
		status  int
		message string
	}{
		{"unknown", errors.New("password of db is 12345"), 500, "something went wrong in the server"},
		{"unavailable", store.Errorf(store.Unavailable, "mongodb://root:12345@db does not answer"), 503, "the store does not answer, try again later"},
		{"unknown code", store.Errorf("strange", "12345"), 500, "something went wrong in the server"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := withBroken(t, "links", test.err)
			a := s.call("GET", "/links?env_name=lab", "")
			got := a.want(test.status)["error"].(map[string]any)
			id := a.Header().Get("X-Request-Id")
			if want := test.message + "; the log has more of request " + id; got["message"] != want || id == "" {
				t.Errorf("message %q, want %q", got["message"], want)
			}
			for line := range strings.Lines(s.log.String()) {
				if strings.Contains(line, id) && strings.Contains(line, "12345") {
					return
				}
			}
			t.Errorf("nothing of request %s in the log:\n%s", id, s.log)
		})
	}
}

// TestExportBreaksOff: an export that can't be finished does not look like a whole one.
func TestExportBreaksOff(t *testing.T) {
	t.Parallel()
	s := withBroken(t, "links", errors.New("disk gone"))
	web := httptest.NewServer(s.handler)
	t.Cleanup(web.Close)
	r, _ := http.NewRequestWithContext(t.Context(), "GET", web.URL+"/export?env_name=lab", nil)
	r.Header.Set("X-Auth-Token", localToken)
	answer, err := http.DefaultClient.Do(r)
	if err == nil {
		defer answer.Body.Close()
		_, err = io.ReadAll(answer.Body)
	}
	if err == nil {
		t.Error("the client sees a complete answer")
	}
	if !strings.Contains(s.log.String(), "disk gone") {
		t.Error("nothing about it in the log")
	}
}

// TestExportFails: as long as nothing was written, the status tells.
func TestExportFails(t *testing.T) {
	t.Parallel()
	s := withBroken(t, "inventory", errors.New("disk gone"))
	a := s.call("GET", "/export?env_name=lab", "")
	a.want(500)
	if got := a.Header().Get("Content-Type"); got != "application/json; charset=utf-8" {
		t.Errorf("content type %q", got)
	}
}

func TestPanic(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.handler.(*gin.Engine).GET("/panic", func(*gin.Context) { panic("secret of the server") })
	a := s.call("GET", "/panic", "")
	got := a.want(500)["error"].(map[string]any)
	if message, _ := got["message"].(string); strings.Contains(message, "secret") || !strings.Contains(message, a.Header().Get("X-Request-Id")) {
		t.Errorf("message %q", message)
	}
	if !strings.Contains(s.log.String(), "secret of the server") {
		t.Error("nothing about it in the log")
	}
}

func TestHealth(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	if a := s.anonymous("GET", "/healthz", ""); a.Code != 200 || a.Body.String() != "ok" {
		t.Errorf("/healthz: %d %s", a.Code, a.Body)
	}
	ready := map[string]any{"store": "ok", "redis": "ok"}
	if diff := cmp.Diff(ready, s.anonymous("GET", "/readyz", "").want(200)); diff != "" {
		t.Errorf("/readyz (-want +got):\n%s", diff)
	}
	s.redis.Close()
	ready["redis"] = "no answer"
	if diff := cmp.Diff(ready, s.anonymous("GET", "/readyz", "").want(503)); diff != "" {
		t.Errorf("/readyz without redis (-want +got):\n%s", diff)
	}
	s.db.Close()
	ready["store"] = "no answer"
	if diff := cmp.Diff(ready, s.anonymous("GET", "/readyz", "").want(503)); diff != "" {
		t.Errorf("/readyz without anything (-want +got):\n%s", diff)
	}
}
