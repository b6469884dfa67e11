package main

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"calipso.io/calipso/integration/lab/fleet"
)

// spread tells how fairly equal environments were treated: it returns the greatest ratio of the slowest to the fastest
// of healthy environments of one size, that size in hosts, and how many environments have it. All are 0 when there is
// no size that two have.
func (p *pass) spread() (ratio float64, hosts, environments int) {
	bySize := map[int][]time.Duration{}
	for _, o := range p.outcomes {
		if o.Kind == fleet.Healthy {
			bySize[o.Hosts] = append(bySize[o.Hosts], o.took())
		}
	}
	for _, size := range slices.Sorted(maps.Keys(bySize)) {
		times := bySize[size]
		r := slices.Max(times).Seconds() / slices.Min(times).Seconds()
		if len(times) > 1 && r > ratio {
			ratio, hosts, environments = r, size, len(times)
		}
	}
	return ratio, hosts, environments
}

// mean is the mean time, from request to end, of the scans of some environments, which it must have.
func (p *pass) mean(environments []string) (mean time.Duration) {
	for _, o := range p.outcomes {
		if slices.Contains(environments, o.Environment) {
			mean += o.took() / time.Duration(len(environments))
		}
	}
	return mean
}

// healthy names the environments that are.
func (c *clouds) healthy() (names []string) {
	for _, t := range c.only(fleet.Healthy).truths {
		names = append(names, t.Environment)
	}
	return names
}

// compare adds a problem to each outcome that has other links or cliques than that of another pass.
func (p *pass) compare(other *pass) {
	for n := range p.outcomes {
		mine, its := &p.outcomes[n], other.outcomes[n]
		if mine.scan.Summary == nil || its.scan.Summary == nil {
			continue // there is a problem already, or all are dead
		}
		for what, pair := range map[string][2]int{
			"links":   {mine.scan.Summary.Links, its.scan.Summary.Links},
			"cliques": {mine.scan.Summary.Cliques, its.scan.Summary.Cliques},
		} {
			if pair[0] != pair[1] {
				mine.problems = append(mine.problems, fmt.Sprintf("%d %s with %d workers, and %d with %d", pair[0], what, p.workers, pair[1], other.workers))
			}
		}
	}
}

// problemTexts lists what was not as it should have been.
func (p *pass) problemTexts() (texts []string) {
	for _, o := range p.outcomes {
		for _, problem := range o.problems {
			texts = append(texts, fmt.Sprintf("%d workers: %s: %s", p.workers, o.Environment, problem))
		}
	}
	return texts
}
