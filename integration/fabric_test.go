package integration

import (
	"slices"
	"strings"
	"testing"

	"calipso.io/calipso/api/client"
	"calipso.io/calipso/integration/lab"
	"calipso.io/calipso/integration/lab/faults"
	"calipso.io/calipso/integration/lab/sim"
	"calipso.io/calipso/pkg/model"
)

// apicRequests is what reading a fabric of less than 1000 ports takes, whatever its size: a login, and one query for each
// of six classes.
const apicRequests = 7

// TestFabricOfHundredHosts scans a cloud whose hosts are cabled to an ACI fabric: the clique of each instance leads to the
// ports of all spines, and the number of queries does not depend on how many hosts and NICs there are. It is alone: with all
// other clouds beside it a scan of so many hosts may take too long.
func TestFabricOfHundredHosts(t *testing.T) {
	const name = "fabric"
	c, l := start(t), simulate(t, lab.EnvConfig{Name: name, Hosts: 100, Instances: 100, Fabric: true, Bonds: true})
	c.add(document(t, l, name))
	scan := c.completed(client.ScanRequest{Environment: name})
	asked := l.Stats(name)
	t.Logf("%d hosts, %d NICs, %d leafs and spines: %d requests to the APIC; %d requests to all APIs",
		len(l.Truth(name).Hosts), len(l.Truth(name).NICs), len(l.Truth(name).Fabric), asked.APIC, scan.Summary.APIRequests)
	if asked.APIC != apicRequests || scan.Summary.APIRequests != asked.APIC+asked.APIRequests {
		t.Errorf("%d requests to the APIC, want %d; the summary counts %d, the lab %d", asked.APIC, apicRequests,
			scan.Summary.APIRequests, asked.APIC+asked.APIRequests)
	}
	inventory, truth := c.look(name, ""), l.Truth(name)
	if len(truth.Fabric) != 6 {
		t.Errorf("the fabric has %q, want 4 leafs and 2 spines", truth.Fabric)
	}
	checkTruth(t, inventory, truth)
	for _, v := range truth.Vnics {
		checkFabricPath(t, inventory, l.Cloud(name).Fabric(), v)
	}
}

// TestScanOfASwitch scans switches and ports alone, those of a fabric and those that only hosts tell of: nothing that others
// have found is lost.
func TestScanOfASwitch(t *testing.T) {
	t.Parallel()
	fabric, leafs := small("fabric"), small("leafs")
	fabric.Fabric, leafs.Leafs = true, true
	c, l := start(t), simulate(t, fabric, leafs)
	for _, name := range []string{"fabric", "leafs"} {
		c.add(document(t, l, name))
		c.completed(client.ScanRequest{Environment: name})
		before := c.look(name, "")
		for _, objectType := range []string{model.TypeSwitch, model.TypeSwitchPnic} {
			object := before.of(objectType)[0]
			c.completed(client.ScanRequest{Environment: name, ObjectID: object.ID, ObjectType: objectType})
			if d := differences(before, c.look(name, "")); d != "" {
				t.Errorf("the scan of %s of %s changed the inventory:\n%s", object.ID, name, d)
			}
		}
	}
}

// TestFabricChanges cuts a cable in a fabric and scans one of the switches that it was in: what is gone goes, with its
// links, and the rest stays.
func TestFabricChanges(t *testing.T) {
	t.Parallel()
	const name = "changes"
	config := small(name)
	config.Fabric = true
	c, l := start(t), simulate(t, config)
	c.add(document(t, l, name))
	c.completed(client.ScanRequest{Environment: name})
	leaf := client.ScanRequest{Environment: name, ObjectID: "switch-leaf-101", ObjectType: model.TypeSwitch}
	before := c.look(name, "")
	c.completed(leaf)
	if d := differences(before, c.look(name, "")); d != "" {
		t.Errorf("the scan of a leaf changed the inventory:\n%s", d)
	}
	l.Cloud(name).CutTrunk()
	c.completed(leaf)
	after := c.look(name, "")
	if gone := after.about("switch-leaf-101-eth1__181"); len(gone) > 1 { // the spine's port is not of the leaf
		t.Errorf("of the port that is gone there is still %q", gone)
	}
	same(t, "cables in the fabric", trunks(after), lower(l.Truth(name).Trunks))
	c.completed(client.ScanRequest{Environment: name})
	checkTruth(t, c.look(name, ""), l.Truth(name))
}

