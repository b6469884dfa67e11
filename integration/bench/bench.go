package main

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/mongo"
	mongooptions "go.mongodb.org/mongo-driver/v2/mongo/options"

	"calipso.io/calipso/integration/proc"
)

// bench is one run of the command.
type bench struct {
	options
	work string // folder for everything that is written
	out  io.Writer
}

func (b *bench) run(ctx context.Context) error {
	fmt.Fprintf(b.out, "%d cores (%s), %s, load %s\n", runtime.NumCPU(), runtime.GOARCH, runtime.Version(), proc.Load())
	lab := filepath.Join(b.work, "lab")
	build := exec.CommandContext(ctx, "go", "build", "-o", lab, "calipso.io/calipso/integration/lab/cmd/lab")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return fmt.Errorf("build the simulated lab: %w", err)
	}
	for _, store := range []string{onSQLite, onMongo} {
		if !slices.Contains(b.only, store) {
			continue
		}
		if store == onMongo && b.mongo == "" {
			fmt.Fprintln(b.out, "\nmongo: skipped, CALIPSO_TEST_MONGO_URI is not set")
			continue
		}
		if err := b.simulated(ctx, store); err != nil {
			return fmt.Errorf("%s: %w", store, err)
		}
	}
	if b.lab == "" || !slices.Contains(b.only, onLab) {
		return nil
	}
	return b.real(ctx)
}

// simulated measures all sizes of clouds on one store.
func (b *bench) simulated(ctx context.Context, store string) error {
	var columns []measured
	defer func() {
		fmt.Fprintf(b.out, "\n%s\n\n", store)
		table(b.out, columns) // when something failed, of what went well
	}()
	for _, hosts := range b.hosts[store] {
		found, err := b.cloud(ctx, store, hosts)
		if err != nil {
			return fmt.Errorf("%d hosts: %w", hosts, err)
		}
		columns = append(columns, found...)
	}
	return nil
}

// place is a folder and a store's address for one Calipso, and another address for the floor.
type place struct{ data, store, floor string }

// place makes them. Call gone when they are not needed anymore.
func (b *bench) place(ctx context.Context, store, name string) (p place, gone func(), err error) {
	p.data = filepath.Join(b.work, store+"-"+name)
	if err := os.MkdirAll(p.data, 0o700); err != nil {
		return p, nil, err
	}
	gone = func() { os.RemoveAll(p.data) }
	p.store, p.floor = filepath.Join(p.data, "calipso.db"), filepath.Join(p.data, "floor.db")
	if store != onMongo {
		return p, gone, nil
	}
	uri, err := url.Parse(b.mongo)
	if err != nil {
		return p, nil, fmt.Errorf("CALIPSO_TEST_MONGO_URI: %w", err)
	}
	prefix := "calipso_bench_" + strings.ReplaceAll(filepath.Base(b.work), "-", "_") + "_" + name
	own, floor := *uri, *uri
	own.Path, floor.Path = "/"+prefix, "/"+prefix+"_floor"
	p.store, p.floor = own.String(), floor.String()
	return p, func() {
		os.RemoveAll(p.data)
		drop(ctx, b.mongo, prefix, prefix+"_floor")
	}, nil
}

// drop removes databases. When it can't, they are only in the way.
func drop(ctx context.Context, uri string, databases ...string) {
	ctx = context.WithoutCancel(ctx)
	client, err := mongo.Connect(mongooptions.Client().ApplyURI(uri))
	if err != nil {
		return
	}
	defer client.Disconnect(ctx)
	for _, name := range databases {
		if err := client.Database(name).Drop(ctx); err != nil {
			fmt.Fprintf(os.Stderr, "drop database %s: %v\n", name, err)
		}
	}
}
