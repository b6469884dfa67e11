package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"calipso.io/calipso/integration/lab/fleet"
	"calipso.io/calipso/pkg/model"
)

// passed is a pass of workers; took has the seconds that each environment of so many hosts took, and links its links.
func passed(workers int, hosts []int, took []int, links int) *pass {
	p := &pass{layout: layout{workers: workers, concurrency: 1}, peak: 50_000_000, load: "0.50"}
	begin := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	for n := range hosts {
		end := begin.Add(time.Duration(took[n]) * time.Second)
		p.outcomes = append(p.outcomes, outcome{
			Truth: fleet.Truth{Environment: fmt.Sprint("e", n), Kind: fleet.Healthy, Hosts: hosts[n]},
			scan: model.Scan{Status: model.ScanCompleted, SubmitTimestamp: begin, StartTimestamp: &begin, EndTimestamp: &end,
				Summary: &model.ScanSummary{Links: links}}})
	}
	return p
}

func TestSpread(t *testing.T) {
	t.Parallel()
	p := passed(1, []int{2, 2, 5, 8, 5, 5}, []int{10, 11, 20, 100, 30, 25}, 0)
	p.outcomes[2].Kind = fleet.Slow // it may take its time
	if ratio, hosts, environments := p.spread(); ratio != 1.2 || hosts != 5 || environments != 2 {
		t.Errorf("%.2f between %d environments of %d hosts", ratio, environments, hosts)
	}
	if ratio, _, _ := passed(1, []int{2, 3}, []int{1, 9}, 0).spread(); ratio != 0 {
		t.Errorf("%.2f between environments of different sizes", ratio)
	}
}

func TestCompare(t *testing.T) {
	t.Parallel()
	one, two := passed(1, []int{2}, []int{9}, 30), passed(2, []int{2}, []int{5}, 31)
	if two.compare(two); two.asExpected() != 1 {
		t.Errorf("compared with itself: %q", two.problemTexts())
	}
	two.compare(one)
	if want := []string{"2 workers: e0: 31 links with 2 workers, and 30 with 1"}; !slices.Equal(two.problemTexts(), want) {
		t.Errorf("%q", two.problemTexts())
	}
}

func TestTables(t *testing.T) {
	t.Parallel()
	sizes := []int{2, 2, 4}
	b := &bench{scaling: []*pass{passed(1, sizes, []int{70, 80, 40}, 0), passed(4, sizes, []int{20, 25, 10}, 0)},
		well: []string{"e0", "e1"}, with: []*pass{passed(4, sizes, []int{10, 11, 40}, 0)},
		without: []*pass{passed(4, sizes[:2], []int{9, 9}, 0)}, healed: []*pass{passed(4, sizes, []int{10, 10, 10}, 0)}}
	var out strings.Builder
	b.print(&out)
	for _, want := range []string{"| workers | 1 | 4 |\n| --- | ---: | ---: |", "| **wall time** | 80.0 s | 25.0 s |",
		"| **speed-up** | 1.00 | 3.20 |", "| · of linear | 100 % | 80 % |",
		"| **slowest to fastest of equal size** | 1.14 (2 of 2 hosts) | 1.25 (2 of 2 hosts) |", "| as expected | 3 of 3 | 3 of 3 |",
		"2 environments that are well, beside 1 that",
		"| as they are | 10.5 s | | 40.0 s |", "| well, too | 10.0 s | 5 % | 10.0 s |", "| not scanned | 9.0 s | 17 % | 9.0 s |"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in\n%s", want, out.String())
		}
	}
}

func TestNumbers(t *testing.T) {
	t.Parallel()
	if all, err := numbers("1,8"); err != nil || !slices.Equal(all, []int{1, 8}) {
		t.Errorf("%v, %v", all, err)
	}
	for _, list := range []string{"", "2,", "0", "many"} {
		if _, err := numbers(list); err == nil || !strings.Contains(err.Error(), "-workers "+list) {
			t.Errorf("%q: %v", list, err)
		}
	}
}
