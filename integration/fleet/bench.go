package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"

	"calipso.io/calipso/integration/lab/fleet"
	"calipso.io/calipso/pkg/app"
)

// besides is how many workers scan, and rounds how often, to see what the clouds that are not well cost the others.
const (
	besides = 4
	rounds  = 2
)

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
	for _, p := range slices.Concat(b.scaling, b.with, b.without, b.healed) {
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

	well                  []string // names of the clouds that are; the passes are with those that are not, without them, and when they are healed
	with, without, healed []*pass
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
// They are measured by turns, so that what else this machine does is the same for all.
func (b *bench) runBesides(ctx context.Context, c *clouds) error {
	healed, err := launchClouds(ctx, b.options, filepath.Join(b.work, "healed"), true)
	if err != nil {
		return err
	}
	defer healed.Stop()
	for range rounds {
		for _, part := range []struct {
			clouds *clouds
			which  string
			passes *[]*pass
		}{{c, "all", &b.with}, {healed, "all, and all are well", &b.healed}, {c.only(fleet.Healthy), "only those that are well", &b.without}} {
			p, err := b.pass(ctx, part.clouds, part.which, b.layout(besides, app.DefaultConcurrency))
			if err != nil {
				return err
			}
			*part.passes = append(*part.passes, p)
		}
	}
	return nil
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
	if len(b.without) > 0 {
		b.printBesides(out)
	}
}
