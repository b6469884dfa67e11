package integration

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"calipso.io/calipso/integration/lab"
	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/store"
)

// scale says how large the cloud is, and how long disturbances last.
type scale struct {
	cloud                lab.EnvConfig
	workers, concurrency int
	every                time.Duration // between two processes that are killed; 0: twice what an undisturbed scan takes
	storeAway            time.Duration // less than after which a worker counts as dead
	redisAway            time.Duration // from one worker: more than the queue waits for it
	atOnce               int           // disturbances that are tried at the same time
}

// patient is a cloud whose hosts take longer than the queue waits for a worker that it does not hear of.
const patient = 35 * time.Second

// scaleOf is what every change is tested with, or, with CALIPSO_FULL, what make test-recovery does.
func scaleOf() scale {
	if os.Getenv("CALIPSO_FULL") == "" {
		return scale{cloud: lab.EnvConfig{Name: "e", Hosts: 8, SSHDelay: 3 * time.Second}, workers: 2, concurrency: 2,
			storeAway: 10 * time.Second, redisAway: 40 * time.Second, atOnce: 5}
	}
	return scale{cloud: lab.EnvConfig{Name: "e", Hosts: 100, Instances: 1000, SSHDelay: 3 * time.Second}, workers: 3, concurrency: 6,
		every: 5 * time.Second, storeAway: 20 * time.Second, redisAway: 2 * time.Minute, atOnce: 4}
}

// recovery is what all disturbances are tried with.
type recovery struct {
	scale
	binary      string
	cloud       *lab.Lab
	slow        *lab.Lab // the same cloud, which takes its time
	silent      *lab.Lab // the same cloud, of which hosts will stop to answer
	undisturbed *found
	took        time.Duration

	mu   sync.Mutex
	rows []string
}

// TestRecovery disturbs scans by Calipsos of several processes in all kinds of ways. What comes out is what comes out
// of a scan that nothing disturbs, document for document. What it cost is printed.
func TestRecovery(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it takes a minute until a worker counts as dead")
	}
	r := &recovery{scale: scaleOf(), binary: build(t)}
	slow, silent := r.scale.cloud, r.scale.cloud
	slow.SSHDelay = patient
	r.cloud, r.slow, r.silent = simulate(t, r.scale.cloud), simulate(t, slow), simulate(t, silent)
	t.Run("undisturbed", r.undisturb)
	if t.Failed() {
		return
	}
	if r.every == 0 { // a step that is killed time and again is given up: it must have time to end, however slow the machine is
		r.every = 2 * r.took
	}
	// Most of the time is waiting, so that more can be tried at once than there are processors.
	var all sync.WaitGroup
	free := make(chan struct{}, r.atOnce)
	for _, d := range disturbances() {
		all.Go(func() {
			free <- struct{}{}
			defer func() { <-free }()
			t.Run(d.name, func(t *testing.T) { r.disturb(t, d) })
		})
	}
	all.Wait()
	slices.Sort(r.rows)
	t.Logf("a scan of %d hosts by %d workers, disturbed:\n%-42s %8s %8s %6s %6s %9s %8s\n%s", r.scale.cloud.Hosts, r.workers,
		"", "seconds", "added", "steps", "again", "documents", "refused", strings.Join(r.rows, "\n"))
}

// undisturb makes the scan that the others are compared with.
func (r *recovery) undisturb(t *testing.T) {
	i := install(t, r.binary, stores(t)["sqlite"])
	i.run(t, "scheduler")
	for range r.workers {
		i.run(t, "worker", "--concurrency", fmt.Sprint(r.concurrency))
	}
	i.add(document(t, r.cloud, "e"))
	scan := i.completed(scanOfE)
	r.undisturbed, r.took = i.look("e", "").withoutPorts(), scan.EndTimestamp.Sub(*scan.StartTimestamp)
	checkTruth(t, r.undisturbed, r.cloud.Truth("e"))
	x := &trial{installation: i, recovery: r, t: t, cloud: r.cloud, id: scan.ID}
	x.note("undisturbed", scan, r.undisturbed)
}

// disturbance is something that happens in mid-scan.
type disturbance struct {
	name  string
	store string                   // sqlite when empty
	redis []string                 // options of the server
	cloud func(*recovery) *lab.Lab // nil: the usual one
	roles func(*trial)             // starts workers and schedulers; nil: the usual ones
	do    func(*trial)             // returns when the disturbance is over
	after func(*trial, model.Scan) // what else to look at, when the scan has ended; nil: it must be completed
}

// trial is a scan that is disturbed.
type trial struct {
	*installation
	*recovery
	t       *testing.T
	direct  string // the store's address; that of the installation may be a proxy's
	cloud   *lab.Lab
	workers []*process
	all     []*process // workers, those that have ended, too
	others  []*process
	far     proxies
	id      string   // of the scan
	before  *found   // it
	what    []string // was done, and came of it
}

func (r *recovery) disturb(t *testing.T, d disturbance) {
	x := r.prepare(t, d)
	x.add(document(t, x.cloud, "e"))
	x.begin()
	d.do(x)
	scan := x.ended()
	if d.after != nil {
		d.after(x, scan)
	} else if scan.Status != model.ScanCompleted {
		t.Errorf("the scan ended %s: %s\n%s", scan.Status, scan.Error, x.failures(x.id))
	}
	after := x.look("e", "").withoutPorts()
	compare := differences
	if d.after != nil {
		compare = changes
	}
	if diff := compare(r.undisturbed, after); diff != "" {
		t.Errorf("the inventory is not that of an undisturbed scan:\n%s", diff)
	}
	x.note(d.name, scan, after)
}

