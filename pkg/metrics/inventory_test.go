package metrics

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/store"
	"calipso.io/calipso/pkg/store/open"
)

// site is a store, and metrics of what it holds.
type site struct {
	*Metrics
	t   *testing.T
	db  *store.DB
	now time.Time
}

func newSite(t *testing.T) *site {
	t.Helper()
	db, err := open.Store(t.Context(), filepath.Join(t.TempDir(), "calipso.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	s := &site{Metrics: New(""), t: t, db: db, now: time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)}
	s.Inventory(db, func() time.Time { return s.now })
	return s
}

func (s *site) addEnvironment(name string) {
	s.t.Helper()
	if err := s.db.Environments.Create(s.t.Context(), model.Environment{Name: name, Distribution: "RDO"}); err != nil {
		s.t.Fatal(err)
	}
}

// addScan adds a scan that was submitted so many minutes ago, and ended a minute later if it has ended.
func (s *site) addScan(environment, status string, ago int, options model.ScanOptions, found *model.ScanSummary) {
	s.t.Helper()
	submitted := s.now.Add(-time.Duration(ago) * time.Minute)
	if options.Inventory == "" {
		options.Inventory = store.DefaultInventory
	}
	scan := model.Scan{ID: store.NewID(), Environment: environment, Status: status, SubmitTimestamp: submitted, ScanOptions: options, Summary: found}
	if model.Ended(status) {
		ended := submitted.Add(time.Minute)
		scan.StartTimestamp, scan.EndTimestamp = &submitted, &ended
	}
	if err := s.db.Scans.Create(s.t.Context(), scan); err != nil {
		s.t.Fatal(err)
	}
}

func (s *site) addObjects(environment string, types ...string) {
	s.t.Helper()
	inv, err := s.db.Inventory(s.t.Context(), "")
	if err != nil {
		s.t.Fatal(err)
	}
	for _, objectType := range types {
		o := model.Object{Environment: environment, Type: objectType, ID: store.NewID()}
		if _, err := inv.Objects.Put(s.t.Context(), 1, o); err != nil {
			s.t.Fatal(err)
		}
	}
}

func (s *site) compare(want string, names ...string) {
	s.t.Helper()
	if err := testutil.GatherAndCompare(s.Gatherer(), strings.NewReader(want), names...); err != nil {
		s.t.Error(err)
	}
}

// TestInventory: objects, scans and the last whole scans of each environment, which neither scans of a part nor those
// into another inventory are.
func TestInventory(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.addEnvironment("lab")
	s.addEnvironment("new")
	if _, err := s.db.Environments.Update(t.Context(), "lab", func(e *model.Environment) error { e.Listen, e.Scanned = true, true; return nil }); err != nil {
		t.Fatal(err)
	}
	s.addObjects("lab", model.TypeHost, model.TypeHost, model.TypeInstance, model.FolderType("vnics"))
	s.addScan("lab", model.ScanCompleted, 90, model.ScanOptions{}, &model.ScanSummary{})
	s.addScan("lab", model.ScanCompletedWithErrors, 60, model.ScanOptions{}, &model.ScanSummary{Stale: 5})
	s.addScan("lab", model.ScanFailed, 50, model.ScanOptions{}, nil)
	s.addScan("lab", model.ScanCompleted, 40, model.ScanOptions{ObjectID: "vm"}, &model.ScanSummary{})
	s.addScan("lab", model.ScanCompleted, 30, model.ScanOptions{ScanOnlyLinks: true}, &model.ScanSummary{})
	s.addScan("lab", model.ScanCompleted, 20, model.ScanOptions{Inventory: "before"}, &model.ScanSummary{})
	s.addScan("lab", model.ScanRunning, 10, model.ScanOptions{}, nil)
	s.compare(`
# HELP calipso_environment_info 1 for each environment.
# TYPE calipso_environment_info gauge
calipso_environment_info{distribution="RDO",environment="lab",type="OpenStack"} 1
calipso_environment_info{distribution="RDO",environment="new",type="OpenStack"} 1
# HELP calipso_last_scan_duration_seconds Time that the last whole scan that read something took.
# TYPE calipso_last_scan_duration_seconds gauge
calipso_last_scan_duration_seconds{environment="lab"} 60
# HELP calipso_last_scan_failed Whether the last whole scan could read nothing or was aborted.
# TYPE calipso_last_scan_failed gauge
calipso_last_scan_failed{environment="lab"} 1
calipso_last_scan_failed{environment="new"} 0
# HELP calipso_last_scan_success_timestamp_seconds When the last whole scan that read something ended.
# TYPE calipso_last_scan_success_timestamp_seconds gauge
calipso_last_scan_success_timestamp_seconds{environment="lab"} 1.77262206e+09
# HELP calipso_listened For each environment that wants to be listened to and was scanned: whether its message bus is listened to.
# TYPE calipso_listened gauge
calipso_listened{environment="lab"} 0
# HELP calipso_objects Objects in the inventory.
# TYPE calipso_objects gauge
calipso_objects{environment="lab",type="host"} 2
calipso_objects{environment="lab",type="instance"} 1
# HELP calipso_scans Scans that are in the store, by status.
# TYPE calipso_scans gauge
calipso_scans{environment="lab",status="aborted"} 0
calipso_scans{environment="lab",status="completed"} 4
calipso_scans{environment="lab",status="completed_with_errors"} 1
calipso_scans{environment="lab",status="failed"} 1
calipso_scans{environment="lab",status="pending"} 0
calipso_scans{environment="lab",status="running"} 1
calipso_scans{environment="new",status="aborted"} 0
calipso_scans{environment="new",status="completed"} 0
calipso_scans{environment="new",status="completed_with_errors"} 0
calipso_scans{environment="new",status="failed"} 0
calipso_scans{environment="new",status="pending"} 0
calipso_scans{environment="new",status="running"} 0
# HELP calipso_stale_objects Objects that the last whole scan could not read again and kept.
# TYPE calipso_stale_objects gauge
calipso_stale_objects{environment="lab"} 5
# HELP calipso_store_up Whether the document store answered when it was last asked.
# TYPE calipso_store_up gauge
calipso_store_up 1
`, "calipso_environment_info", "calipso_last_scan_duration_seconds", "calipso_last_scan_failed", "calipso_last_scan_success_timestamp_seconds",
		"calipso_listened", "calipso_objects", "calipso_scans", "calipso_stale_objects", "calipso_store_up")
	lint(t, s.Metrics)
}

// TestInventoryIsNotCountedEachTime: between two counts there are 30 s, however often Prometheus asks; and while the
// store does not answer, what was counted last stays.
func TestInventoryIsNotCountedEachTime(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.addEnvironment("lab")
	s.addObjects("lab", model.TypeHost)
	const hosts = `calipso_objects{environment="lab",type="host"}`
	for _, step := range []struct {
		name     string
		before   func()
		host, up float64
	}{
		{name: "at first", before: func() {}, host: 1, up: 1},
		{name: "after 29 s", before: func() { s.addObjects("lab", model.TypeHost); s.now = s.now.Add(29 * time.Second) }, host: 1, up: 1},
		{name: "after 30 s", before: func() { s.now = s.now.Add(time.Second) }, host: 2, up: 1},
		{name: "without store", before: func() { s.db.Close(); s.now = s.now.Add(time.Minute) }, host: 2, up: 0},
	} {
		step.before()
		page := scrape(t, s.Metrics)
		if got := value(t, page, hosts); got != step.host {
			t.Errorf("%s: %v hosts, want %v", step.name, got, step.host)
		}
		if got := value(t, page, "calipso_store_up"); got != step.up {
			t.Errorf("%s: calipso_store_up is %v, want %v", step.name, got, step.up)
		}
	}
}
