package integration

import (
	"testing"
	"time"

	"calipso.io/calipso/integration/lab"
	"calipso.io/calipso/pkg/model"
)

// TestStop ends workers as an operator does, in mid-scan.
func TestStop(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it takes half a minute")
	}
	binary := build(t)
	t.Run("finishes", func(t *testing.T) {
		t.Parallel()
		finishes(t, install(t, binary, stores(t)["sqlite"]))
	})
	t.Run("hands back", func(t *testing.T) {
		t.Parallel()
		handsBack(t, install(t, binary, stores(t)["sqlite"]))
	})
}

// midScan starts a scan of a cloud whose hosts answer so slowly. It returns the scan's id when the worker is at so many
// hosts at once.
func (i *installation) midScan(t *testing.T, worker *process, delay time.Duration, hosts, busy int) (id string) {
	t.Helper()
	l := simulate(t, lab.EnvConfig{Name: "e", Hosts: hosts, SSHDelay: delay})
	i.add(document(t, l, "e"))
	id = i.submit(scanOfE)
	until(t, "the worker to read hosts", func() bool {
		at := 0
		for _, s := range i.steps(t, id, model.StepRunning, worker) {
			if s.Host != "" {
				at++
			}
		}
		return at >= busy
	})
	return id
}

// stop ends a worker, which must not leave anything behind.
func (i *installation) stop(t *testing.T, id string, worker *process) {
	t.Helper()
	worker.stop()
	if code := worker.cmd.ProcessState.ExitCode(); code != 0 {
		t.Errorf("the worker ended with status %d", code)
	}
	if left := i.steps(t, id, model.StepRunning, worker); len(left) > 0 {
		t.Errorf("the worker left steps behind: %+v", left)
	}
}

// finishes: a worker finishes what it is at, and takes nothing new. No scheduler is needed.
func finishes(t *testing.T, i *installation) {
	worker := i.run(t, "worker", "--concurrency", "2")
	id := i.midScan(t, worker, 2*time.Second, 8, 2)
	i.stop(t, id, worker)
	other := i.run(t, "worker")
	if scan := i.wait(id); scan.Status != model.ScanCompleted {
		t.Errorf("the scan ended %s: %s\n%s", scan.Status, scan.Error, i.failures(id))
	}
	for _, s := range i.steps(t, id, model.StepDone, other) {
		if s.Attempt > 0 {
			t.Errorf("the step of %s was done again", s.ParentID)
		}
	}
}

// handsBack: steps that take too long to wait for are handed back, to be done by another worker.
func handsBack(t *testing.T, i *installation) {
	worker := i.run(t, "worker")
	id := i.midScan(t, worker, 13*time.Second, 3, 3)
	i.stop(t, id, worker)
	other := i.run(t, "worker")
	if scan := i.wait(id); scan.Status != model.ScanCompleted {
		t.Errorf("the scan ended %s: %s\n%s", scan.Status, scan.Error, i.failures(id))
	}
	again := 0
	for _, s := range i.steps(t, id, model.StepDone, other) {
		again += s.Attempt
	}
	if again != 3 {
		t.Errorf("%d steps were done by a second attempt, want those of 3 hosts", again)
	}
}
