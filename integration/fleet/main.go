// Fleet scans a fleet of simulated clouds with a Calipso of several processes: an API, a scheduler and workers, with a
// redis-server and a store that it starts and ends itself.
//
//	go run ./integration/fleet          scan each cloud once, and compare what comes out with what is there
//	go run ./integration/fleet bench    measure it with several numbers of workers; docs/performance.md explains the tables
//
// It needs the programs that `make build` makes, and redis-server.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"calipso.io/calipso/pkg/app"
)

// options are the command's flags.
type options struct {
	calipso, lab       string // programs
	mongo              string
	seed               int64
	environments       int
	apiDelay, sshDelay time.Duration
	workers            []int
	concurrency        int
	limit              time.Duration
}

const benchCommand = "bench"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "fleet:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	work := scanOnce
	o := options{apiDelay: 50 * time.Millisecond, sshDelay: 50 * time.Millisecond, concurrency: app.DefaultConcurrency, limit: 10 * time.Minute}
	workers := "4"
	if len(args) > 0 && args[0] == benchCommand {
		args, work = args[1:], measure
		// Slow answers and few tasks at once, so that the clouds' delays and not the processors are what is waited for.
		o.apiDelay, o.sshDelay, o.concurrency, o.limit = 100*time.Millisecond, 300*time.Millisecond, 1, 20*time.Minute
		workers = "1,2,4,8"
	}
	if err := o.parse(args, workers); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, o.limit, fmt.Errorf("not done after %s; see -limit", o.limit))
	defer cancel()
	folder, err := os.MkdirTemp("", "calipso-fleet-")
	if err != nil {
		return err
	}
	err = work(ctx, o, folder)
	if ctx.Err() != nil && !errors.Is(err, context.Cause(ctx)) {
		err = errors.Join(context.Cause(ctx), err)
	}
	if err != nil {
		return fmt.Errorf("%w; the logs of all processes are in %s", err, folder)
	}
	return os.RemoveAll(folder)
}

func (o *options) parse(args []string, workers string) (err error) {
	f := flag.NewFlagSet("fleet", flag.ExitOnError)
	f.StringVar(&o.calipso, "calipso", "bin/calipso", "the `program`")
	f.StringVar(&o.lab, "lab", "bin/lab", "the simulated lab's `program`")
	f.StringVar(&o.mongo, "mongo", "", "`URI` of a MongoDB to make a database in; without it the store is an SQLite file")
	f.Int64Var(&o.seed, "seed", 1, "same seed, same clouds")
	f.IntVar(&o.environments, "environments", 60, "number of clouds")
	f.DurationVar(&o.apiDelay, "api-delay", o.apiDelay, "how long an API takes to answer")
	f.DurationVar(&o.sshDelay, "ssh-delay", o.sshDelay, "how long a command over SSH takes to begin")
	f.StringVar(&workers, "workers", workers, "number of worker processes; of the benchmark a list: 1,2")
	f.IntVar(&o.concurrency, "concurrency", o.concurrency, "tasks that a worker runs at once")
	f.DurationVar(&o.limit, "limit", o.limit, "give up after this time")
	f.Parse(args) // exits when it fails
	o.workers, err = numbers(workers)
	return err
}

func numbers(list string) (all []int, err error) {
	for text := range strings.SplitSeq(list, ",") {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return nil, fmt.Errorf("-workers %s: %q is not a number of workers", list, text)
		}
		all = append(all, n)
	}
	return all, nil
}

func (o *options) layout(workers, concurrency int) layout {
	return layout{binary: o.calipso, mongo: o.mongo, workers: workers, concurrency: concurrency}
}
