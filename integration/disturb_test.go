package integration

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"strings"
	"syscall"
	"time"

	_ "modernc.org/sqlite" // to lock the file of the store

	"calipso.io/calipso/integration/lab"
	"calipso.io/calipso/integration/lab/faults"
	"calipso.io/calipso/pkg/model"
)

// disturbances lists all that happens to scans.
func disturbances() []disturbance {
	slow := func(r *recovery) *lab.Lab { return r.slow }
	silent := func(r *recovery) *lab.Lab { return r.silent }
	return []disturbance{
		{name: "workers killed, sqlite", do: killWorkers},
		{name: "workers killed, mongo", store: "mongo", do: killWorkers},
		{name: "workers told to stop", do: stopWorkers},
		{name: "worker frozen, sqlite", do: freezeWorker},
		{name: "schedulers killed", roles: twoSchedulers, do: killSchedulers},
		{name: "redis restarted, it kept all", redis: []string{"--appendonly", "yes"}, do: restartRedis},
		{name: "redis restarted, it kept nothing", do: restartRedis},
		{name: "redis flushed", do: flushRedis},
		{name: "leases lost", do: loseLeases},
		{name: "one worker cut off from redis", cloud: slow, roles: oneFarWorker(redisProxy), do: cutOffFromRedis},
		{name: "store stopped, mongo", store: "mongo", roles: allByProxy, do: stopStore},
		{name: "store silent, mongo", store: "mongo", roles: allByProxy, do: hushStore},
		{name: "store locked, sqlite", do: lockStore},
		{name: "one worker cut off from the store, mongo", store: "mongo", roles: oneFarWorker(storeProxy), do: cutOffFromStore},
		{name: "one worker cut off from both, mongo", store: "mongo", roles: oneFarWorker(storeProxy, redisProxy), do: cutOffFromBoth},
		{name: "hosts silent", cloud: silent, do: hushHosts, after: silentHostsKept},
	}
}

// killWorkers kills a worker now and then, any of them, and starts another one.
func killWorkers(x *trial) {
	kills := 0
	for running := true; running; running = x.lasts(x.every) {
		victim := rand.IntN(len(x.workers))
		x.workers[victim].kill()
		x.workers[victim] = x.worker(x.installation)
		kills++
	}
	x.did("%d kills", kills)
}

// stopWorkers tells one worker after the other to stop, and starts another one for it.
func stopWorkers(x *trial) {
	for n := range x.workers {
		x.workers[n].stop()
		if code := x.workers[n].cmd.ProcessState.ExitCode(); code != 0 {
			x.t.Errorf("the worker ended with status %d", code)
		}
		x.workers[n] = x.worker(x.installation)
	}
	x.did("%d workers", len(x.workers))
}

// freezeWorker stops a worker from running until others have ended its scan. What it does when it wakes up changes
// nothing.
func freezeWorker(x *trial) {
	victim := x.workers[0]
	victim.signal(syscall.SIGSTOP)
	defer victim.signal(syscall.SIGCONT)
	x.ended()
	x.noLateWrites(func() { victim.signal(syscall.SIGCONT) }, victim)
}

// noLateWrites makes sure that what a worker does when it is let go on changes nothing, not even a time.
func (x *trial) noLateWrites(goOn func(), worker *process) {
	before := map[string]bool{}
	for line := range bytes.Lines(x.export("e", "")) {
		before[string(line)] = true
	}
	goOn()
	worker.stop() // when it has ended, it has written all that it had to write
	if x.far.store != nil {
		until(x.t, "all that was sent to arrive", x.far.store.idle)
	}
	applied := 0
	for line := range bytes.Lines(x.export("e", "")) {
		if !before[string(line)] {
			applied++
		}
	}
	if applied > 0 {
		x.t.Errorf("%d documents were changed by a worker whose steps others had done", applied)
	}
	x.did("late writes applied: %d", applied)
}

func twoSchedulers(x *trial) {
	usual(x)
	x.others = append(x.others, x.run(x.t, "scheduler"))
}

// killSchedulers kills one scheduler after the other, and a worker, whose steps they have to find.
func killSchedulers(x *trial) {
	x.workers[0].kill()
	kills := 0
	for running := true; running; running = x.lasts(x.every) {
		n := kills % len(x.others)
		x.others[n].kill()
		x.others[n] = x.run(x.t, "scheduler")
		kills++
	}
	x.did("%d kills", kills)
}

// restartRedis ends Redis, and starts it again a little later: the steps that end meanwhile can't say so there.
func restartRedis(x *trial) {
	x.server.signal(syscall.SIGTERM)
	<-x.server.ended
	x.lasts(x.storeAway)
	x.server.start(x.t)
	x.did("after %v", x.storeAway)
}

func flushRedis(x *trial) {
	if err := x.redis.FlushAll(x.t.Context()).Err(); err != nil {
		x.t.Fatal(err)
	}
}

// loseLeases deletes what Redis knows of who does what, time and again, and kills a worker: its tasks are nobody's then.
func loseLeases(x *trial) {
	x.loseLeases()
	x.workers[0].kill()
	x.workers[0] = x.worker(x.installation)
	n := 1
	for x.lasts(time.Second) {
		x.loseLeases()
		n++
	}
	x.did("%d times", n)
}

func (x *trial) loseLeases() {
	if err := x.redis.Del(x.t.Context(), "asynq:{scan}:lease").Err(); err != nil {
		x.t.Fatal(err)
	}
}

