package main

import (
	"strings"
	"testing"
	"time"

	"calipso.io/calipso/pkg/model"
)

func TestFloor(t *testing.T) {
	t.Parallel()
	summary := &model.ScanSummary{Objects: map[string]int{model.TypePort: 10_000, model.TypeInstance: 3000}, APIRequests: 25}
	for name, tt := range map[string]struct {
		hosts   int
		writing time.Duration
		want    time.Duration
	}{
		"the store takes longest": {100, 4 * time.Second, 4*time.Second + levels*poll},
		"the API takes longest":   {100, time.Millisecond, 11*apiDelay + levels*poll}, // a login and ten pages
		"the hosts take longest":  {1600, time.Millisecond, 100*sshDelay + levels*poll},
	} {
		if got := floorOf(tt.hosts, summary, writing{wall: tt.writing}).total(); got != tt.want {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
	}
}

func TestFlags(t *testing.T) {
	t.Parallel()
	if _, err := names("sqlite,redis"); err == nil || !strings.Contains(err.Error(), `"redis"`) {
		t.Errorf("an unknown name: %v", err)
	}
	for _, list := range []string{"", "10,", "many", "-5", "1"} {
		if _, err := sizes(list); err == nil {
			t.Errorf("%q is a list of sizes", list)
		}
	}
}

func TestTableHasACellForEachScan(t *testing.T) {
	t.Parallel()
	end := time.Now()
	m := measured{hosts: 100, load: "0.10", floor: floor{store: time.Second},
		scan: model.Scan{SubmitTimestamp: end.Add(-2 * time.Second), EndTimestamp: &end, Summary: &model.ScanSummary{
			Objects: map[string]int{model.TypePort: 3000}, Links: 1000, PhaseSeconds: map[string]float64{model.PhaseInventory: 1.5}}}}
	again := m
	again.again = true
	var out strings.Builder
	table(&out, []measured{m, again})
	for line := range strings.Lines(out.String()) {
		if strings.Count(line, "|") != 4 {
			t.Errorf("not three cells: %s", line)
		}
	}
	for _, want := range []string{"| 100 hosts | 100 hosts, again |", "| **wall time** | 2.00 s |", "| · the rest | 0.50 s |",
		"| objects and links per second | 2000 |", "| **ratio to the floor** | 2.0 |"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in\n%s", want, out.String())
		}
	}
}
