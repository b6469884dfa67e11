package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"calipso.io/calipso/integration/proc"
)

// apiCommand measures the API instead of scans.
const apiCommand = "api"

// apiOptions are the flags of apiCommand.
type apiOptions struct {
	objects, clients, hosts int
	each, soak              time.Duration
	routes                  string
}

// measureAPI fills stores with objects, links and cliques of simulated clouds and measures reading them over the API.
func measureAPI(ctx context.Context, args []string) error {
	var o apiOptions
	b := &bench{options: options{mongo: os.Getenv("CALIPSO_TEST_MONGO_URI")}, out: os.Stdout}
	f := flag.NewFlagSet("bench api", flag.ExitOnError)
	only := f.String("only", "", "measure only these, separated by commas: sqlite, mongo")
	f.IntVar(&o.objects, "objects", 100_000, "how many objects there are, at least")
	f.IntVar(&o.hosts, "hosts", 88, "hosts of a simulated cloud, of which there are as many copies as it takes; 285 objects each")
	f.IntVar(&o.clients, "clients", 50, "clients that ask at once, each when it has its answer")
	f.DurationVar(&o.each, "each", 10*time.Second, "how long each route is measured")
	f.DurationVar(&o.soak, "soak", 5*time.Minute, "how long all routes are asked in turn, while memory is watched")
	f.StringVar(&o.routes, "routes", "", "measure only routes whose name has this in it, as graph")
	f.StringVar(&b.profile, "profile", "", "`folder` for profiles of each Calipso process")
	f.Parse(args) // exits when it fails
	var err error
	if b.only, err = names(*only); err != nil {
		return err
	}
	if b.work, err = os.MkdirTemp("", "calipso-bench-"); err != nil {
		return err
	}
	defer os.RemoveAll(b.work)
	return b.api(ctx, o)
}

func (b *bench) api(ctx context.Context, o apiOptions) error {
	fmt.Fprintf(b.out, "%d cores (%s), %s, load %s; %d clients\n", runtime.NumCPU(), runtime.GOARCH, runtime.Version(), proc.Load(), o.clients)
	docs, err := b.example(ctx, o.hosts)
	if err != nil {
		return fmt.Errorf("scan a simulated cloud: %w", err)
	}
	for _, store := range []string{onSQLite, onMongo} {
		if !slices.Contains(b.only, store) || store == onMongo && b.mongo == "" {
			continue
		}
		if err := b.apiOn(ctx, o, store, docs); err != nil {
			return fmt.Errorf("%s: %w", store, err)
		}
	}
	return nil
}

// example scans a simulated cloud, and returns what was found.
func (b *bench) example(ctx context.Context, hosts int) (docs documents, err error) {
	lab := filepath.Join(b.work, "lab")
	build := exec.CommandContext(ctx, "go", "build", "-o", lab, "calipso.io/calipso/integration/lab/cmd/lab")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return docs, fmt.Errorf("build the simulated lab: %w", err)
	}
	p, gone, err := b.place(ctx, onSQLite, "example")
	if err != nil {
		return docs, err
	}
	defer gone()
	if err := b.scanExample(ctx, p, lab, hosts); err != nil {
		return docs, err
	}
	return docs, inventory(ctx, p.store, docs.read)
}

func (b *bench) scanExample(ctx context.Context, p place, program string, hosts int) error {
	lab, err := proc.Launch(ctx, program, "-write-config", p.data, "-hosts", fmt.Sprint(hosts),
		"-instances", fmt.Sprint(instancesPerHost*hosts), "-ports", fmt.Sprint(portsPerHost*hosts))
	if err != nil {
		return err
	}
	defer lab.Stop()
	c, err := b.start(ctx, p, "example")
	if err != nil {
		return err
	}
	defer c.process.Stop()
	if err := c.register(ctx, filepath.Join(p.data, labName+".json")); err != nil {
		return err
	}
	_, err = c.scan(ctx, labName)
	return err
}

// apiOn measures the API on one store.
func (b *bench) apiOn(ctx context.Context, o apiOptions, store string, docs documents) error {
	p, gone, err := b.place(ctx, store, "api")
	if err != nil {
		return err
	}
	defer gone()
	known, err := fill(ctx, p.store, docs, o.objects)
	if err != nil {
		return fmt.Errorf("fill the store: %w", err)
	}
	c, err := b.start(ctx, p, "api-"+store)
	if err != nil {
		return err
	}
	defer c.process.Stop()
	l, err := newLoad(p.data, o.clients, known, c.process)
	if err != nil {
		return err
	}
	fmt.Fprintf(b.out, "\n%s: %d objects, %d links, %d cliques in %d environments\n\n", store, known.objects, known.links, known.cliques, len(known.environments))
	routes, err := l.routes(ctx, o.routes, o.each)
	apiTable(b.out, routes)
	if err != nil {
		return err
	}
	return errors.Join(err, l.soak(ctx, b.out, c.process, o.soak))
}
