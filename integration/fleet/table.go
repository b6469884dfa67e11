package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// printScaling prints a column for each number of workers.
func (b *bench) printScaling(out io.Writer) {
	first := b.scaling[0]
	fmt.Fprintf(out, "\n%d environments; API %s, SSH %s; %d task at a time in each worker; %s\n\n", len(first.outcomes), b.apiDelay,
		b.sshDelay, first.concurrency, b.storeName())
	head, rule := []string{"workers"}, []string{"---"}
	for _, p := range b.scaling {
		head, rule = append(head, fmt.Sprint(p.workers)), append(rule, "---:")
	}
	line(out, head)
	line(out, rule)
	for _, r := range scalingRows {
		cells := []string{r.name}
		for _, p := range b.scaling {
			cells = append(cells, r.value(p, first))
		}
		line(out, cells)
	}
}

// scalingRows are what is told of each number of workers.
var scalingRows = []struct {
	name  string
	value func(p, first *pass) string
}{
	{"**wall time**", func(p, _ *pass) string { return seconds(p.wall()) }},
	{"**speed-up**", func(p, first *pass) string { return fmt.Sprintf("%.2f", speedUp(p, first)) }},
	{"· of linear", func(p, first *pass) string {
		return percent(speedUp(p, first) * float64(first.workers) / float64(p.workers))
	}},
	{"**slowest to fastest of equal size**", func(p, _ *pass) string {
		ratio, hosts, environments := p.spread()
		return fmt.Sprintf("%.2f (%d of %d hosts)", ratio, environments, hosts)
	}},
	{"peak memory of a worker", func(p, _ *pass) string { return fmt.Sprintf("%d MB", p.peak/1_000_000) }},
	{"processor time: workers", func(p, _ *pass) string { return seconds(p.cpu.workers) }},
	{"· API and scheduler", func(p, _ *pass) string { return seconds(p.cpu.others) }},
	{"· Redis", func(p, _ *pass) string { return seconds(p.cpu.queue) }},
	{"· the simulated clouds", func(p, _ *pass) string { return seconds(p.cpu.clouds) }},
	{"as expected", func(p, _ *pass) string { return fmt.Sprintf("%d of %d", p.asExpected(), len(p.outcomes)) }},
	{"load of the machine before", func(p, _ *pass) string { return p.load }},
}

func speedUp(p, first *pass) float64 { return first.wall().Seconds() / p.wall().Seconds() }

// printBesides prints what the clouds that are not well cost the others.
func (b *bench) printBesides(out io.Writer) {
	fmt.Fprintf(out, "\n%d environments that are well, beside %d that are slow, half broken or dead; %d workers with %d tasks each\n\n",
		len(b.well), len(b.with[0].outcomes)-len(b.well), b.with[0].workers, b.with[0].concurrency)
	line(out, []string{"the others are", "mean time to completion of those that are well", "delay", "wall time", "peak memory of a worker", "load before"})
	line(out, []string{"---", "---:", "---:", "---:", "---:", "---:"})
	with := best(b.with, b.well)
	for _, row := range []struct {
		name   string
		passes []*pass
	}{{"as they are", b.with}, {"well, too", b.healed}, {"not scanned", b.without}} {
		p, delay := best(row.passes, b.well), ""
		if p != with {
			delay = percent(with.mean(b.well).Seconds()/p.mean(b.well).Seconds()-1) + " "
		}
		fmt.Fprintf(out, "| %s | %s | %s| %s | %d MB | %s |\n", row.name, seconds(p.mean(b.well)), delay, seconds(p.wall()), p.peak/1_000_000, p.load)
	}
}

// best returns the pass in which some environments were done soonest, on average.
func best(passes []*pass, environments []string) *pass {
	return slices.MinFunc(passes, func(a, b *pass) int { return cmp.Compare(a.mean(environments), b.mean(environments)) })
}

func (b *bench) storeName() string {
	if b.mongo == "" {
		return "SQLite"
	}
	return "MongoDB wire protocol"
}

func line(out io.Writer, cells []string) { fmt.Fprintf(out, "| %s |\n", strings.Join(cells, " | ")) }

func seconds(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }

func percent(part float64) string { return fmt.Sprintf("%.0f %%", 100*part) }
