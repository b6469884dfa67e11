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

// TestOpenStackFollowsChurn: while all kinds of things are made, changed and deleted in a real cloud the inventory follows, and
// is what a scan finds after each round; also when the worker is killed twice and the listener started again. CALIPSO_CHURN says
// how many rounds, of which half as many are disturbed. How long it took is printed. Nothing else may use the lab meanwhile.
func TestOpenStackFollowsChurn(t *testing.T) {
	rounds, _ := strconv.Atoi(os.Getenv("CALIPSO_CHURN"))
	cloud := realCloud(t)
	i := install(t, build(t), filepath.Join(t.TempDir(), "calipso.db"))
	x := &churning{installation: i, scheduler: i.run(t, "scheduler"), worker: i.run(t, "worker"), listener: i.run(t, "listen")}
	i.add(cloud.listened("e"))
	i.completed(scanOfE)
	i.operational("e", model.OperationalRunning)
	i.settled(t)
	x.lags = collectLags(t.Context(), i.watch("e"))
	x.rounds(t, "undisturbed", max(rounds, 1), nil)
	x.rounds(t, "disturbed", max(rounds/2, 1), []func(*testing.T){x.killWorker, x.restartListener, x.killWorker})
}

// churning is an installation whose processes are disturbed while a cloud changes.
type churning struct {
	*installation
	scheduler, worker, listener *process
	lags                        *lags
}

func (x *churning) killWorker(t *testing.T) {
	x.worker.kill()
	x.worker = x.run(t, "worker")
}

func (x *churning) restartListener(t *testing.T) {
	x.listener.stop()
	x.listener = x.run(t, "listen")
}

// rounds changes the cloud so many times, each time disturbed, and compares the inventory with the cloud each time.
func (x *churning) rounds(t *testing.T, how string, n int, disturbances []func(*testing.T)) {
	x.lags.take()
	differing := 0
	for range n {
		x.round(t, disturbances)
		verify := exec.Command(x.binary, "verify", "-e", "e")
		verify.Env = x.env
		if out, err := verify.CombinedOutput(); err != nil {
			differing++
			t.Errorf("%s: verify: %v\n%s", how, err, out)
		}
	}
	all, own := x.lags.take()
	if len(all) == 0 {
		t.Fatal("nobody was told of any event")
	}
	load, _ := os.ReadFile("/proc/loadavg")
	t.Logf("%d rounds %s: %d events, %d rounds with differences; load of the machine %s", n, how, len(all), differing, load)
	t.Logf("  handled after the notification:        p50 %v, p95 %v, at most %v", all[len(all)/2], all[len(all)*95/100], all[len(all)-1])
	t.Logf("  beyond the cloud's own readiness:      p50 %v, p95 %v, at most %v", own[len(own)/2], own[len(own)*95/100], own[len(own)-1])
}

// round changes the cloud once, with the disturbances a few seconds apart from each other.
func (x *churning) round(t *testing.T, disturbances []func(*testing.T)) {
	churn := exec.Command("openstack/churn", "1")
	said := &logText{}
	churn.Stdout, churn.Stderr = said, said
	if err := churn.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- churn.Wait() }()
	for over := false; !over; {
		select {
		case err := <-ended:
			if over = true; err != nil {
				t.Fatalf("churn: %v\n%s", err, said)
			}
		case <-time.After(7 * time.Second):
			if len(disturbances) > 0 {
				disturbances[0](t)
				disturbances = disturbances[1:]
			}
		}
	}
	x.settled(t)
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

// lags are how long events took to be handled.
type lags struct {
	mu       sync.Mutex
	all, own []time.Duration // since the notification, and since the cloud may have been ready
}

// collectLags collects those of all events that are handled.
func collectLags(ctx context.Context, seen <-chan feed.Entry) *lags {
	l := &lags{}
	go func() {
		for {
			select {
			case <-ctx.Done():
				return
			case e := <-seen:
				if e.Stage == feed.Handled {
					l.mu.Lock()
					l.all = append(l.all, e.At.Sub(e.Timestamp).Round(time.Millisecond))
					l.own = append(l.own, e.At.Sub(e.Ready).Round(time.Millisecond))
					l.mu.Unlock()
				}
			}
		}
	}()
	return l
}

// take returns what was collected since it was called last, in order.
func (l *lags) take() (all, own []time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	all, own = l.all, l.own
	l.all, l.own = nil, nil
	slices.Sort(all)
	slices.Sort(own)
	return all, own
}
