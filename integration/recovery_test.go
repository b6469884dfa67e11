package integration

import (
	"syscall"
	"testing"
	"time"

	"calipso.io/calipso/api/client"
	"calipso.io/calipso/integration/lab"
	"calipso.io/calipso/pkg/model"
)

// TestRecovery runs Calipso as several processes, and makes them end in mid-scan. What comes out is what comes out of a
// scan that nothing disturbs.
func TestRecovery(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it takes a minute until a worker counts as dead")
	}
	binary := build(t)
	for name, address := range stores(t) {
		t.Run("killed on "+name, func(t *testing.T) {
			t.Parallel()
			killed(t, install(t, binary, address))
		})
	}
	t.Run("stopped", func(t *testing.T) {
		t.Parallel()
		stopped(t, install(t, binary, stores(t)["sqlite"]))
	})
	t.Run("handed back", func(t *testing.T) {
		t.Parallel()
		handedBack(t, install(t, binary, stores(t)["sqlite"]))
	})
	t.Run("queue lost", func(t *testing.T) {
		t.Parallel()
		queueLost(t, install(t, binary, stores(t)["sqlite"]))
	})
}

// slowCloud registers a cloud whose hosts answer so slowly. Its undisturbed scan is in the inventory "undisturbed".
func (i *installation) slowCloud(t *testing.T, delay time.Duration, hosts int) *lab.Lab {
	t.Helper()
	l := simulate(t, lab.EnvConfig{Name: "e", Hosts: hosts, SSHDelay: delay})
	i.add(document(t, l, "e"))
	return l
}

// midScan starts a scan, and returns its id when the worker is at steps of hosts.
func (i *installation) midScan(t *testing.T, worker *process) (id string) {
	t.Helper()
	id = i.submit(scanOfE)
	until(t, "the worker to read hosts", func() bool {
		for _, s := range i.steps(t, id, model.StepRunning, worker) {
			if s.Host != "" {
				return true
			}
		}
		return false
	})
	return id
}

// undisturbed compares the inventory with that of a scan that nothing disturbs.
func (i *installation) undisturbed(t *testing.T, id string) {
	t.Helper()
	if scan := i.wait(id); scan.Status != model.ScanCompleted {
		t.Errorf("the scan ended %s: %s\n%s", scan.Status, scan.Error, i.failures(id))
	}
	i.completed(client.ScanRequest{Environment: "e", Inventory: "undisturbed"})
	if d := differences(i.look("e", "undisturbed"), i.look("e", "")); d != "" {
		t.Errorf("the inventory is not that of an undisturbed scan:\n%s", d)
	}
}

// killed kills a worker: another one finishes.
func killed(t *testing.T, i *installation) {
	i.slowCloud(t, 3*time.Second, 8)
	i.run(t, "scheduler")
	// Neither can take all of the hosts.
	victim, other := i.run(t, "worker", "--concurrency", "5"), i.run(t, "worker", "--concurrency", "5")
	id := i.midScan(t, victim)
	victim.signal(syscall.SIGKILL)
	<-victim.ended
	left := len(i.steps(t, id, model.StepRunning, victim))
	if left == 0 {
		t.Fatal("the worker was killed too late: it had no step anymore")
	}
	i.undisturbed(t, id)
	taken := 0
	for _, s := range i.steps(t, id, model.StepDone, other) {
		taken += s.Attempt
	}
	if taken < left { // more, when it had taken a task and not noted it yet
		t.Errorf("the worker left %d steps; %d were taken over", left, taken)
	}
}

// stopped ends a worker as an operator does: it finishes what it is at, and takes nothing new. No scheduler is needed.
func stopped(t *testing.T, i *installation) {
	i.slowCloud(t, 2*time.Second, 8)
	worker := i.run(t, "worker", "--concurrency", "2")
	id := i.midScan(t, worker)
	worker.signal(syscall.SIGTERM)
	<-worker.ended
	if code := worker.cmd.ProcessState.ExitCode(); code != 0 {
		t.Errorf("the worker ended with status %d", code)
	}
	if left := i.steps(t, id, model.StepRunning, worker); len(left) > 0 {
		t.Errorf("the worker left steps behind: %+v", left)
	}
	i.run(t, "worker")
	i.undisturbed(t, id)
}

// handedBack ends a worker whose steps take too long to wait for: it hands them back, to be done by another one.
func handedBack(t *testing.T, i *installation) {
	i.slowCloud(t, 13*time.Second, 3)
	worker := i.run(t, "worker")
	id := i.midScan(t, worker)
	worker.signal(syscall.SIGTERM)
	<-worker.ended
	if code := worker.cmd.ProcessState.ExitCode(); code != 0 {
		t.Errorf("the worker ended with status %d", code)
	}
	if left := i.steps(t, id, model.StepRunning, worker); len(left) > 0 {
		t.Errorf("the worker left steps behind: %+v", left)
	}
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

// queueLost empties Redis while steps wait in it.
func queueLost(t *testing.T, i *installation) {
	i.slowCloud(t, time.Second, 8)
	i.run(t, "scheduler")
	worker := i.run(t, "worker", "--concurrency", "2")
	id := i.midScan(t, worker)
	if err := i.redis.FlushAll(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	i.undisturbed(t, id)
}