// begin starts a scan, and returns when all workers read hosts. A machine that is busy may miss that: then it is tried again.
func (x *trial) begin() {
	x.t.Helper()
	for range 5 {
		x.id = x.submit(scanOfE)
		at := false
		within(x.t, patience, "workers to read hosts", func() bool { at = x.allRead(); return at || x.over() })
		if at {
			return
		}
	}
	x.t.Fatal("the workers never read hosts at the same time")
}

// allRead tells whether each worker reads a host.
func (x *trial) allRead() bool {
	reading := x.reading()
	return !slices.ContainsFunc(x.workers, func(w *process) bool {
		return !slices.ContainsFunc(reading, func(s model.Step) bool { return x.workerOf(s) == w })
	})
}

func (r *recovery) prepare(t *testing.T, d disturbance) *trial {
	x := &trial{recovery: r, t: t, cloud: r.cloud}
	if d.cloud != nil {
		x.cloud = d.cloud(r)
	}
	if d.store == "" {
		d.store = "sqlite"
	}
	if x.direct = stores(t)[d.store]; x.direct == "" {
		t.Skip("CALIPSO_TEST_MONGO_URI does not name a server")
	}
	x.installation = installOn(t, r.binary, x.direct, startRedis(t, d.redis...))
	if d.roles != nil {
		d.roles(x)
	} else {
		usual(x)
	}
	return x
}

// usual starts the usual roles.
func usual(x *trial) {
	x.others = append(x.others, x.run(x.t, "scheduler"))
	for range x.recovery.workers {
		x.workers = append(x.workers, x.worker(x.installation))
	}
}

// port is what differs between two simulated clouds that are else the same.
var port = regexp.MustCompile(`127\.0\.0\.1:\d+`)

// withoutPorts is the inventory without the ports of the cloud's services.
func (f *found) withoutPorts() *found {
	for key, doc := range f.dump {
		f.dump[key] = port.ReplaceAllString(doc, "127.0.0.1")
	}
	return f
}

// worker starts a worker.
func (x *trial) worker(i *installation) *process {
	w := i.run(x.t, "worker", "--concurrency", fmt.Sprint(x.concurrency))
	x.all = append(x.all, w)
	return w
}

// refused counts how often a worker was kept from writing, since its step was another's then.
func (x *trial) refused() (n int) {
	for _, w := range x.all {
		n += strings.Count(w.out.String(), "is not written: the step is another's") + strings.Count(w.out.String(), "has written these objects already")
	}
	return n
}

// note keeps the figures of a scan for the table at the end.
func (x *trial) note(name string, scan model.Scan, inventory *found) {
	took, again, added, steps := scan.EndTimestamp.Sub(*scan.StartTimestamp), 0, "", x.ledger()
	if x.cloud != x.slow { // whose undisturbed scan is not known
		added = fmt.Sprintf("%.1f", (took - x.took).Seconds())
	}
	for _, s := range steps {
		again += s.Attempt
	}
	row := fmt.Sprintf("%-42s %8.1f %8s %6d %6d %9d %8d  %s", name, took.Seconds(), added, len(steps), again,
		len(inventory.dump), x.refused(), strings.Join(x.what, ", "))
	x.t.Log(row)
	x.mu.Lock()
	defer x.mu.Unlock()
	x.rows = append(x.rows, row)
}

func (x *trial) did(format string, args ...any) {
	x.what = append(x.what, fmt.Sprintf(format, args...))
}

// ledger returns the scan's steps.
func (x *trial) ledger() []model.Step {
	x.t.Helper()
	steps, err := x.db.Steps.Find(x.t.Context(), store.Where(store.Is(store.ScanID, x.id)))
	if err != nil {
		x.t.Fatal(err)
	}
	return steps
}

// reading returns the steps in which hosts are being read.
func (x *trial) reading() []model.Step {
	return slices.DeleteFunc(x.ledger(), func(s model.Step) bool { return s.Host == "" || s.Status != model.StepRunning })
}

// over tells whether the scan has ended.
func (x *trial) over() bool {
	x.t.Helper()
	scan, err := x.db.Scans.Get(x.t.Context(), x.id)
	if err != nil {
		x.t.Fatal(err)
	}
	return model.Ended(scan.Status)
}

// ended returns the scan when it has ended.
func (x *trial) ended() model.Scan {
	x.t.Helper()
	within(x.t, patience, "the end of the scan", x.over)
	scan, err := x.db.Scans.Get(x.t.Context(), x.id)
	if err != nil {
		x.t.Fatal(err)
	}
	return scan
}

// lasts lets a disturbance last for so long; it tells whether the scan still runs then.
func (x *trial) lasts(d time.Duration) bool {
	x.t.Helper()
	timer := time.NewTimer(d)
	defer timer.Stop()
	for !x.over() {
		select {
		case <-timer.C:
			return true
		case <-time.After(100 * time.Millisecond):
		}
	}
	return false
}
