package integration

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"calipso.io/calipso/api/client"
	"calipso.io/calipso/integration/lab"
	"calipso.io/calipso/integration/lab/faults"
	"calipso.io/calipso/pkg/model"
)

// fault is something that goes wrong between two good scans.
type fault struct {
	name   string
	faults lab.Faults                   // in the cloud
	change func(env *model.Environment) // in its document
	slow   bool                         // it lasts until a limit in time has passed

	status string            // that the scan ends with; completed with errors when empty
	failed map[string]string // the lines of the coverage report that say what failed: parent and fetcher, * for any; and their messages
	warned map[string]string // the lines that have a warning, and its text: only details are missing then
}

// all makes the same message of several lines.
func all(message string, lines ...string) map[string]string {
	failed := map[string]string{}
	for _, line := range lines {
		failed[line] = message
	}
	return failed
}

// faultsOf lists what can go wrong with each of the ways to a cloud. Of the hosts node-1 has the network services; the
// others have instances, plugged through bridges on node-2 and directly on node-3.
func faultsOf() map[string][]fault {
	apis := []string{"environment *", "region api.*", "node-1 api.routers", "node-1 cli.vservice*"}
	hosts := []string{"node-1 cli.*", "node-2 *", "node-3 *"}
	database := "region sql.endpoints"
	return map[string][]fault{
		"login": {
			{name: "wrong password", faults: lab.Faults{RefuseAPI: true}, failed: all("check user and pwd of the OpenStack section", apis...)},
			{name: "closed port", faults: closed("keystone"), failed: all("connection refused: check host and port of the OpenStack section", apis...)},
			{name: "unknown host", change: unknownHost, failed: all("lookup nosuch.invalid", apis...)},
			{name: "all APIs down", faults: closed("keystone", "nova", "neutron"), failed: all("connection refused", apis...)},
			{name: "nothing answers", faults: closed("keystone", "nova", "neutron", "ssh", "mysql"), status: model.ScanFailed,
				failed: all("connection refused", "environment *", "region *", "node-* *")},
		},
		"API": {
			{name: "closed Neutron", faults: closed("neutron"), failed: all("connection refused", "region api.hosts", "region api.agents",
				"region api.networks", "region api.ports", "region api.instances", "node-1 api.routers", "node-1 cli.vservice*")},
			{name: "500", faults: answer("/v2.0/ports", faults.Error500),
				failed: all("/v2.0/ports?limit=1000: 500 Internal Server Error", "region api.ports", "region api.instances")},
			{name: "HTML", faults: answer("/v2.0/networks", faults.HTML),
				failed: all("the answer is not JSON: <!DOCTYPE html>", "region api.networks", "region api.ports", "region api.instances")},
			{name: "half of the JSON", faults: answer("/v2.1/servers", faults.TruncatedJSON), failed: all("is broken JSON: it ends with", "region api.instances")},
		},
		"patience": {
			{name: "no answer", faults: answer("/v2.1/servers", faults.HangingAPI), slow: true, failed: all("no answer within 1m0s", "region api.instances")},
		},
		"SSH": {
			{name: "changed host key", faults: lab.Faults{NewHostKey: true}, failed: all("has changed from SHA256:", hosts...)},
			{name: "wrong password", faults: lab.Faults{RefuseSSH: true}, failed: all("password refused: check the CLI section's user and pwd", hosts...)},
			{name: "closed gateway", faults: closed("ssh"), failed: all("connection refused: check the CLI section's host and port", hosts...)},
			{name: "host does not answer", faults: host(faults.Unreachable), failed: all("to host node-2 failed: ssh: connect to host node-2 port 22: Connection timed out", "node-2 *")},
			{name: "host refuses", faults: host(faults.Refused), failed: all("port 22: Connection refused", "node-2 *")},
		},
		"database": {
			{name: "wrong password", faults: lab.Faults{RefuseSQL: true}, failed: all("refused user scan: check user and pwd of the mysql section", database)},
			{name: "closed port", faults: closed("mysql"), failed: all("connection refused: check host and port of the mysql section", database)},
			{name: "no Neutron schema", faults: lab.Faults{NoNeutronSchema: true}, failed: all("no schema that user scan sees has neutron in its name", database)},
		},
		"commands": commandFaults(),
		"fabric":   fabricFaults(),
	}
}

