// Bench measures scans of simulated clouds on both stores, with all roles in one process and the cloud in another, and
// compares them with the least time that their parts need. It prints tables in Markdown; docs/performance.md explains
// them.
//
//	go run ./integration/bench                          all sizes, both stores
//	go run ./integration/bench -only sqlite -hosts 100  one cloud, one store
//	go run ./integration/bench -only lab -lab ENV.json  a real cloud, described as integration/openstack/up does
//	go run ./integration/bench api                      reading 100,000 objects over the API, by 50 clients
//
// CALIPSO_TEST_MONGO_URI names the MongoDB to measure with.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Names of what is measured: the stores, and a real cloud.
const (
	onSQLite = "sqlite"
	onMongo  = "mongo"
	onLab    = "lab"
)

// options are the command's flags.
type options struct {
	only    []string
	hosts   map[string][]int // by store
	again   int
	lab     string
	mongo   string
	profile string
	limit   time.Duration
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	switch {
	case len(args) > 0 && args[0] == serveCommand:
		return serve(ctx, args[1:])
	case len(args) > 0 && args[0] == apiCommand:
		return measureAPI(ctx, args[1:])
	}
	return measureAll(ctx)
}

func measureAll(ctx context.Context) error {
	o, err := parse(os.Args[1:])
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, o.limit, fmt.Errorf("not done after %s; see -limit", o.limit))
	defer cancel()
	work, err := os.MkdirTemp("", "calipso-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	err = (&bench{options: o, work: work, out: os.Stdout}).run(ctx)
	if ctx.Err() != nil {
		err = errors.Join(context.Cause(ctx), err)
	}
	return err
}

func parse(args []string) (options, error) {
	o := options{mongo: os.Getenv("CALIPSO_TEST_MONGO_URI")}
	f := flag.NewFlagSet("bench", flag.ExitOnError)
	only := f.String("only", "", "measure only these, separated by commas: sqlite, mongo, lab")
	hosts := f.String("hosts", "10,100,500", "sizes of the simulated clouds; each host has 30 instances and 100 ports")
	mongoHosts := f.String("mongo-hosts", "10,100", "sizes of those that are scanned into MongoDB")
	f.IntVar(&o.again, "again", 100, "scan a second time what has up to so many hosts")
	f.StringVar(&o.lab, "lab", "", "`ENV.json` of a real cloud to scan, as integration/openstack/up writes it")
	f.StringVar(&o.profile, "profile", "", "`folder` for profiles of each Calipso process")
	f.DurationVar(&o.limit, "limit", 15*time.Minute, "give up after this time")
	f.Parse(args) // exits when it fails
	var err error
	if o.only, err = names(*only); err != nil {
		return o, err
	}
	o.hosts = map[string][]int{}
	if o.hosts[onSQLite], err = sizes(*hosts); err != nil {
		return o, err
	}
	if o.hosts[onMongo], err = sizes(*mongoHosts); err != nil {
		return o, err
	}
	if o.profile != "" {
		o.profile, err = filepath.Abs(o.profile)
	}
	return o, err
}

func names(list string) ([]string, error) {
	all := []string{onSQLite, onMongo, onLab}
	if list == "" {
		return all, nil
	}
	for name := range strings.SplitSeq(list, ",") {
		if !slices.Contains(all, name) {
			return nil, fmt.Errorf("-only %s: %q is not one of %s", list, name, strings.Join(all, ", "))
		}
	}
	return strings.Split(list, ","), nil
}

func sizes(list string) ([]int, error) {
	var all []int
	for text := range strings.SplitSeq(list, ",") {
		n, err := strconv.Atoi(text)
		if err != nil || n < 2 {
			return nil, fmt.Errorf("hosts %s: %q is not a number of hosts", list, text)
		}
		all = append(all, n)
	}
	return all, nil
}