// proxies are what stands between the first of the workers and the servers.
type proxies struct{ redis, store *proxy }

func redisProxy(x *trial) *proxy {
	p := between(x.t, x.server.address)
	x.far.redis = p
	return p
}

func storeProxy(x *trial) *proxy {
	uri, err := url.Parse(x.direct)
	if err != nil {
		x.t.Fatal(err)
	}
	x.far.store = between(x.t, uri.Host)
	return x.far.store
}

// oneFarWorker starts the usual roles, but the first worker reaches servers by proxies.
func oneFarWorker(by ...func(*trial) *proxy) func(*trial) {
	return func(x *trial) {
		usual(x)
		for _, start := range by {
			start(x)
		}
		x.workers[0].kill()
		x.workers[0] = x.worker(x.farther())
	}
}

// farther is the installation as processes see it that reach servers by proxies.
func (x *trial) farther() *installation {
	i := x.installation
	if x.far.redis != nil {
		i = i.with("CALIPSO_REDIS", "redis://"+x.far.redis.address)
	}
	if x.far.store != nil {
		i = i.with("CALIPSO_STORE", throughProxy(x.direct, x.far.store))
	}
	return i
}

// throughProxy is the address of a store behind a proxy.
func throughProxy(address string, p *proxy) string {
	uri, _ := url.Parse(address)
	uri.Host = p.address
	return uri.String()
}

// allByProxy starts the usual roles, all of which reach the store by a proxy.
func allByProxy(x *trial) {
	storeProxy(x)
	x.installation = x.farther()
	usual(x)
}

// cutOffFromRedis makes Redis silent for one worker that is at a host, for longer than the queue waits for it.
func cutOffFromRedis(x *trial) {
	x.far.redis.hush()
	x.lasts(x.redisAway)
	x.far.redis.speak()
	x.did("for %v", x.redisAway)
}

// workerOf returns the worker that has a step.
func (x *trial) workerOf(s model.Step) *process {
	for _, w := range x.workers {
		if strings.HasSuffix(s.Worker, fmt.Sprintf("/%d", w.cmd.Process.Pid)) {
			return w
		}
	}
	return nil
}

func stopStore(x *trial) {
	x.far.store.stop()
	x.lasts(x.storeAway)
	x.far.store.start()
	x.did("for %v", x.storeAway)
}

func hushStore(x *trial) {
	x.far.store.hush()
	x.lasts(x.storeAway)
	x.far.store.speak()
	x.did("for %v", x.storeAway)
}

// lockStore locks the file of the store, as another program could.
func lockStore(x *trial) {
	db, err := sql.Open("sqlite", x.direct)
	if err != nil {
		x.t.Fatal(err)
	}
	defer db.Close()
	ctx := context.WithoutCancel(x.t.Context())
	c, err := db.Conn(ctx)
	if err != nil {
		x.t.Fatal(err)
	}
	defer c.Close()
	until(x.t, "the lock", func() bool { _, err = c.ExecContext(ctx, "BEGIN EXCLUSIVE"); return err == nil })
	x.lasts(x.storeAway)
	if _, err := c.ExecContext(ctx, "ROLLBACK"); err != nil {
		x.t.Fatal(err)
	}
	x.did("for %v", x.storeAway)
}

// cutOffFromStore makes the store silent for one worker that is at a host.
func cutOffFromStore(x *trial) {
	x.far.store.hush()
	x.lasts(x.storeAway)
	x.far.store.speak()
	x.did("for %v", x.storeAway)
}

// cutOffFromBoth breaks one worker's network just when it has sent what it found on a host, until others have done its
// steps. Then what it had sent arrives, and is refused.
func cutOffFromBoth(x *trial) {
	x.far.store.hushBefore("upsert\x00", "found_by\x00", "cli.")
	until(x.t, "a host's objects", x.far.store.silent)
	x.far.redis.hush()
	x.ended()
	before := x.far.store.refused
	x.noLateWrites(func() { x.far.store.speak(); x.far.redis.speak() }, x.workers[0])
	refused := x.far.store.refused - before
	if refused == 0 && os.Getenv("CALIPSO_FULL") != "" { // on a busy machine the driver may have given up before
		x.t.Error("the store refused nothing of what arrived late")
	}
	x.did("refused by the store: %d", refused)
}

// hushHosts lets the scan end, and makes another one during which 30 % of the hosts don't answer.
func hushHosts(x *trial) {
	x.ended()
	x.before = x.look("e", "")
	set := lab.Faults{Hosts: map[string]faults.Host{}}
	for _, h := range x.silentHosts() {
		set.Hosts[h] = faults.Unreachable
	}
	inject(x.t, x.cloud, "e", set)
	x.id = x.submit(scanOfE)
	x.did("%d hosts", len(set.Hosts))
}

func (x *trial) silentHosts() []string {
	hosts := x.cloud.Truth("e").Hosts
	return hosts[len(hosts)-(len(hosts)*3+5)/10:]
}

// silentHostsKept makes sure that the coverage report says which hosts did not answer, that what is on them is kept and
// marked, and nothing else.
func silentHostsKept(x *trial, scan model.Scan) {
	f := fault{failed: map[string]string{}}
	for _, h := range x.silentHosts() {
		f.failed[h+" *"] = "to host " + h + " failed: ssh: connect to host " + h + " port 22: Connection timed out"
	}
	f.check(x.t, x.calipso, scan, x.before)
}
