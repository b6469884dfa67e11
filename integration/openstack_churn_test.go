package integration

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"calipso.io/calipso/pkg/event/feed"
	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/store"
)

// TestOpenStackFollowsChurn: while all kinds of things are made, changed and deleted in a real cloud, the worker is killed
// twice and the listener started again; afterwards the inventory is what a scan finds. CALIPSO_CHURN says how many rounds.
// How long after their notifications events were handled is printed. Nothing else may use the lab meanwhile.
func TestOpenStackFollowsChurn(t *testing.T) {
	rounds, _ := strconv.Atoi(os.Getenv("CALIPSO_CHURN"))
	rounds = max(rounds, 1)
	cloud := realCloud(t)
	i := install(t, build(t), filepath.Join(t.TempDir(), "calipso.db"))
	i.run(t, "scheduler")
	worker, listener := i.run(t, "worker"), i.run(t, "listen")
	i.add(cloud.listened("e"))
	i.completed(scanOfE)
	i.operational("e", model.OperationalRunning)
	i.settled(t)
	lags := handledLags(t.Context(), i.watch("e"))

	churn := exec.Command("openstack/churn", strconv.Itoa(rounds))
	said := &logText{}
	churn.Stdout, churn.Stderr = said, said
	if err := churn.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- churn.Wait() }()
	disturbances := []func(){
		func() { worker.kill(); worker = i.run(t, "worker") },
		func() { listener.stop(); listener = i.run(t, "listen") },
		func() { worker.kill(); worker = i.run(t, "worker") },
	}
	for over := false; !over; {
		select {
		case err := <-ended:
			if over = true; err != nil {
				t.Fatalf("churn: %v\n%s", err, said)
			}
		case <-time.After(7 * time.Second):
			if len(disturbances) > 0 {
				disturbances[0]()
				disturbances = disturbances[1:]
			}
		}
	}
	i.settled(t)
	verify := exec.Command(i.binary, "verify", "-e", "e")
	verify.Env = i.env
	if out, err := verify.CombinedOutput(); err != nil {
		t.Errorf("verify: %v\n%s", err, out)
	}
	took := lags()
	if len(took) == 0 {
		t.Fatal("nobody was told of any event")
	}
	t.Logf("%d rounds, %d events: handled %v after the notification (p50), %v (p95)",
		rounds, len(took), took[len(took)/2], took[len(took)*95/100])
}

// settled waits until no event has waited and no scan has run for three seconds: some may be on their way.
func (i *installation) settled(t *testing.T) {
	t.Helper()
	busy := time.Now()
	until(t, "events and scans to be over", func() bool {
		events, err := i.db.Events.Count(t.Context(), store.Is(store.Environment, "e"))
		if err != nil {
			t.Fatal(err)
		}
		scans, err := i.db.Scans.Count(t.Context(), store.Is(store.Status, model.ScanPending, model.ScanRunning))
		if err != nil {
			t.Fatal(err)
		}
		if events > 0 || scans > 0 {
			busy = time.Now()
		}
		return time.Since(busy) > 3*time.Second
	})
}

// handledLags returns how long after their notifications events are handled, in order, when it is asked.
func handledLags(ctx context.Context, seen <-chan feed.Entry) (sorted func() []time.Duration) {
	var mu sync.Mutex
	var lags []time.Duration
	go func() {
		for {
			select {
			case <-ctx.Done():
				return
			case e := <-seen:
				if e.Stage == feed.Handled {
					mu.Lock()
					lags = append(lags, e.At.Sub(e.Timestamp).Round(time.Millisecond))
					mu.Unlock()
				}
			}
		}
	}()
	return func() []time.Duration {
		mu.Lock()
		defer mu.Unlock()
		return slices.Sorted(slices.Values(lags))
	}
}
