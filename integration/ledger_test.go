package integration

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"calipso.io/calipso/api/client"
	"calipso.io/calipso/api/wire"
	"calipso.io/calipso/integration/lab"
	"calipso.io/calipso/integration/lab/faults"
	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/store"
)

// silence is an age of heartbeats at which a worker counts as dead.
const silence = time.Minute

var scanOfE = client.ScanRequest{Environment: "e"}

// TestHangingHost: the commands of one host never end. The scan does, and has the rest.
func TestHangingHost(t *testing.T) {
	t.Parallel()
	i, l := pieces(t), simulate(t, small("e"))
	i.config.HostTimeout = 6 * time.Second // a busy machine takes more than two for hosts that do answer
	i.work(t)
	i.add(document(t, l, "e"))
	i.completed(scanOfE)
	before := i.look("e", "")
	inject(t, l, "e", host(faults.HangingHost))
	f := fault{failed: all("host node-2: the script did not end in time", "node-2 *")}
	f.check(t, i.calipso, i.scan(scanOfE), before)
}

// TestTakenOver: a step whose worker is silent is given to another attempt. What the first one does then does not count.
func TestTakenOver(t *testing.T) {
	t.Parallel()
	i, l := pieces(t), simulate(t, small("e"))
	inject(t, l, "e", host(faults.HangingHost))
	i.config.HostTimeout = 3 * time.Second
	stop := i.work(t)
	i.add(document(t, l, "e"))
	id := i.submit(scanOfE)
	node2 := func() model.Step { return i.step(t, id, model.PhaseInventory, "node-2") }
	until(t, "the step of node-2 to run", func() bool { return node2().Status == model.StepRunning })
	i.recover(t, time.Second)
	if s := node2(); s.Attempt != 0 {
		t.Fatalf("a step whose worker lives was taken back: %+v", s)
	}

	inject(t, l, "e", lab.Faults{}) // what hangs goes on hanging
	i.recover(t, silence)
	if scan := i.wait(id); scan.Status != model.ScanCompleted {
		t.Errorf("the scan ended %s: %s", scan.Status, i.failures(id))
	}
	stop() // when the first attempt has ended, too
	if s := node2(); s.Attempt != 1 || s.Status != model.StepDone || s.Error != "its worker worker went silent" {
		t.Errorf("the step is %s after attempt %d: %s", s.Status, s.Attempt, s.Error)
	}
	inventory := i.look("e", "")
	if stale := inventory.stale(); len(stale) > 0 {
		t.Errorf("the first attempt, which read nothing, has marked as stale: %q", stale)
	}
	checkTruth(t, inventory, l.Truth("e"))
}

// TestGivenUp: a step that kills each worker that takes it is given up in the end. What it would have read is kept.
func TestGivenUp(t *testing.T) {
	t.Parallel()
	i, l := pieces(t), simulate(t, small("e"))
	i.work(t)
	i.add(document(t, l, "e"))
	i.completed(scanOfE)
	before := i.look("e", "")
	for _, parent := range []string{"node-2", "RegionOne", "e"} {
		scan := i.giveUp(t, parent)
		during := i.look("e", "")
		if d := changes(before, during); d != "" {
			t.Errorf("%s: what could not be read is not as it was:\n%s", parent, d)
		}
		for _, o := range during.objects {
			checkGivenUp(t, o, parent)
		}
		if n := during.countStale(); scan.Summary.Stale != n || scan.Status == model.ScanCompleted {
			t.Errorf("%s: the scan ended %s with %d stale objects; there are %d", parent, scan.Status, scan.Summary.Stale, n)
		}
		i.completed(scanOfE)
		if d := differences(before, i.look("e", "")); d != "" {
			t.Errorf("%s: after the next scan, the inventory is not as it was:\n%s", parent, d)
		}
	}
}

// giveUp runs a scan in which the step of a parent is claimed, time and again, by a worker that dies.
func (i *inside) giveUp(t *testing.T, parent string) model.Scan {
	t.Helper()
	change := func(r *store.Record) {
		var step model.Step
		if r.Fields[store.Phase] != model.PhaseInventory || json.Unmarshal(r.Doc, &step) != nil || step.ParentID != parent || step.Status != model.StepPending {
			return
		}
		long := i.now().Add(-time.Hour)
		step.Status, step.Worker, step.Heartbeat = model.StepRunning, "the dead one", &long
		r.Doc, _ = json.Marshal(step)
		r.Fields[store.Status] = step.Status
	}
	i.driver.change.Store(&change)
	id := i.submit(scanOfE)
	state := wire.WholeScan{}
	until(t, "the end of the scan", func() (ended bool) {
		i.recover(t, 0)
		var err error
		state, err = i.Scan(t.Context(), id)
		return err == nil && model.Ended(state.Status)
	})
	i.driver.change.Store(nil)
	return state.Scan
}

// checkGivenUp makes sure that what is found below a parent is stale, and nothing else.
func checkGivenUp(t *testing.T, o model.Object, parent string) {
	t.Helper()
	below := parent == "e" || strings.HasSuffix(o.Scope, ":"+parent) || strings.Contains(o.Scope, ":"+parent+"/")
	mark := o.Map("stale")
	if (mark != nil) != below {
		t.Errorf("%s %s of %s: stale is %v", o.Type, o.ID, o.Scope, mark)
	}
	if reason := fmt.Sprint(mark["reason"]); below && !strings.Contains(reason, "given up after 10 attempts: its worker the dead one went silent") {
		t.Errorf("%s %s is stale because of %q", o.Type, o.ID, reason)
	}
}

