package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/hibiken/asynq"
	"go.mongodb.org/mongo-driver/v2/mongo"
	mongooptions "go.mongodb.org/mongo-driver/v2/mongo/options"

	"calipso.io/calipso/api/client"
	"calipso.io/calipso/integration/proc"
	"calipso.io/calipso/pkg/app"
)

// installation is a Calipso of several processes, with a Redis and a store of its own.
type installation struct {
	*client.Client
	work      string // folder of all that is written
	variables []string
	redis     string // address
	all       []*proc.Process
	queue     []*proc.Process // Redis
	others    []*proc.Process // API and scheduler
	workers   []*proc.Process
	undo      []func()
}

// layout says of what an installation consists.
type layout struct {
	binary      string // the program calipso
	mongo       string // URI of a MongoDB to make a database in; SQLite when empty
	workers     int
	concurrency int // of each worker
}

// install starts an installation in an empty folder, and returns when its API is ready and all workers wait for work.
// Call stop in any case.
func install(ctx context.Context, work string, l layout) (*installation, error) {
	i := &installation{work: work}
	address, err := i.store(l.mongo)
	if err != nil {
		return i, err
	}
	if err := i.startRedis(ctx); err != nil {
		return i, err
	}
	i.variables = []string{"CALIPSO_DATA=" + work, "CALIPSO_STORE=" + address, "CALIPSO_REDIS=redis://" + i.redis,
		"CALIPSO_LISTEN=127.0.0.1:0", "CALIPSO_LOG_LEVEL=warn"}
	if err := i.start(ctx, &i.others, "api", l.binary, "api"); err != nil {
		return i, err
	}
	if err := i.connect(ctx); err != nil {
		return i, err
	}
	if err := i.start(ctx, &i.others, "scheduler", l.binary, "scheduler"); err != nil {
		return i, err
	}
	for n := range l.workers {
		name := fmt.Sprintf("worker-%d", n+1)
		if err := i.start(ctx, &i.workers, name, l.binary, "worker", "--concurrency", fmt.Sprint(l.concurrency)); err != nil {
			return i, err
		}
	}
	return i, i.awaitWorkers(ctx)
}

// store returns the address of a store that holds nothing yet.
func (i *installation) store(uri string) (address string, err error) {
	if uri == "" {
		return filepath.Join(i.work, "calipso.db"), nil
	}
	u, err := url.Parse(uri)
	if err != nil {
		return "", fmt.Errorf("the MongoDB's address: %w", err)
	}
	database := "calipso_fleet_" + rand.Text()
	u.Path = "/" + database
	i.undo = append(i.undo, func() { drop(uri, database) })
	return u.String(), nil
}

// drop removes a database. When it can't, that is only in the way.
func drop(uri, database string) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	c, err := mongo.Connect(mongooptions.Client().ApplyURI(uri))
	if err != nil {
		return
	}
	defer c.Disconnect(ctx)
	if err := c.Database(database).Drop(ctx); err != nil {
		fmt.Fprintf(os.Stderr, "drop database %s: %v\n", database, err)
	}
}

// startRedis starts a redis-server that keeps nothing, on a free port.
func (i *installation) startRedis(ctx context.Context) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	i.redis = l.Addr().String()
	l.Close()
	_, port, _ := net.SplitHostPort(i.redis)
	err = i.start(ctx, &i.queue, "redis", "redis-server", "--bind", "127.0.0.1", "--port", port, "--dir", i.work, "--save", "", "--appendonly", "no")
	if err != nil {
		return err
	}
	return i.await(ctx, "Redis", func() bool {
		c, err := net.Dial("tcp", i.redis)
		if err == nil {
			c.Close()
		}
		return err == nil
	})
}

// start starts a program that logs to a file in the work folder, and adds it to a group.
func (i *installation) start(ctx context.Context, group *[]*proc.Process, name, program string, args ...string) error {
	log, err := os.Create(filepath.Join(i.work, name+".log"))
	if err != nil {
		return err
	}
	defer log.Close() // the program has it open then
	p, err := proc.Start(ctx, log, i.variables, program, args...)
	if err != nil {
		return err
	}
	*group, i.all = append(*group, p), append(i.all, p)
	return nil
}

// connect waits for the API, which leaves a file in the data folder that says where it is.
func (i *installation) connect(ctx context.Context) error {
	err := i.await(ctx, "the API", func() bool {
		_, err := os.Stat(filepath.Join(i.work, "server.json"))
		return err == nil
	})
	if err == nil {
		i.Client, _, err = app.Connect(ctx, app.Config{Data: i.work}, false)
	}
	return err
}

// awaitWorkers waits until all workers have said in Redis that they are there.
func (i *installation) awaitWorkers(ctx context.Context) error {
	inspector := asynq.NewInspector(asynq.RedisClientOpt{Addr: i.redis})
	defer inspector.Close()
	return i.await(ctx, "a worker", func() bool {
		servers, err := inspector.Servers()
		there := map[int]bool{}
		for _, s := range servers {
			there[s.PID] = true
		}
		return err == nil && len(there) == len(i.workers)
	})
}

// patience is how long an installation may take to come up.
const patience = 2 * time.Minute

// await waits until something is there.
func (i *installation) await(ctx context.Context, what string, there func() bool) error {
	ctx, cancel := context.WithTimeoutCause(ctx, patience, fmt.Errorf("%s does not come up", what))
	defer cancel()
	for !there() {
		if err := i.check(); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(20 * time.Millisecond):
		}
	}
	return nil
}

// check returns an error when one of the processes has ended.
func (i *installation) check() error {
	for _, p := range i.all {
		if err := p.Ended(); err != nil {
			return err
		}
	}
	return nil
}

// stop ends all that was started and removes what it kept, the folder apart: workers first, so that nothing is missing
// while they work.
func (i *installation) stop() {
	for n := len(i.all) - 1; n >= 0; n-- {
		i.all[n].Stop()
	}
	for _, undo := range i.undo {
		undo()
	}
}
