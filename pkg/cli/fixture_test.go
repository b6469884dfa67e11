package cli_test

import (
	"testing"
	"time"

	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/store"
)

// noon is when everything in these tests happened.
var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

// evil is a name that would colour a terminal, turn the text around, break out of quotes and expand in Graphviz.
const evil = "web\x1b[31m-2\u202e\u009b2J\"];\\N&lt;\n=1"

// inventory is what a scan of the environment "lab" found.
type inventory struct {
	objects []model.Object
	links   []model.Link
	cliques []model.Clique
}

func newInventory() *inventory {
	inv := &inventory{}
	inv.add("environment", "lab", "regions_folder", "lab-regions", "Regions", "")
	inv.add("regions_folder", "lab-regions", "region", "RegionOne", "RegionOne", "")
	inv.add("region", "RegionOne", "availability_zones_folder", "RegionOne-availability_zones", "Availability Zones", "")
	inv.add("availability_zones_folder", "RegionOne-availability_zones", "availability_zone", "nova", "nova", "")
	inv.add("region", "RegionOne", "aggregate", "nova", "fast", "")
	for _, host := range []string{"node-1", "node-2"} {
		inv.add("availability_zone", "nova", "host", host, host, host)
		inv.add("host", host, "instances_folder", host+"-instances", "Instances", host)
	}
	inv.add("environment", "lab", "projects_folder", "lab-projects", "Projects", "")
	inv.add("projects_folder", "lab-projects", "project", "p1", "demo", "")
	inv.add("project", "p1", "networks_folder", "p1-networks", "Networks", "")
	inv.add("networks_folder", "p1-networks", "network", "net-1", "blue", "")
	inv.add("network", "net-nowhere", "port", "port-1", "fa:16:3e:00:00:09", "")
	twin := inv.add("instances_folder", "node-1-instances", "instance", "vm-3", "twin", "node-1")
	twin.Scope, twin.Fetcher = "environment/host:=node-1", "cli.bridges"
	twin.Set("stale", map[string]any{"since": noon, "reason": "node-1: connection refused"})
	inv.add("instances_folder", "node-2-instances", "instance", "vm-4", "twin", "node-2")
	inv.add("instances_folder", "node-2-instances", "instance", "vm-2", evil, "node-2")
	vm := inv.add("instances_folder", "node-2-instances", "instance", "vm-1", "web-1", "node-2")
	vm.Set("network", []string{"net-1"})
	vm.Set("network_info", []any{map[string]any{"id": "port-1", "network": map[string]any{"id": "net-1"}}})
	inv.path()
	return inv
}

// path adds the way from the instances web-1 and evil to their network, with its cliques.
func (inv *inventory) path() {
	inv.add("instance", "vm-1", "vnic", "node-2-tap1", "tap1", "node-2")
	inv.add("instance", "vm-2", "vnic", "node-2-tap2", evil, "node-2")
	inv.add("host", "node-2", "vconnector", "node-2-qbr1", "qbr1", "node-2")
	inv.add("host", "node-2", "vedge", "agent-1", "node-2-OVS", "node-2")
	inv.add("vedge", "agent-1", "otep", "node-2-otep", "node-2-otep", "node-2")
	inv.add("host", "node-2", "host_pnic", "eth1-52:54:00:00:00:02", "eth1", "node-2")
	one := []string{
		inv.link("instance-vnic", "vm-1", "node-2-tap1", "blue", "up"),
		inv.link("vnic-vconnector", "node-2-tap1", "node-2-qbr1", "fa:16:3e:00:00:01", "up"),
		inv.link("vnic-vedge", "node-2-tap1", "agent-1", "tap1-node-2-OVS", "up"),
		inv.link("vconnector-vedge", "node-2-qbr1", "agent-1", "port-3", "up"),
		inv.link("vedge-otep", "agent-1", "node-2-otep", "node-2-OVS-otep", "up"),
		inv.link("otep-host_pnic", "node-2-otep", "eth1-52:54:00:00:00:02", "", "up"),
		inv.link("host_pnic-network", "eth1-52:54:00:00:00:02", "net-1", "Segment-101", "down"),
	}
	two := inv.link("instance-vnic", "vm-2", "node-2-tap2", evil, "up")
	inv.clique("instance", "vm-1", one...)
	inv.clique("network", "net-1", one...)
	inv.clique("instance", "vm-2", two, one[5])
}

