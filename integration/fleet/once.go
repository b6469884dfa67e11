package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"text/tabwriter"

	"calipso.io/calipso/integration/lab/fleet"
)

// scanOnce scans each cloud once and prints what became of it. It is an error when something is not as the truth says.
func scanOnce(ctx context.Context, o options, work string) error {
	c, err := launchClouds(ctx, o, work, false)
	if err != nil {
		return err
	}
	defer c.Stop()
	p, err := c.scanAll(ctx, work, o.layout(o.workers[0], o.concurrency))
	if err != nil {
		return err
	}
	p.print(os.Stdout)
	if n := len(p.outcomes) - p.asExpected(); n > 0 {
		return fmt.Errorf("%d of %d environments are not as expected", n, len(p.outcomes))
	}
	return nil
}

// print prints a line for each environment.
func (p *pass) print(out io.Writer) {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "ENVIRONMENT\tHOSTS\tKIND\tSTATUS\tWAITED\tTOOK\tOBJECTS\tEXPECTED\tPROBLEMS")
	for _, o := range p.outcomes {
		fmt.Fprintf(table, "%s\t%d\t%s\t%s\t%.1f s\t%.1f s\t%d\t%d\t%d\n", o.Environment, o.Hosts, o.Kind, o.scan.Status,
			o.waited().Seconds(), o.took().Seconds(), sum(fleet.Found(o.scan)), sum(o.Objects), len(o.problems))
	}
	table.Flush()
	for _, o := range p.outcomes {
		for _, problem := range o.problems {
			fmt.Fprintf(out, "%s: %s\n", o.Environment, problem)
		}
	}
	fmt.Fprintf(out, "%d of %d environments as expected, by %d workers with %d tasks each, in %.1f s\n",
		p.asExpected(), len(p.outcomes), p.workers, p.concurrency, p.wall().Seconds())
}

func sum(counts map[string]int) (n int) {
	for _, c := range counts {
		n += c
	}
	return n
}
