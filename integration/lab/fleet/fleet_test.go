package fleet_test

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"calipso.io/calipso/integration/lab"
	"calipso.io/calipso/integration/lab/faults"
	"calipso.io/calipso/integration/lab/fleet"
	"calipso.io/calipso/integration/lab/sim"
	"calipso.io/calipso/pkg/model"
)

func members(t *testing.T, s fleet.Spec) []fleet.Member {
	t.Helper()
	all, err := fleet.Members(s)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestMembers(t *testing.T) {
	t.Parallel()
	all := members(t, fleet.Spec{Seed: 1, Environments: 60})
	kinds, sizes, addresses := map[fleet.Kind]int{}, map[int]int{}, map[string]bool{}
	for _, m := range all {
		kinds[m.Kind]++
		addresses[m.Address] = true
		if m.Kind == fleet.Healthy {
			sizes[m.Hosts]++
		}
	}
	if d := cmp.Diff(map[fleet.Kind]int{fleet.Healthy: 45, fleet.Slow: 7, fleet.Broken: 7, fleet.Dead: 1}, kinds); d != "" {
		t.Errorf("kinds: %s", d)
	}
	if len(addresses) != 60 {
		t.Errorf("60 clouds have %d addresses", len(addresses))
	}
	for hosts, n := range sizes {
		if hosts < 2 || hosts > 50 || n < 2 {
			t.Errorf("%d healthy clouds have %d hosts", n, hosts)
		}
	}
	if len(sizes) < 9 {
		t.Errorf("the sizes are %v", sizes)
	}
	if !reflect.DeepEqual(all, members(t, fleet.Spec{Seed: 1, Environments: 60})) {
		t.Error("the same seed gives another fleet")
	}
	if reflect.DeepEqual(all, members(t, fleet.Spec{Seed: 2, Environments: 60})) {
		t.Error("another seed gives the same fleet")
	}
	for _, n := range []int{5, 251} {
		if _, err := fleet.Members(fleet.Spec{Environments: n}); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("a fleet of %d", n)) {
			t.Errorf("%d environments: %v", n, err)
		}
	}
}

// TestHealed: a healed fleet is the same clouds.
func TestHealed(t *testing.T) {
	t.Parallel()
	spec := fleet.Spec{Seed: 3, Environments: 20, APIDelay: 2, SSHDelay: 3}
	ill := members(t, spec)
	spec.Healed = true
	for n, m := range members(t, spec) {
		if m.Kind != fleet.Healthy || m.Dead || m.APIDelay != 2 || m.SSHDelay != 3 || !reflect.DeepEqual(m.Faults, lab.Faults{}) {
			t.Errorf("%s is not well: %+v", m.Name, m)
		}
		if m.Name != ill[n].Name || m.Hosts != ill[n].Hosts || m.Instances != ill[n].Instances {
			t.Errorf("%+v was %+v", m, ill[n])
		}
	}
}

// in is what is in a cloud of two hosts.
var in = sim.Truth{
	Projects: []string{"admin"}, Zones: []string{"internal", "nova"}, Aggregates: []string{"ssd"}, Hosts: []string{"node-1", "node-2"},
	Networks: []string{"n"}, Ports: []string{"p", "q"}, Instances: []string{"i"}, Agents: []string{"a"},
	Namespaces: []string{"node-1 qdhcp-n"}, ServiceVnics: []string{"node-1 tap-p"}, Vnics: []sim.Vnic{{Host: "node-2"}}, LinuxBridges: []string{"node-2 qbr-q"},
	Switches: []string{"node-1 OVS", "node-2 OVS"}, TunnelEnds: []string{"node-1-otep", "node-2-otep"},
	NICs: []string{"node-1 ens3 M", "node-1 ens4 M", "node-2 ens3 M"},
}