// commandFaults lists what can be wrong with commands of the hosts: several at once, each on a host of its own.
func commandFaults() []fault {
	const needs = "it needs cli.pnics, which failed"
	const garbage, half = "nothing that it printed can be understood", "its output breaks off in the middle of a line"
	return []fault{
		{name: "missing commands", faults: lab.Faults{Missing: map[string][]string{"node-1": {"cat"}, "node-2": {"ovs-vsctl", "virsh"}, "node-3": {"ip"}}},
			failed: map[string]string{
				"node-1 cli.os":             "cat /etc/os-release: the command is missing on the host",
				"node-2 cli.instance_vnics": "virsh: command not found",
				"node-2 cli.pnics":          "ovs-vsctl: command not found",
				"node-2 cli.ovs.*":          "ovs-vsctl: command not found",
				"node-3 cli.pnics":          "ip address show: the command is missing on the host",
				"node-3 cli.ovs.oteps":      "ip address show: the command is missing on the host",
				"node-2 cli.lldp":           needs, "node-3 cli.lldp": needs,
			}},
		{name: "failing commands", faults: output(faults.Fails, "node-1 ip netns list", "node-1 lldpctl", "node-2 ovs-vsctl", "node-2 virsh dumpxml", "node-3 ls -l",
			"node-3 virsh list"),
			failed: map[string]string{
				"node-1 cli.lldp":           "lldpctl -f json: exit status 1: lldpctl: Input/output error",
				"node-1 cli.vservice*":      "exit status 1: ip: Input/output error",
				"node-2 cli.pnics":          "ovs-vsctl show: exit status 1: ovs-vsctl: Input/output error",
				"node-2 cli.ovs.*":          "ovs-vsctl show: exit status 1: ovs-vsctl: Input/output error",
				"node-2 cli.instance_vnics": "could not be read: virsh: Input/output error",
				"node-3 cli.instance_vnics": "exit status 1: virsh: Input/output error",
				"node-3 cli.pnics":          "ls -l /sys/class/net: exit status 1: ls: Input/output error",
				"node-2 cli.lldp":           needs, "node-3 cli.lldp": needs,
			}},
		{name: "garbage", faults: output(faults.Garbage, "node-1 ip netns list", "node-1 ls -l", "node-1 cat", "node-2 ovs-vsctl", "node-2 virsh list",
			"node-2 brctl", "node-3 ip address", "node-3 virsh dumpxml"),
			failed: map[string]string{
				"node-1 cli.os":             "it names no operating system",
				"node-1 cli.vservice*":      garbage,
				"node-1 cli.pnics":          "ls -l /sys/class/net: there is none in what it printed",
				"node-2 cli.pnics":          garbage,
				"node-2 cli.ovs.*":          garbage,
				"node-2 cli.instance_vnics": garbage,
				"node-2 cli.bridges":        garbage,
				"node-3 cli.pnics":          garbage,
				"node-3 cli.ovs.oteps":      garbage,
				"node-3 cli.instance_vnics": "what was printed can't be understood",
				"node-1 cli.lldp":           needs, "node-2 cli.lldp": needs, "node-3 cli.lldp": needs,
			}},
		{name: "half of the output", faults: output(faults.Truncated, "node-1 ip netns list", "node-1 ls -l", "node-1 cat", "node-2 ovs-vsctl",
			"node-2 brctl", "node-3 ip address", "node-3 virsh dumpxml"),
			failed: map[string]string{
				"node-1 cli.os":             half,
				"node-1 cli.vservice*":      "breaks off in the middle of a line",
				"node-1 cli.pnics":          half,
				"node-2 cli.pnics":          half,
				"node-2 cli.ovs.*":          half,
				"node-2 cli.bridges":        half,
				"node-3 cli.pnics":          half,
				"node-3 cli.ovs.oteps":      half,
				"node-3 cli.instance_vnics": half,
				"node-1 cli.lldp":           needs, "node-2 cli.lldp": needs, "node-3 cli.lldp": needs,
			}},
		{name: "less than all", faults: lab.Faults{Missing: map[string][]string{"node-1": {"ethtool"}, "node-2": {"brctl"}},
			Output: output(faults.Fails, "node-2 ethtool", "node-3 ovs-dpctl").Output}, status: model.ScanCompleted,
			warned: map[string]string{ // without brctl, ip is enough
				"node-1 cli.pnics":      "ethtool: the command is missing on the host",
				"node-2 cli.pnics":      "ethtool: Input/output error",
				"node-3 cli.pnics":      "the numbers of ports are not known",
				"node-3 cli.ovs.vedges": "the numbers of ports are not known",
			}},
	}
}

func closed(gates ...string) lab.Faults { return lab.Faults{Closed: gates} }

func answer(path string, fault faults.API) lab.Faults {
	return lab.Faults{API: map[string]faults.API{path: fault}}
}

func host(fault faults.Host) lab.Faults {
	return lab.Faults{Hosts: map[string]faults.Host{"node-2": fault}}
}

