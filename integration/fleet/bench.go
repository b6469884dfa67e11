package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"

	"calipso.io/calipso/integration/lab/fleet"
	"calipso.io/calipso/pkg/app"
)

// besides is how many workers scan to see what the clouds that are not well cost the others.
const besides = 4

// measure scans the fleet with several numbers of workers, then with and without the clouds that are not well, and
// prints tables. When something fails, the tables have what went well.
func measure(ctx context.Context, o options, work string) error {
	b := &bench{options: o, work: work}
	fmt.Printf("%d cores (%s), %s\n", runtime.NumCPU(), runtime.GOARCH, runtime.Version())
	err := b.run(ctx)
	b.print(os.Stdout)
	if err != nil {
		return err
	}
	var problems []string
	for _, p := range append(b.scaling, b.with, b.without, b.healed) {
		problems = append(problems, p.problemTexts()...)
	}
	for _, text := range problems {
		fmt.Fprintln(os.Stderr, text)
	}
	if len(problems) > 0 {
		return fmt.Errorf("%d problems: not all environments are as expected", len(problems))
	}
	return nil
}

// bench is one run of the benchmark.
type bench struct {
	options
	work    string
	scaling []*pass // by the number of workers

	with, without, healed *pass    // the clouds that are not well
	well                  []string // names of the others
}

func (b *bench) run(ctx context.Context) error {
	c, err := launchClouds(ctx, b.options, filepath.Join(b.work, "fleet"), false)
	if err != nil {
		return err
	}
	defer c.Stop()
	b.well = c.healthy()
	for _, n := range b.workers {
		p, err := b.pass(ctx, c, "all", b.layout(n, b.concurrency))
		if err != nil {
			return err
		}
		b.scaling = append(b.scaling, p)
		p.compare(b.scaling[0])
	}
	return b.runBesides(ctx, c)
}

// runBesides measures what the clouds that are not well cost the others, with as many tasks at once as by default.
func (b *bench) runBesides(ctx context.Context, c *clouds) (err error) {
	l := b.layout(besides, app.DefaultConcurrency)
	if b.with, err = b.pass(ctx, c, "all", l); err != nil {
		return err
	}
	if b.without, err = b.pass(ctx, c.only(fleet.Healthy), "only those that are well", l); err != nil {
		return err
	}
	healed, err := launchClouds(ctx, b.options, filepath.Join(b.work, "healed"), true)
	if err != nil {
		return err
	}
	defer healed.Stop()
	b.healed, err = b.pass(ctx, healed, "all, and all are well", l)
	return err
}

// pass scans clouds, and says so.
func (b *bench) pass(ctx context.Context, c *clouds, which string, l layout) (*pass, error) {
	fmt.Fprintf(os.Stderr, "%d clouds (%s), %d workers with %d tasks each\n", len(c.environments), which, l.workers, l.concurrency)
	return c.scanAll(ctx, b.work, l)
}

func (b *bench) print(out io.Writer) {
	if len(b.scaling) > 0 {
		b.printScaling(out)
	}
	if b.healed != nil {
		b.printBesides(out)
	}
}
