package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"time"

	"calipso.io/calipso/api/client"
	"calipso.io/calipso/integration/lab/fleet"
	"calipso.io/calipso/integration/proc"
	"calipso.io/calipso/pkg/model"
)

// outcome is what became of the scan of one environment.
type outcome struct {
	fleet.Truth
	scan     model.Scan
	problems []string // how it is not as the truth says
}

// took is the time from the request to the end.
func (o *outcome) took() time.Duration { return o.scan.EndTimestamp.Sub(o.scan.SubmitTimestamp) }

// waited is the part of it before the scan began.
func (o *outcome) waited() time.Duration { return o.scan.StartTimestamp.Sub(o.scan.SubmitTimestamp) }

// pass is a scan of each of many environments, all requested at once, by an installation of its own.
type pass struct {
	layout
	outcomes []outcome
	load     string // of the machine, before
	peak     int    // bytes of memory that a worker took at most
	cpu      struct{ workers, others, queue, clouds time.Duration }
}

// wall is the time from the first request to the end of the last scan.
func (p *pass) wall() time.Duration {
	first, last := p.outcomes[0].scan.SubmitTimestamp, time.Time{}
	for _, o := range p.outcomes {
		if o.scan.SubmitTimestamp.Before(first) {
			first = o.scan.SubmitTimestamp
		}
		if o.scan.EndTimestamp.After(last) {
			last = *o.scan.EndTimestamp
		}
	}
	return last.Sub(first)
}

// asExpected counts the scans that came out as the truth says.
func (p *pass) asExpected() (n int) {
	for _, o := range p.outcomes {
		if len(o.problems) == 0 {
			n++
		}
	}
	return n
}

// clouds are the running fleet.
type clouds struct {
	*proc.Process
	environments []model.Environment
	truths       []fleet.Truth
}

// launchClouds starts a fleet in a process of its own.
func launchClouds(ctx context.Context, o options, work string, healed bool) (*clouds, error) {
	p, err := proc.Launch(ctx, o.lab, "fleet", "--seed", fmt.Sprint(o.seed), "--environments", fmt.Sprint(o.environments),
		"--api-delay", o.apiDelay.String(), "--ssh-delay", o.sshDelay.String(), fmt.Sprintf("--healed=%t", healed), "--write", work)
	if err != nil {
		return nil, err
	}
	c := &clouds{Process: p}
	if c.environments, c.truths, err = fleet.Read(work); err != nil {
		p.Stop()
		return nil, err
	}
	return c, nil
}

// only returns the clouds of some kinds.
func (c *clouds) only(kinds ...fleet.Kind) *clouds {
	some := &clouds{Process: c.Process}
	for n, t := range c.truths {
		if slices.Contains(kinds, t.Kind) {
			some.truths = append(some.truths, t)
			some.environments = append(some.environments, c.environments[n])
		}
	}
	return some
}

// scanAll makes an installation, has it scan each of the clouds once, and ends it.
func (c *clouds) scanAll(ctx context.Context, work string, l layout) (*pass, error) {
	work, err := os.MkdirTemp(work, "pass-")
	if err != nil {
		return nil, err
	}
	p := &pass{layout: l, load: proc.Load()}
	i, err := install(ctx, work, l)
	defer i.stop()
	if err == nil {
		err = p.scan(ctx, i, c)
	}
	return p, err
}

func (p *pass) scan(ctx context.Context, i *installation, c *clouds) error {
	for _, e := range c.environments {
		if err := i.AddEnvironment(ctx, e); err != nil {
			return err
		}
	}
	before, err := c.Usage()
	if err != nil {
		return err
	}
	for n, e := range c.environments {
		id, err := i.StartScan(ctx, client.ScanRequest{Environment: e.Name})
		if err != nil {
			return err
		}
		p.outcomes = append(p.outcomes, outcome{Truth: c.truths[n], scan: model.Scan{ID: id}})
	}
	if err := i.follow(ctx); err != nil {
		return err
	}
	if err := p.takeUsages(i, c); err != nil {
		return err
	}
	p.cpu.clouds -= before.CPU
	return p.collect(ctx, i)
}

// takeUsages reads what all processes have taken.
func (p *pass) takeUsages(i *installation, c *clouds) (err error) {
	if p.cpu.workers, p.peak, err = usage(i.workers...); err != nil {
		return err
	}
	if p.cpu.others, _, err = usage(i.others...); err != nil {
		return err
	}
	if p.cpu.queue, _, err = usage(i.queue...); err != nil {
		return err
	}
	p.cpu.clouds, _, err = usage(c.Process)
	return err
}

// usage returns the processor time that programs have taken together, and the most memory that one of them has.
func usage(programs ...*proc.Process) (cpu time.Duration, peak int, err error) {
	for _, p := range programs {
		u, err := p.Usage()
		if err != nil {
			return 0, 0, err
		}
		cpu, peak = cpu+u.CPU, max(peak, u.Peak)
	}
	return cpu, peak, nil
}

// follow waits until all scans have ended, and tells now and then how far they are.
func (i *installation) follow(ctx context.Context) error {
	const every, tellEvery = 500 * time.Millisecond, 20
	for n := 0; ; n++ {
		scans, err := i.Scans(ctx, "", "")
		if err != nil {
			return err
		}
		statuses, open := map[string]int{}, 0
		for _, s := range scans {
			statuses[s.Status]++
			if !model.Ended(s.Status) {
				open++
			}
		}
		if n%tellEvery == 0 || open == 0 {
			fmt.Fprintf(os.Stderr, "%4.0f s: %v\n", (time.Duration(n) * every).Seconds(), statuses)
		}
		if open == 0 {
			return nil
		}
		if err := i.check(); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(every):
		}
	}
}

// collect reads what became of the scans.
func (p *pass) collect(ctx context.Context, i *installation) error {
	for n := range p.outcomes {
		o := &p.outcomes[n]
		state, err := i.Scan(ctx, o.scan.ID)
		if err != nil {
			return err
		}
		o.scan = state.Scan
		rows, err := i.Coverage(ctx, o.scan.ID)
		if err != nil {
			return err
		}
		o.problems = o.Problems(o.scan, rows)
	}
	return nil
}