// checkFabricPath follows the path of an interface from its instance to the spines, in the instance's clique.
func checkFabricPath(t *testing.T, inventory *found, fabric *sim.Fabric, v sim.Vnic) {
	t.Helper()
	clique, ok := inventory.clique(model.DBID(inventory.environment, model.TypeInstance, v.Instance))
	if !ok {
		t.Errorf("instance %s has no clique", v.Instance)
		return
	}
	p := plugs(sim.Truth{Vnics: []sim.Vnic{v}})[0]
	uplinks := v.Members // of the host: NICs
	if len(uplinks) == 0 {
		uplinks = []string{v.Uplink}
	}
	for _, link := range fabric.Hostlinks {
		if link.Host.Name != v.Host || !slices.Contains(uplinks, link.NIC.Name) {
			continue
		}
		steps := append(p.inside(), "host_pnic "+p.nic())
		if len(v.Members) > 0 {
			steps = p.stepsTo(link.NIC.Name)
		}
		leaf := model.SwitchID(link.Node.Name)
		steps = append(steps, "switch_pnic "+model.SwitchPnicID(leaf, link.Port), "switch "+leaf)
		for _, ends := range fabric.Trunks {
			if spine := model.SwitchID(ends[1].Node.Name); ends[0].Node == link.Node || ends[0].Node.Name == link.Node.Name {
				checkSteps(t, inventory, clique, p, append(slices.Clone(steps), "switch_pnic "+model.SwitchPnicID(leaf, ends[0].Port),
					"switch_pnic "+model.SwitchPnicID(spine, ends[1].Port), "switch "+spine))
			}
		}
	}
	for _, id := range clique.Links {
		if l := inventory.links[id]; l.Host != "" && l.Host != v.Host {
			t.Errorf("the clique of an instance on %s has a link of %s: %s", v.Host, l.Host, l.LinkType)
		}
	}
}

// fabricFaults lists what can be wrong with a fabric's controller.
func fabricFaults() []fault {
	everything := []string{"environment aci.*", "node-* aci.hostlinks"}
	links := []string{"environment aci.fabric_links", "node-* aci.hostlinks"}
	return []fault{
		{name: "closed port", faults: closed("apic"), failed: all("connection refused: check host and port of the ACI section", everything...)},
		{name: "wrong password", faults: lab.Faults{RefuseAPIC: true}, failed: all("check user and pwd of the ACI section", everything...)},
		{name: "another authority", change: otherAuthority, failed: all("give the authority's certificate as ca_cert of the ACI section", everything...)},
		{name: "HTML", faults: answer("/api/class/fabricNode", faults.HTML), failed: all("the answer is not JSON: <!DOCTYPE html>", everything...)},
		{name: "half of the JSON", faults: answer("/api/class/lldpAdjEp", faults.TruncatedJSON), failed: all("is broken JSON: it ends with", links...)},
		{name: "half of the neighbours", faults: answer("/api/class/lldpAdjEp", faults.LostRows), failed: all("the answer is not complete", links...)},
		{name: "tokens are soon over", faults: lab.Faults{APICUses: 3}, status: model.ScanCompleted},
	}
}

// otherAuthority takes away the certificate of the authority that the APIC's is of.
func otherAuthority(env *model.Environment) { delete(env.Section(model.SectionACI), "ca_cert") }

// fabricEnds lists the ports at both ends of the fabric's own cables: "leaf-101 eth1/181".
func fabricEnds(truth sim.Truth) (ends []string) {
	for _, trunk := range lower(truth.Trunks) {
		words := strings.Fields(trunk)
		ends = append(ends, words[0]+" "+words[1], words[2]+" "+words[3])
	}
	return ends
}

func lower(texts []string) (list []string) {
	for _, text := range texts {
		list = append(list, strings.ToLower(text))
	}
	return list
}

// union returns what is in one of the lists or in both, sorted.
func union(a, b []string) []string {
	all := slices.Sorted(slices.Values(slices.Concat(a, b)))
	return slices.Compact(all)
}

// trunks lists the links in a fabric as cables: "leaf-101 eth1/181 spine-201 eth1/1".
func trunks(inventory *found) (cables []string) {
	ends := map[string]string{}
	for _, o := range inventory.of(model.TypeSwitchPnic) {
		ends[o.DBID()] = strings.TrimPrefix(o.Str("switch"), "switch-") + " " + o.Name
	}
	for _, l := range inventory.links {
		if l.LinkType == "switch_pnic-switch_pnic" {
			cables = append(cables, ends[l.Source]+" "+ends[l.Target])
		}
	}
	return cables
}

// fabricSwitches counts the switches of a fabric.
func fabricSwitches(inventory *found) (n int) {
	for _, o := range inventory.of(model.TypeSwitch) {
		if o.Str("source") == "APIC" {
			n++
		}
	}
	return n
}