// output makes the same of several commands, each after the name of a host.
func output(fault faults.Output, commands ...string) lab.Faults {
	set := lab.Faults{Output: map[string]map[string]faults.Output{}}
	for _, c := range commands {
		host, command, _ := strings.Cut(c, " ")
		if set.Output[host] == nil {
			set.Output[host] = map[string]faults.Output{}
		}
		set.Output[host][command] = fault
	}
	return set
}

func unknownHost(env *model.Environment) {
	env.Section(model.SectionOpenStack)["host"] = "nosuch.invalid"
}

// TestFaults: whatever goes wrong, a scan says what and why, goes on with the rest, and loses nothing that it could not
// read; when it is mended all is as before.
func TestFaults(t *testing.T) {
	t.Parallel()
	groups := faultsOf()
	var clouds []lab.EnvConfig
	for name := range groups {
		cloud := small(name)
		cloud.Fabric = name == "fabric"
		clouds = append(clouds, cloud)
	}
	c, l := start(t), simulate(t, clouds...)
	t.Run("of", func(t *testing.T) {
		for name, list := range groups {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				checkFaults(t, c.in(t), l, name, list)
			})
		}
	})
}

// checkFaults makes one thing after the other go wrong, and mends it.
func checkFaults(t *testing.T, c *calipso, l *lab.Lab, name string, list []fault) {
	request := client.ScanRequest{Environment: name}
	c.add(document(t, l, name))
	c.completed(request)
	before := c.look(name, "")
	for _, f := range list {
		t.Run(f.name, func(t *testing.T) {
			if f.slow && testing.Short() {
				t.Skip("it takes a minute")
			}
			c := c.in(t)
			f.cause(t, c, l, name)
			scan := c.scan(request)
			f.check(t, c, scan, before)

			inject(t, l, name, lab.Faults{})
			c.replace(document(t, l, name))
			c.completed(request)
			if d := differences(before, c.look(name, "")); d != "" {
				t.Errorf("after all is mended, the inventory is not as it was:\n%s", d)
			}
		})
	}
}

func (f fault) cause(t *testing.T, c *calipso, l *lab.Lab, name string) {
	t.Helper()
	inject(t, l, name, f.faults)
	if f.change != nil {
		doc := document(t, l, name)
		f.change(&doc)
		c.replace(doc)
	}
}

// check looks at a scan during which there was the fault.
func (f fault) check(t *testing.T, c *calipso, scan model.Scan, before *found) {
	t.Helper()
	during := c.look(scan.Environment, "")
	f.checkScan(t, scan, during)
	f.checkCoverage(t, c, scan.ID, during)
	if f.warned != nil { // details are missing
		same(t, "documents", slices.Collect(maps.Keys(during.dump)), slices.Collect(maps.Keys(before.dump)))
	} else if d := changes(before, during); d != "" {
		t.Errorf("what could not be read is not as it was:\n%s", d)
	}
}

func inject(t *testing.T, l *lab.Lab, name string, set lab.Faults) {
	t.Helper()
	if err := l.SetFaults(name, set); err != nil {
		t.Fatal(err)
	}
}

func (c *calipso) replace(env model.Environment) {
	c.t.Helper()
	if err := c.ReplaceEnvironment(c.t.Context(), env.Name, env); err != nil {
		c.t.Fatal(err)
	}
}

func (f fault) checkScan(t *testing.T, scan model.Scan, during *found) {
	t.Helper()
	want := f.status
	if want == "" {
		want = model.ScanCompletedWithErrors
	}
	if scan.Status != want {
		t.Errorf("the scan ended %s, want %s", scan.Status, want)
	}
	if cause := f.failed["region *"]; want == model.ScanFailed && !strings.Contains(scan.Error, cause) {
		t.Errorf("the scan's error is %q, want one with %q", scan.Error, cause)
	}
	if n := during.countStale(); scan.Summary.Stale != n {
		t.Errorf("the summary says that %d objects are stale; %d are", scan.Summary.Stale, n)
	}
}

// checkCoverage compares the coverage report with what should have failed, and what is stale with the report.
func (f fault) checkCoverage(t *testing.T, c *calipso, scan string, during *found) {
	t.Helper()
	rows, err := c.Coverage(t.Context(), scan)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	reasons := map[string]string{} // by the scope and the fetcher of the objects that could not be read
	for _, r := range rows {
		f.checkRow(t, r, seen)
		if r.Status == model.ResultFailed {
			reasons[scopeEnd(r)+" "+r.Fetcher] = r.Error
		}
	}
	for _, expected := range []map[string]string{f.failed, f.warned} {
		for pattern := range expected {
			if !seen[pattern] {
				t.Errorf("the coverage report does not say what happened to %s", pattern)
			}
		}
	}
	for _, o := range during.objects {
		checkStale(t, o, reasons)
	}
}

