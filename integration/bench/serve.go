package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/pprof"

	"calipso.io/calipso/pkg/app"
)

// serveCommand makes this program the Calipso that is measured.
const serveCommand = "serve"

// serve runs all roles in this process, as `calipso all` does, until the context is done.
func serve(ctx context.Context, args []string) error {
	config := app.Config{Listen: "127.0.0.1:0"}
	f := flag.NewFlagSet(serveCommand, flag.ExitOnError)
	f.StringVar(&config.Data, "data", "", "data folder")
	f.StringVar(&config.Store, "store", "", "address of the store")
	profile := f.String("profile", "", "write profiles to files that begin with this")
	f.Parse(args) // exits when it fails
	log := slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})
	a, err := app.Open(ctx, config, log)
	if err != nil {
		return err
	}
	defer a.Close()
	finish, err := profiles(*profile)
	if err != nil {
		return err
	}
	err = a.Run(ctx, app.Roles{API: true, Workers: true, Scheduler: true, Concurrency: app.DefaultConcurrency,
		Started: func(string, string) { fmt.Println("ready") }})
	return errors.Join(err, finish())
}

// profiles begins to write profiles: PREFIX.cpu, and at the end PREFIX.heap.
func profiles(prefix string) (finish func() error, err error) {
	if prefix == "" {
		return func() error { return nil }, nil
	}
	if err := os.MkdirAll(filepath.Dir(prefix), 0o755); err != nil {
		return nil, err
	}
	cpu, err := os.Create(prefix + ".cpu")
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(cpu); err != nil {
		return nil, err
	}
	return func() error {
		pprof.StopCPUProfile()
		heap, err := os.Create(prefix + ".heap")
		if err != nil {
			return err
		}
		return errors.Join(cpu.Close(), pprof.WriteHeapProfile(heap), heap.Close())
	}, nil
}
