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

// TestOldAuditIsForgotten: what is older than is configured, or than a year where nothing is.
func TestOldAuditIsForgotten(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	now := time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	ages := map[string]time.Duration{"0 now": 0, "1 just young enough": 30 * day, "2 just too old": 30*day + 1, "3 young by default": 365 * day, "4 old": 365*day + 1}
	for keep, want := range map[time.Duration][]string{
		30 * day:      {"0 now", "1 just young enough"},
		0:             {"0 now", "1 just young enough", "2 just too old", "3 young by default"},
		2 * 365 * day: {"0 now", "1 just young enough", "2 just too old", "3 young by default", "4 old"},
	} {
		t.Run(keep.String(), func(t *testing.T) {
			t.Parallel()
			db, err := open.Store(t.Context(), filepath.Join(t.TempDir(), "calipso.db"))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { db.Close() })
			for id, age := range ages {
				if err := db.Audit.Create(t.Context(), model.AuditEntry{ID: id, Timestamp: now.Add(-age)}); err != nil {
					t.Fatal(err)
				}
			}
			w := New(Config{DB: db, Now: func() time.Time { return now }, Log: slog.New(slog.DiscardHandler), KeepAudit: keep})
			if err := w.retain(t.Context(), tasks.Retain{}); err != nil {
				t.Fatal(err)
			}
			if left, err := db.Audit.IDs(t.Context(), store.Query{}); err != nil || !slices.Equal(left, want) {
				t.Errorf("left are %q, %v, want %q", left, err, want)
			}
		})
	}
}
