package integration

import (
	"testing"

	"calipso.io/calipso/api/client"
	"calipso.io/calipso/integration/lab/fleet"
)

// TestFleet scans clouds of all kinds at once, healthy and others: of each is found what can be read of it, and the
// coverage says what can't.
func TestFleet(t *testing.T) {
	t.Parallel()
	running, err := fleet.Start(t.Context(), fleet.Spec{Seed: 1, Environments: 32}) // each breakage is there
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(running.Close)
	c := start(t)
	scans := map[string]string{}
	for n, e := range running.Environments() {
		if running.Truths[n].Hosts > 8 {
			continue // there are smaller ones of the same kind
		}
		c.add(e)
		scans[e.Name] = c.submit(client.ScanRequest{Environment: e.Name})
	}
	for _, truth := range running.Truths {
		id, ok := scans[truth.Environment]
		if !ok {
			continue
		}
		scan := c.wait(id)
		rows, err := c.Coverage(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		for _, problem := range truth.Problems(scan, rows) {
			t.Errorf("%s, which is %s: %s", truth.Environment, truth.Kind, problem)
		}
	}
}
