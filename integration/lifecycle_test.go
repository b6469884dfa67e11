package integration

import (
	"strings"
	"testing"
	"time"

	"calipso.io/calipso/integration/lab"
	"calipso.io/calipso/integration/lab/faults"
	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/store"
)

// TestAbort: a scan that is aborted stops, and leaves all that was known; the next scan is as if it had never been.
func TestAbort(t *testing.T) {
	t.Parallel()
	i, l := pieces(t), simulate(t, lab.EnvConfig{Name: "e", Hosts: 4, SSHDelay: time.Second})
	i.work(t)
	i.add(document(t, l, "e"))
	i.completed(scanOfE)
	before := i.look("e", "")

	// The cloud changes, so that a scan that goes on would remove something.
	cloud := l.Cloud("e")
	if err := cloud.DeleteInstance(cloud.Instances[0].ID); err != nil {
		t.Fatal(err)
	}
	id := i.submit(scanOfE)
	until(t, "the step of a host", func() bool { return i.step(t, id, model.PhaseInventory, "node-2").Status == model.StepRunning })
	aborted, err := i.db.AbortScan(t.Context(), id, i.now())
	if err != nil || aborted.Status != model.ScanAborted || aborted.EndTimestamp == nil {
		t.Fatalf("aborted: %+v, %v", aborted, err)
	}
	if _, err := i.db.AbortScan(t.Context(), id, i.now()); store.CodeOf(err) != store.Conflict {
		t.Errorf("aborting it again: %v", err)
	}
	steps, err := i.db.Steps.Find(t.Context(), store.Where(store.Is(store.ScanID, id), store.Is(store.Status, model.StepPending, model.StepRunning)))
	if err != nil || len(steps) > 0 {
		t.Errorf("steps of the aborted scan are still open: %v, %v", steps, err)
	}
	if gone := changes(before, i.look("e", "")); strings.Contains(gone, "gone") {
		t.Errorf("the aborted scan has removed something:\n%s", gone)
	}

	i.completed(scanOfE)
	checkTruth(t, i.look("e", ""), l.Truth("e"))
	if scan, err := i.db.Scans.Get(t.Context(), id); err != nil || scan.Status != model.ScanAborted || scan.Summary != nil {
		t.Errorf("after another scan the aborted one is %+v, %v", scan, err)
	}
}

// TestScanMessages: what happened in a scan is told in messages, a cause only once.
func TestScanMessages(t *testing.T) {
	t.Parallel()
	i, l := pieces(t), simulate(t, small("e"))
	i.work(t)
	i.add(document(t, l, "e"))
	inject(t, l, "e", host(faults.Refused))
	scan := i.scan(scanOfE)
	messages, err := i.db.Messages.Find(t.Context(), store.Where(store.Is(store.OriginID, scan.ID)))
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, m := range messages {
		text, _ := m.Message.(string)
		text, _, _ = strings.Cut(strings.ReplaceAll(text, scan.ID, "SCAN"), ": ssh from gateway")
		texts = append(texts, m.Level+" "+m.RelatedObjectType+" "+m.RelatedObject+" "+text)
	}
	same(t, "messages", texts, []string{"info environment e scan SCAN has started", "warn environment e scan SCAN is completed_with_errors",
		"error host node-2 node-2 × 7 fetchers"})
}

// TestStepsHandedOut: however many hosts an environment has, only so many of its steps are in the queue.
func TestStepsHandedOut(t *testing.T) {
	t.Parallel()
	i, l := pieces(t), simulate(t, lab.EnvConfig{Name: "e", Hosts: 12, SSHDelay: 100 * time.Millisecond})
	i.add(document(t, l, "e"))
	if _, err := i.db.Environments.Update(t.Context(), "e", func(e *model.Environment) error {
		e.Limits = model.Limits{model.LimitSteps: 3}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	i.work(t)
	most := 0
	id := i.submit(scanOfE)
	until(t, "the end of the scan", func() bool {
		running, err := i.db.Steps.Count(t.Context(), store.Is(store.ScanID, id), store.Is(store.Status, model.StepRunning))
		if err != nil {
			t.Fatal(err)
		}
		most = max(most, running)
		scan, err := i.db.Scans.Get(t.Context(), id)
		return err == nil && model.Ended(scan.Status)
	})
	if most > 3 || most < 2 {
		t.Errorf("%d steps ran at once, want up to 3", most)
	}
	checkTruth(t, i.look("e", ""), l.Truth("e"))
}

// TestDraft: a draft waits until it is released.
func TestDraft(t *testing.T) {
	t.Parallel()
	i, l := pieces(t), simulate(t, small("e"))
	i.work(t)
	i.add(document(t, l, "e"))
	draft, err := i.db.SubmitScan(t.Context(), model.Scan{Environment: "e", Status: model.ScanDraft}, i.now())
	if err != nil {
		t.Fatal(err)
	}
	i.recover(t, 0)
	i.completed(scanOfE)
	if now, err := i.db.Scans.Get(t.Context(), draft.ID); err != nil || now.Status != model.ScanDraft {
		t.Errorf("the draft is %s, %v", now.Status, err)
	}
	if _, err := i.db.ReleaseDraft(t.Context(), draft.ID, i.now()); err != nil {
		t.Fatal(err)
	}
	i.recover(t, 0)
	if scan := i.wait(draft.ID); scan.Status != model.ScanCompleted {
		t.Errorf("the released draft ended %s", scan.Status)
	}
	if _, err := i.db.ReleaseDraft(t.Context(), draft.ID, i.now()); store.CodeOf(err) != store.Conflict {
		t.Errorf("releasing it again: %v", err)
	}
}