func (inv *inventory) add(parentType, parentID, objectType, id, name, host string) *model.Object {
	path := "/lab"
	if parentType != "environment" {
		for i := range inv.objects {
			if p := &inv.objects[i]; p.Type == parentType && p.ID == parentID {
				path = p.IDPath
			}
		}
	}
	inv.objects = append(inv.objects, model.Object{Environment: "lab", Type: objectType, ID: id, Name: name, ObjectName: name,
		ParentID: parentID, ParentType: parentType, IDPath: path + "/" + id, NamePath: path, Host: host, ShowInTree: true,
		LastScanned: noon})
	return &inv.objects[len(inv.objects)-1]
}

// dbID returns the document id of the object with an id that only one of the path has.
func (inv *inventory) dbID(id string) string {
	for i := range inv.objects {
		if inv.objects[i].ID == id {
			return inv.objects[i].DBID()
		}
	}
	panic("the fixture has no object " + id)
}

func (inv *inventory) link(linkType, source, target, name, state string) string {
	l := model.Link{Environment: "lab", LinkType: linkType, LinkName: name, Source: inv.dbID(source), Target: inv.dbID(target),
		SourceID: source, TargetID: target, State: state, LastScanned: noon}
	l.ID = model.LinkID("lab", linkType, l.Source, l.Target)
	inv.links = append(inv.links, l)
	return l.ID
}

func (inv *inventory) clique(focalType, focal string, links ...string) {
	clique := model.Clique{Environment: "lab", FocalPoint: inv.dbID(focal), FocalPointType: focalType, FocalPointID: focal,
		Constraints: map[string][]string{"network": {"net-1"}}, Links: links, LastScanned: noon}
	clique.ID = model.CliqueID("lab", clique.FocalPoint)
	seen := map[string]bool{}
	for _, id := range links {
		for _, l := range inv.links {
			if l.ID == id {
				seen[l.Source], seen[l.Target] = true, true
			}
		}
	}
	for i := range inv.objects {
		if id := inv.objects[i].DBID(); seen[id] {
			clique.Nodes = append(clique.Nodes, id)
		}
	}
	inv.cliques = append(inv.cliques, clique)
}