func TestExpect(t *testing.T) {
	t.Parallel()
	whole := map[string]int{"region": 1, "project": 1, "availability_zone": 2, "aggregate": 1, "host_ref": 1, "host": 2, "network": 1,
		"port": 2, "instance": 1, "network_agent": 1, "vservice": 1, "vnic": 2, "vconnector": 1, "host_pnic": 3, "vedge": 2, "otep": 2}
	const withErrors = model.ScanCompletedWithErrors
	for name, tt := range map[string]struct {
		member  fleet.Member
		status  string
		without map[string]int // objects that are not found
		failed  []fleet.Failure
	}{
		"healthy": {status: model.ScanCompleted},
		"dead":    {fleet.Member{EnvConfig: lab.EnvConfig{Dead: true}}, model.ScanFailed, whole, []fleet.Failure{{"environment", "e", "api.*"}}},
		"silent host": {broken(lab.Faults{Hosts: map[string]faults.Host{"node-2": faults.Unreachable}}), withErrors,
			map[string]int{"vnic": 1, "vconnector": 1, "host_pnic": 1, "vedge": 1, "otep": 1}, []fleet.Failure{{"host", "node-2", "cli.*"}}},
		"wrong password": {broken(lab.Faults{RefuseSSH: true}), withErrors,
			map[string]int{"vservice": 1, "vnic": 2, "vconnector": 1, "host_pnic": 3, "vedge": 2, "otep": 2},
			[]fleet.Failure{{"host", "node-1", "cli.*"}, {"host", "node-2", "cli.*"}}},
		"wrong password of the database": {broken(lab.Faults{RefuseSQL: true}), withErrors, nil, []fleet.Failure{{"region", "*", "sql.endpoints"}}},
		"broken listing": {broken(lab.Faults{API: map[string]faults.API{"/v2.1/os-aggregates": faults.Error500}}), withErrors,
			map[string]int{"aggregate": 1, "host_ref": 1}, []fleet.Failure{{"region", "*", "api.aggregates"}, {"region", "*", "api.host_refs"}}},
	} {
		tt.member.Name = "e"
		got := fleet.Expect(tt.member, in)
		want := map[string]int{}
		for objectType, n := range whole {
			if n > tt.without[objectType] {
				want[objectType] = n - tt.without[objectType]
			}
		}
		if got.Status != tt.status || !slices.Equal(got.Failed, tt.failed) {
			t.Errorf("%s: %s, with failures %v", name, got.Status, got.Failed)
		}
		if d := cmp.Diff(want, got.Objects); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

func broken(f lab.Faults) fleet.Member { return fleet.Member{EnvConfig: lab.EnvConfig{Faults: f}} }

func TestProblems(t *testing.T) {
	t.Parallel()
	truth := fleet.Truth{Status: model.ScanCompletedWithErrors, Objects: map[string]int{"host": 2, "vedge": 1},
		Failed: []fleet.Failure{{"host", "node-2", "cli.*"}}}
	scan := func(status string, hosts, vedges int) model.Scan {
		return model.Scan{Status: status, Error: "why", Summary: &model.ScanSummary{
			Objects: map[string]int{"host": hosts, "vedge": vedges, "vedges_folder": 7}}}
	}
	row := func(host, fetcher, status string) model.CoverageRow {
		return model.CoverageRow{ParentType: "host", Parent: host, Fetcher: fetcher, Status: status, Error: "why"}
	}
	read, failed := row("node-1", "cli.os", model.ResultOK), row("node-2", "cli.os", model.ResultFailed)
	good := scan(model.ScanCompletedWithErrors, 2, 1)
	for name, tt := range map[string]struct {
		scan model.Scan
		rows []model.CoverageRow
		want []string
	}{
		"none":              {good, []model.CoverageRow{read, failed}, nil},
		"another status":    {scan(model.ScanCompleted, 2, 1), []model.CoverageRow{read, failed}, []string{"the scan is completed instead of completed_with_errors: why"}},
		"no summary":        {model.Scan{Status: truth.Status}, []model.CoverageRow{failed}, []string{"host: 0 instead of 2", "vedge: 0 instead of 1"}},
		"too many":          {scan(truth.Status, 2, 3), []model.CoverageRow{failed}, []string{"vedge: 3 instead of 1"}},
		"fails":             {good, []model.CoverageRow{row("node-1", "cli.os", model.ResultFailed), failed}, []string{"host node-1: cli.os is failed: why"}},
		"not reached":       {good, []model.CoverageRow{row("node-1", "", model.ResultNotReached), failed}, []string{"host node-1:  is not reached: why"}},
		"does not fail":     {good, []model.CoverageRow{failed, row("node-2", "cli.pnics", model.ResultEmpty)}, []string{"host node-2: cli.pnics is empty instead of failed"}},
		"not in the report": {good, []model.CoverageRow{read}, []string{"host node-2: cli.* is not in the coverage report"}},
		"API of that host":  {good, []model.CoverageRow{failed, row("node-2", "api.routers", model.ResultOK)}, nil},
		"a type of its own": {model.Scan{Status: truth.Status, Summary: &model.ScanSummary{Objects: map[string]int{"host": 2, "vedge": 1, "switch": 1}}}, []model.CoverageRow{failed}, []string{"switch: 1 instead of 0"}},
	} {
		if got := truth.Problems(tt.scan, tt.rows); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// TestVariances: there is one of each kind, each distribution in all of its versions.
func TestVariances(t *testing.T) {
	t.Parallel()
	all, kinds, versions := fleet.Variances(), map[string]bool{}, map[string]bool{}
	for n, v := range all {
		kinds[v.Distribution+v.Mechanism+v.Type], versions[v.Distribution+v.Version] = true, true
		if v.Number != n+1 || v.Config().Name != v.Name() {
			t.Errorf("variance %d is %+v", n+1, v)
		}
	}
	if len(all) != 60 || len(kinds) != 60 || len(versions) != 6+7+7+1+7 {
		t.Errorf("%d variances, %d kinds, %d versions", len(all), len(kinds), len(versions))
	}
	if got := fmt.Sprint(all[0], "; ", all[22]); got != "Mirantis 6.0, OVS, flat; RDO Mitaka, VPP, vxlan" {
		t.Error(got)
	}
}

// TestWrite: what is written tells where the clouds are and what is in them, and is for nobody else to read.
func TestWrite(t *testing.T) {
	t.Parallel()
	running, err := fleet.Start(t.Context(), fleet.Spec{Seed: 1, Environments: 6})
	if err != nil {
		t.Fatal(err)
	}
	defer running.Close()
	folder := filepath.Join(t.TempDir(), "new")
	if err := running.Write(folder); err != nil {
		t.Fatal(err)
	}
	environments, truths, err := fleet.Read(folder)
	if err != nil || len(environments) != 6 || len(truths) != 6 {
		t.Fatalf("%d environments, %d truths, %v", len(environments), len(truths), err)
	}
	for n, e := range environments {
		if e.Name != truths[n].Environment || e.Section(model.SectionCLI).Str("host") != fmt.Sprintf("127.16.0.%d", n+1) {
			t.Errorf("environment %d is %s at %s, and its truth %s's", n, e.Name, e.Section(model.SectionCLI).Str("host"), truths[n].Environment)
		}
	}
	if info, err := os.Stat(filepath.Join(folder, "environments.json")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("passwords in a file of mode %v (%v)", info.Mode(), err)
	}
	if err := os.Remove(filepath.Join(folder, "truth.json")); err != nil {
		t.Fatal(err)
	}
	if _, _, err := fleet.Read(folder); err == nil || !strings.Contains(err.Error(), "truth.json") {
		t.Errorf("without a file: %v", err)
	}
}
