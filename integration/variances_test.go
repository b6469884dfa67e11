package integration

import (
	"cmp"
	"fmt"
	"strings"
	"testing"
	"text/tabwriter"

	"calipso.io/calipso/api/client"
	"calipso.io/calipso/integration/lab/fleet"
	"calipso.io/calipso/pkg/model"
)

// TestVariances scans a small cloud of each of the 60 kinds: everything that is in it is found, and nothing else, and the
// paths of all instances are whole. A table on stdout has a line for each.
func TestVariances(t *testing.T) {
	t.Parallel()
	c, all := start(t), fleet.Variances()
	outcomes := make([]*outcome, len(all))
	defer func() { fmt.Print(table(all, outcomes)) }()
	t.Run("of", func(t *testing.T) {
		for n, v := range all {
			t.Run(fmt.Sprintf("%02d %s", v.Number, v), func(t *testing.T) {
				t.Parallel()
				outcomes[n] = &outcome{reason: "the test ended before the scan did"}
				c.in(t).tryVariance(v, outcomes[n])
			})
		}
	})
}

// outcome is what came of the scan of a variance.
type outcome struct {
	expected, found int // objects
	paths, whole    int // of interfaces of instances
	reason          string
}

// tryVariance scans a cloud of a kind.
func (c *calipso) tryVariance(v fleet.Variance, o *outcome) {
	t := c.t
	running, err := fleet.StartVariances(t.Context(), fleet.Spec{Seed: 1}, []fleet.Variance{v})
	if err != nil {
		t.Fatal(err)
	}
	defer running.Close()
	c.add(running.Environments()[0])
	scan := c.scan(client.ScanRequest{Environment: v.Name()})
	rows, err := c.Coverage(t.Context(), scan.ID)
	if err != nil {
		t.Fatal(err)
	}
	expected := running.Truths[0]
	problems := expected.Problems(scan, rows)
	inventory, truth := c.look(v.Name(), ""), running.Truth(v.Name())
	o.expected, o.found = sum(expected.Objects), sum(fleet.Found(scan))
	for _, p := range plugs(truth) {
		o.paths++
		if problem := cmp.Or(p.problem(inventory), p.strays(inventory)); problem == "" {
			o.whole++
		} else {
			problems = append(problems, problem)
		}
	}
	for _, problem := range problems {
		t.Error(problem)
	}
	checkTruth(t, inventory, truth)
	o.reason = ""
	if t.Failed() {
		o.reason = cmp.Or(strings.Join(problems[:min(1, len(problems))], ""), "the inventory is not what the cloud is") + ": see the test's messages"
	}
}

// strays says by which NIC of its host the interface's network is left, other than the right one; "" when there is none.
func (p plug) strays(inventory *found) string {
	clique, _ := inventory.clique(model.DBID(inventory.environment, model.TypeInstance, p.instance))
	for _, id := range clique.Links {
		l := inventory.links[id]
		if l.LinkType == "host_pnic-network" && l.Host == p.host && l.TargetID == p.network && !matches(p.nic(), l.SourceID) {
			return fmt.Sprintf("path of %s (%s, %s network) leads to its network by %s too, not only by %s", p.tap, p.host, p.networkType, l.SourceID, p.nic())
		}
	}
	return ""
}

func sum(counts map[string]int) (n int) {
	for _, count := range counts {
		n += count
	}
	return n
}

// table has a line for each variance that was tried.
func table(all []fleet.Variance, outcomes []*outcome) string {
	var text strings.Builder
	w := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "row\tdistribution\tmechanism\ttype\tobjects\tpaths whole\tresult")
	for n, v := range all {
		o := outcomes[n]
		if o == nil {
			continue
		}
		result := "ok"
		if o.reason != "" {
			result = "FAILED: " + o.reason
		}
		fmt.Fprintf(w, "%d\t%s %s\t%s\t%s\t%d of %d\t%d of %d\t%s\n", v.Number, v.Distribution, v.Version, v.Mechanism, v.Type,
			o.found, o.expected, o.whole, o.paths, result)
	}
	w.Flush()
	return text.String()
}