// TestSecondScanWaits: of two scans of an environment, one begins when the other has ended.
func TestSecondScanWaits(t *testing.T) {
	t.Parallel()
	i, l := pieces(t), simulate(t, lab.EnvConfig{Name: "e", APIDelay: 100 * time.Millisecond}, lab.EnvConfig{Name: "other"})
	i.work(t)
	i.add(document(t, l, "e"))
	i.add(document(t, l, "other"))
	ids := []string{i.submit(scanOfE), i.submit(scanOfE), i.submit(client.ScanRequest{Environment: "other"})}
	first, second, other := i.wait(ids[0]), i.wait(ids[1]), i.wait(ids[2])
	for _, s := range []model.Scan{first, second, other} {
		if s.Status != model.ScanCompleted {
			t.Errorf("a scan ended %s: %s", s.Status, s.Error)
		}
	}
	if first.StartTimestamp.Before(*second.EndTimestamp) && second.StartTimestamp.Before(*first.EndTimestamp) {
		t.Errorf("both scans ran at the same time: %v to %v, %v to %v", first.StartTimestamp, first.EndTimestamp, second.StartTimestamp, second.EndTimestamp)
	}
	checkTruth(t, i.look("e", ""), l.Truth("e"))
}

// TestNoWorkerYet: a scan that is asked for while nothing runs is done later, also when the queue has forgotten it.
func TestNoWorkerYet(t *testing.T) {
	t.Parallel()
	i, l := pieces(t), simulate(t, small("e"))
	i.add(document(t, l, "e"))
	waiting, forgotten := i.submit(scanOfE), ""
	func() { stop := i.work(t); defer stop(); i.wait(waiting) }()
	forgotten = i.submit(scanOfE)
	if err := i.redis.FlushAll(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	i.work(t)
	i.recover(t, time.Second)
	if scan := i.wait(forgotten); scan.Status != model.ScanCompleted {
		t.Errorf("the scan ended %s: %s", scan.Status, scan.Error)
	}
}

// TestStoreAway: the store can't be reached for a while in mid-scan.
func TestStoreAway(t *testing.T) {
	t.Parallel()
	i, l := pieces(t), simulate(t, lab.EnvConfig{Name: "e", SSHDelay: 300 * time.Millisecond})
	i.work(t)
	i.add(document(t, l, "e"))
	id := i.submit(scanOfE)
	until(t, "a host's step", func() bool { return i.step(t, id, model.PhaseInventory, "node-2").Status == model.StepRunning })
	i.driver.down.Store(true)
	until(t, "failures", func() bool { return i.driver.failures.Load() > 4 })
	i.driver.down.Store(false)
	scan := model.Scan{}
	i.recover(t, silence) // what could not be noted down is found by its age
	until(t, "the end of the scan", func() bool {
		i.recover(t, 0)
		state, err := i.Scan(t.Context(), id)
		scan = state.Scan
		return err == nil && model.Ended(scan.Status)
	})
	if scan.Status != model.ScanCompleted {
		t.Errorf("the scan ended %s: %s", scan.Status, i.failures(id))
	}
	checkTruth(t, i.look("e", ""), l.Truth("e"))
}

// TestLateWriter: an attempt of an old scan wakes up long after it was given to another one, when a newer scan has ended.
// What it writes then changes nothing.
func TestLateWriter(t *testing.T) {
	t.Parallel()
	i, l := pieces(t), simulate(t, small("e"))
	asleep, wake := make(chan struct{}), make(chan struct{})
	hold := func(spec store.Spec, records []store.Record) {
		if spec.Name == store.DefaultInventory && slices.ContainsFunc(records, func(r store.Record) bool { return r.Fields[store.Type] == model.TypeInstance }) {
			i.driver.hold.Store(nil)
			close(asleep)
			<-wake
		}
	}
	i.driver.hold.Store(&hold)
	stop := i.work(t)
	i.add(document(t, l, "e"))
	id := i.submit(scanOfE)
	<-asleep
	i.recover(t, silence)
	i.wait(id)

	cloud := l.Cloud("e")
	cloud.Lock()
	cloud.Instances[0].Name = "renamed"
	cloud.Unlock()
	if _, err := cloud.AddNetwork("new", "vxlan"); err != nil {
		t.Fatal(err)
	}
	i.completed(scanOfE)
	after := i.look("e", "")
	close(wake)
	stop()
	if d := differences(after, i.look("e", "")); d != "" {
		t.Errorf("an old scan has changed the inventory:\n%s", d)
	}
	after.named(t, model.TypeInstance, "renamed")
}

// TestAnswerLost: the store did what it was asked to, and its answer got lost. Nobody waits for a step that is claimed.
func TestAnswerLost(t *testing.T) {
	t.Parallel()
	i, l := pieces(t), simulate(t, small("e"))
	var lost sync.Map // steps of which the claim's answer was lost already
	i.driver.lose = func(r store.Record) bool {
		if r.Fields[store.Status] != model.StepRunning || r.Fields[store.ScanID] == "" {
			return false
		}
		_, before := lost.LoadOrStore(r.ID, true)
		return !before
	}
	i.config.DB = i.db.Patient(time.Minute)
	i.work(t)
	i.add(document(t, l, "e"))
	id := i.submit(scanOfE)
	if scan := i.wait(id); scan.Status != model.ScanCompleted {
		t.Errorf("the scan ended %s: %s", scan.Status, i.failures(id))
	}
	if s := i.step(t, id, model.PhaseInventory, "node-2"); s.Attempt != 0 {
		t.Errorf("the step was begun again: %s", s.Error)
	}
	if _, ok := lost.Load(i.step(t, id, model.PhaseInventory, "node-2").ID); !ok {
		t.Error("no answer was lost")
	}
}