// checkRow makes sure that a line of the coverage report tells of a failure or a warning when it should, and only then.
func (f fault) checkRow(t *testing.T, r model.CoverageRow, seen map[string]bool) {
	t.Helper()
	name := r.Parent + " " + r.Fetcher
	if r.ParentType != model.TypeHost {
		name = r.ParentType + " " + r.Fetcher
	}
	expected, text := f.warned, fmt.Sprint(r.Warnings)
	if r.Status == model.ResultFailed {
		expected, text = f.failed, r.Error
	} else if len(r.Warnings) == 0 || len(f.warned) == 0 {
		return
	}
	for pattern, message := range expected {
		if !matches(pattern, name) {
			continue
		}
		seen[pattern] = true
		if !strings.Contains(text, message) && !strings.HasSuffix(text, ", which failed") {
			t.Errorf("%s says %q, want %q", name, text, message)
		}
		return
	}
	t.Errorf("%s is %s: %s", name, r.Status, text)
}

// scopeEnd is the end of the scope of objects that were found below the parent of a coverage row.
func scopeEnd(r model.CoverageRow) string {
	if r.ParentType == model.TypeEnvironment {
		return model.TypeEnvironment
	}
	return r.ParentType + ":" + r.Parent
}

// checkStale makes sure that an object is marked as stale when its fetcher failed, and only then.
func checkStale(t *testing.T, o model.Object, reasons map[string]string) {
	t.Helper()
	reason, failed := reasons[o.Scope[strings.LastIndex(o.Scope, "/")+1:]+" "+o.Fetcher]
	mark := o.Map("stale")
	switch {
	case failed && mark == nil:
		t.Errorf("%s %s could not be read, and is not marked as stale", o.Type, o.ID)
	case !failed && mark != nil:
		t.Errorf("%s %s is marked as stale: %v", o.Type, o.ID, mark)
	case failed && (mark["reason"] != reason || mark["since"] == nil):
		t.Errorf("%s %s is stale for the reason %v, want %q", o.Type, o.ID, mark, reason)
	}
}

// TestPartOfAnOutput: when one of a host's domains can't be read, the vnics of the others are read, and of what is gone
// from the cloud nothing is kept.
func TestPartOfAnOutput(t *testing.T) {
	t.Parallel()
	c, l := start(t), simulate(t, lab.EnvConfig{Name: "e"})
	c.add(document(t, l, "e"))
	c.completed(client.ScanRequest{Environment: "e"})
	before := c.look("e", "")
	unread := before.of(model.TypeInstance)[slices.IndexFunc(before.of(model.TypeInstance), func(o model.Object) bool { return o.Host == "node-2" })]
	inject(t, l, "e", output(faults.Garbage, "node-2 virsh dumpxml "+unread.Str("local_name")))
	gone := before.of(model.TypeInstance)[slices.IndexFunc(before.of(model.TypeInstance), func(o model.Object) bool { return o.Host == "node-3" })]
	if err := l.Cloud("e").DeleteInstance(gone.ID); err != nil {
		t.Fatal(err)
	}
	scan := c.scan(client.ScanRequest{Environment: "e"})
	after := c.look("e", "")
	if left := after.about(gone.ID); scan.Status != model.ScanCompletedWithErrors || len(left) > 0 {
		t.Errorf("the scan ended %s; of the deleted instance there is %s", scan.Status, left)
	}
	for _, o := range after.of(model.TypeVnic) {
		if isStale, is := o.Map("stale") != nil, o.Str("instance_id") == unread.ID; isStale != is {
			t.Errorf("vnic %s of %s: stale is %t", o.Name, o.Str("instance_id"), isStale)
		}
	}
	checkTruth(t, after, l.Truth("e"))
}

// TestFirstScanFails: a cloud of which nothing can be read gives a failed scan and an empty inventory, and nothing of
// this stands in the way of the next scan.
func TestFirstScanFails(t *testing.T) {
	t.Parallel()
	cloud := small("e")
	cloud.Faults = closed("keystone", "nova", "neutron", "ssh", "mysql")
	c, l := start(t), simulate(t, cloud)
	c.add(document(t, l, "e"))
	scan := c.scan(client.ScanRequest{Environment: "e"})
	if scan.Status != model.ScanFailed || !strings.Contains(scan.Error, "connection refused: check host and port of the OpenStack section") {
		t.Errorf("the scan ended %s: %q", scan.Status, scan.Error)
	}
	for _, o := range c.look("e", "").objects {
		if !strings.HasSuffix(o.Type, "_folder") {
			t.Errorf("there is a %s", o.Type)
		}
	}
	inject(t, l, "e", lab.Faults{})
	c.completed(client.ScanRequest{Environment: "e"})
	checkTruth(t, c.look("e", ""), l.Truth("e"))
}
