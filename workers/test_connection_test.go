package workers

import (
	"log/slog"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/store"
	"calipso.io/calipso/pkg/store/open"
	"calipso.io/calipso/tasks"
)

// TestOldConnectionTestsAreForgotten: answers after some days, and requests, which hold secrets, when nobody has answered them.
func TestOldConnectionTestsAreForgotten(t *testing.T) {
	t.Parallel()
	db, err := open.Store(t.Context(), filepath.Join(t.TempDir(), "calipso.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	now := time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	for id, test := range map[string]struct {
		status string
		age    time.Duration
	}{
		"fresh request": {model.TestRequest, time.Minute}, "old request": {model.TestRequest, 2 * time.Hour},
		"answer": {model.TestResponse, 48 * time.Hour}, "old answer": {model.TestResponse, 15 * 24 * time.Hour},
	} {
		doc := model.ConnectionTest{ID: id, Environment: "lab", Status: test.status, SubmitTimestamp: now.Add(-test.age)}
		if err := db.Tests.Create(t.Context(), doc); err != nil {
			t.Fatal(err)
		}
	}
	w := New(Config{DB: db, Now: func() time.Time { return now }, Log: slog.New(slog.DiscardHandler)})
	if err := w.retain(t.Context(), tasks.Retain{}); err != nil {
		t.Fatal(err)
	}
	left, err := db.Tests.IDs(t.Context(), store.Query{})
	if err != nil || !slices.Equal(left, []string{"answer", "fresh request"}) {
		t.Errorf("left are %q, %v", left, err)
	}
}