// seed stores an environment with its inventory, and scans that ended in different ways.
func seed(t *testing.T, db *store.DB) {
	t.Helper()
	ctx := t.Context()
	stored, err := db.Inventory(ctx, "")
	if err != nil {
		t.Fatal(err)
	}
	inv := newInventory()
	_, err = stored.Objects.Put(ctx, 1, inv.objects...)
	must(t, err)
	_, err = stored.Links.Put(ctx, 1, inv.links...)
	must(t, err)
	_, err = stored.Cliques.Put(ctx, 1, inv.cliques...)
	must(t, err)
	must(t, db.Environments.Create(ctx, model.Environment{Name: "lab", Type: "environment", Distribution: "Canonical",
		DistributionVersion: "zed", MechanismDrivers: []string{"OVS"}, TypeDrivers: "vxlan", LastScanned: &noon, Operational: "running",
		Configuration: []model.Section{{"name": "OpenStack", "host": "10.0.0.1", "port": 5000, "user": "admin", "pwd": "hidden", "admin_token": "hidden"}}}))
	must(t, db.HostKeys.Create(ctx, store.HostKey{ID: "lab/10.0.0.1:22", Environment: "lab", Accepted: noon,
		Key: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFplgrYAbSLPvCJPrm6Hk1AOZ7Ttxbwr8h4tBWzmB9ny"}))
	for _, sched := range seededSchedules() {
		must(t, db.Schedules.Create(ctx, sched))
	}
	for _, scan := range seededScans() {
		must(t, db.Scans.Create(ctx, scan))
		_, err := db.Steps.Insert(ctx, stepsOf(scan)...)
		must(t, err)
	}
}

const scheduleID = "00000000000000000000000a"

// seededSchedules are one that has run, and one whose last run was skipped.
func seededSchedules() []model.ScheduledScan {
	run := noon.Add(-time.Hour)
	return []model.ScheduledScan{
		{ID: scheduleID, Environment: "lab", Freq: model.FreqMonthly, TimeZone: "Europe/Zurich", SubmitTimestamp: noon.AddDate(0, 0, 29),
			ChangedTimestamp: noon, ScheduledTimestamp: noon.AddDate(0, 0, 29), LastRun: &run, LastScan: completedID,
			ScanOptions: model.ScanOptions{Inventory: "inventory", LogLevel: "info", Clear: true}},
		{ID: "00000000000000000000000b", Environment: "lab", Cron: "30 2 * * 1-5", SubmitTimestamp: noon, ChangedTimestamp: noon,
			ScheduledTimestamp: noon.Add(14*time.Hour + 30*time.Minute), LastError: "skipped: \x1b[31mscan", ScanOptions: model.ScanOptions{Inventory: "inventory"}},
	}
}

const (
	completedID = "000000000000000000000001"
	faultyID    = "000000000000000000000002"
	failedID    = "000000000000000000000003"
)

func seededScans() []model.Scan {
	var scans []model.Scan
	for i, id := range []string{completedID, faultyID, failedID} {
		start := noon.Add(time.Duration(i) * time.Hour)
		end := start.Add(1840 * time.Millisecond)
		scans = append(scans, model.Scan{ID: id, Environment: "lab", ScanOptions: model.ScanOptions{Inventory: "inventory"}, SubmitTimestamp: start,
			StartTimestamp: &start, EndTimestamp: &end, Generation: int64(i + 1)})
	}
	scans[0].Status, scans[0].Summary = model.ScanCompleted, summary()
	scans[1].Status, scans[1].Summary = model.ScanCompletedWithErrors, summary()
	scans[2].Status, scans[2].Error = model.ScanFailed, "lab: nothing could be read: \x1b[31mwrong password"
	return scans
}

func summary() *model.ScanSummary {
	return &model.ScanSummary{Objects: map[string]int{"host": 2, "instance": 4, "instances_folder": 2}, Links: 8, Cliques: 3,
		Removed: 1, Stale: 1, Warnings: 2, APIRequests: 12, SSHCommands: 3, SQLQueries: 8,
		PhaseSeconds: map[string]float64{"links": 0.3, "inventory": 1.2, "cliques": 0.25, "finish": 0.09}}
}

func stepsOf(scan model.Scan) []model.Step {
	step := func(phase, name, parentType, parent string, results ...model.Result) model.Step {
		found := 0
		for _, r := range results {
			found += r.Found
		}
		return model.Step{ID: scan.ID + "/" + phase + "/" + name + "/" + parent, Scan: scan.ID, Environment: "lab", Phase: phase, Step: name,
			ParentID: parent, ParentType: parentType, Scope: "environment/host:" + parent, Status: model.StepDone, Found: found, Results: results}
	}
	if scan.Status == model.ScanFailed {
		return nil
	}
	steps := []model.Step{
		step("inventory", "cloud", "environment", "lab", model.Result{Fetcher: "api.hosts", Status: "ok", Found: 2}),
		step("inventory", "host", "host", "node-2", model.Result{Fetcher: "cli.bridges", Status: "ok", Found: 1},
			model.Result{Fetcher: "cli.namespaces", Status: "empty"}),
		step("links", "links", "host", "node-2"),
		step("cliques", "cliques", "shard", "0"),
		step("finish", "finish", "environment", "lab"),
	}
	steps[2].Found, steps[3].Found = 8, 3
	if scan.Status == model.ScanCompletedWithErrors {
		steps[1].Results[0].Warnings = []model.Warning{{Source: "brctl show", Line: "\tgar\x1bbage", Reason: "not a bridge"}, {Source: "brctl show", Reason: "cut off"}}
		failed := step("inventory", "host", "host", "=node-1", model.Result{Fetcher: "cli.bridges", Status: "failed", Error: "@node-1: connection refused"})
		lost := step("inventory", "host", "host", "node-3")
		lost.Status, lost.Fetchers = model.StepPending, []string{"cli.bridges", "cli.namespaces"}
		steps = append(steps, failed, lost)
	}
	return steps
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
