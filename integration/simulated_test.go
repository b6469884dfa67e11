package integration

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"calipso.io/calipso/api/client"
	"calipso.io/calipso/integration/lab"
	"calipso.io/calipso/integration/lab/sim"
	"calipso.io/calipso/pkg/model"
)

// simulate runs simulated clouds.
func simulate(t *testing.T, clouds ...lab.EnvConfig) *lab.Lab {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	l, err := lab.Start(ctx, lab.Config{Seed: 1, Environments: clouds})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(); l.Close() })
	return l
}

// document is a cloud's document, to be registered.
func document(t *testing.T, l *lab.Lab, name string) model.Environment {
	t.Helper()
	for _, e := range l.Environments() {
		if e.Name == name {
			return e
		}
	}
	t.Fatalf("the lab has no environment %s", name)
	return model.Environment{}
}

// small is a cloud with little in it, but all kinds of hosts.
func small(name string) lab.EnvConfig { return lab.EnvConfig{Name: name, Instances: 2, VLANs: -1} }

// TestSimulated scans clouds of all kinds that there are, and compares with what is in them.
func TestSimulated(t *testing.T) {
	t.Parallel()
	clouds := []struct {
		config lab.EnvConfig
		before func(t *testing.T, cloud *sim.Cloud)                        // what is done to the cloud first
		adapt  func(t *testing.T, l *lab.Lab, document *model.Environment) // and to its document
	}{
		{config: lab.EnvConfig{Name: "mixed", Hosts: 4, Controllers: 2, Instances: 8, Ports: 30}},
		{config: lab.EnvConfig{Name: "hybrid gre", Plugging: sim.Hybrid, Tunnel: "gre"}},
		{config: lab.EnvConfig{Name: "direct", Plugging: sim.Direct, Bonds: true, NoMySQL: true}},
		{config: lab.EnvConfig{Name: "own logins", Instances: 2, KeyLogin: true}, adapt: ownLogins},
		{config: lab.EnvConfig{Name: "vlan only", Networks: 1, VLANs: 2, Instances: -1}, before: onlyVLAN},
		{config: lab.EnvConfig{Name: "flat", Instances: -1}, before: onFlat},
		{config: lab.EnvConfig{Name: "linux bridge", Hosts: 4, Mechanism: sim.LinuxBridge, Instances: 8}, before: onFlat},
		{config: lab.EnvConfig{Name: "linux bridge bonds", Mechanism: sim.LinuxBridge, Bonds: true, TunnelVLAN: true, Leafs: true}},
		{config: lab.EnvConfig{Name: "linux bridge vlan", Mechanism: sim.LinuxBridge, Tunnel: "vlan", Bonds: true, Teams: true}},
		{config: lab.EnvConfig{Name: "vpp", Hosts: 4, Mechanism: sim.VPP, Instances: 8}, before: onFlat},
		{config: lab.EnvConfig{Name: "vpp vlan", Mechanism: sim.VPP, Tunnel: "vlan"}},
		{config: lab.EnvConfig{Name: "all mechanisms", Hosts: 5, Mechanism: sim.Several, VLANs: 2, Bonds: true, SRIOV: true, Leafs: true}, before: onVLANs},
		{config: lab.EnvConfig{Name: "sr-iov", Tunnel: "geneve", VLANs: 2, SRIOV: true}, before: onVLANs},
		{config: lab.EnvConfig{Name: "vlan on bonds", Tunnel: "vlan", Bonds: true, Leafs: true, SRIOV: true}},
		{config: lab.EnvConfig{Name: "fabric", Hosts: 5, VLANs: 2, Fabric: true}, before: onVLANs},
		{config: lab.EnvConfig{Name: "fabric and bonds", Fabric: true, Bonds: true, TunnelVLAN: true, SRIOV: true}},
		{config: lab.EnvConfig{Name: "kolla", Distribution: "Kolla", DistributionVersion: "train", Mechanism: sim.Several, Hosts: 4}},
		{config: lab.EnvConfig{Name: "mercury", Distribution: "Mercury", DistributionVersion: "10918", Tunnel: "vlan"}},
		{config: lab.EnvConfig{Name: "mercury vpp", Distribution: "Mercury", DistributionVersion: "28000", Mechanism: sim.VPP}},
		{config: lab.EnvConfig{Name: "no instances", Instances: -1, Networks: 1, VLANs: -1}},
	}
	var configs []lab.EnvConfig
	for _, cloud := range clouds {
		configs = append(configs, cloud.config)
	}
	c, l := start(t), simulate(t, configs...)
	t.Run("clouds", func(t *testing.T) {
		for _, cloud := range clouds {
			name := cloud.config.Name
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				c, doc := c.in(t), document(t, l, name)
				if cloud.before != nil {
					cloud.before(t, l.Cloud(name))
				}
				if cloud.adapt != nil {
					cloud.adapt(t, l, &doc)
				}
				c.add(doc)
				checkSimulated(t, c, l, name)
			})
		}
	})
}

// checkSimulated scans a cloud twice: the inventory is what the cloud is, and the second time as the first.
func checkSimulated(t *testing.T, c *calipso, l *lab.Lab, name string) {
	t.Helper()
	c.completed(client.ScanRequest{Environment: name})
	first := c.look(name, "")
	checkTruth(t, first, l.Truth(name))
	c.completed(client.ScanRequest{Environment: name})
	if d := differences(first, c.look(name, "")); d != "" {
		t.Errorf("a second scan changed the inventory:\n%s", d)
	}
}

// ownLogins gives node-3 a login of its own: its connection is forwarded through the gateway.
func ownLogins(t *testing.T, l *lab.Lab, document *model.Environment) {
	document.Section(model.SectionCLI)["hosts"] = []any{
		map[string]any{"name": "node-3", "user": "root", "key": l.ClientKey(document.Name)}}
}

func onlyVLAN(t *testing.T, cloud *sim.Cloud) {
	for _, n := range slices.Clone(cloud.Networks) {
		switch n.Type {
		case "vlan":
			addInstance(t, cloud, "on-"+n.Name, "node-2", n.ID)
			addInstance(t, cloud, "on-"+n.Name, "node-3", n.ID)
		case "vxlan":
			if err := cloud.DeleteNetwork(n.ID); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func onFlat(t *testing.T, cloud *sim.Cloud) {
	addInstance(t, cloud, "outside", "node-2", cloud.Networks[0].ID)
	addInstance(t, cloud, "both sides", "node-3", cloud.Networks[0].ID, cloud.Networks[1].ID)
}

// onVLANs puts four instances on each compute host: two of each vlan network, so that all kinds of ports are in use.
func onVLANs(t *testing.T, cloud *sim.Cloud) {
	for _, h := range cloud.Hosts {
		for _, n := range cloud.Networks {
			if !h.Controller && n.Type == "vlan" {
				addInstance(t, cloud, "first on "+n.Name, h.Name, n.ID)
				addInstance(t, cloud, "second on "+n.Name, h.Name, n.ID)
			}
		}
	}
}

func addInstance(t *testing.T, cloud *sim.Cloud, name, host string, networks ...string) *sim.Instance {
	t.Helper()
	instance, err := cloud.AddInstance(name, host, networks...)
	if err != nil {
		t.Fatal(err)
	}
	return instance
}

// TestSimulatedOptions tries what a scan can be limited to.
func TestSimulatedOptions(t *testing.T) {
	t.Parallel()
	c, l := start(t), simulate(t, small("e"))
	c.add(document(t, l, "e"))
	c.completed(client.ScanRequest{Environment: "e"})
	checkOptions(t, c, c.look("e", ""))
}

// TestSimulatedChanges changes a cloud: a scan finds exactly what has come, and removes exactly what has gone.
func TestSimulatedChanges(t *testing.T) {
	t.Parallel()
	c, l := start(t), simulate(t, small("e"))
	c.add(document(t, l, "e"))
	cloud := l.Cloud("e")
	scanned := func() *found {
		t.Helper()
		c.completed(client.ScanRequest{Environment: "e"})
		inventory := c.look("e", "")
		checkTruth(t, inventory, l.Truth("e"))
		return inventory
	}
	before := scanned()
	network, err := cloud.AddNetwork("<b>&\"'$(reboot);`id`\n", "vxlan")
	if err != nil {
		t.Fatal(err)
	}
	instance := addInstance(t, cloud, "../../'; DROP TABLE inventory; --", "node-2", network.ID, cloud.Networks[0].ID)
	scanned()

	if err := cloud.DeleteInstance(instance.ID); err != nil {
		t.Fatal(err)
	}
	without := scanned()
	if left := without.about(instance.ID); len(left) > 0 {
		t.Errorf("of the deleted instance there is still %s", left)
	}
	if err := cloud.DeleteNetwork(network.ID); err != nil {
		t.Fatal(err)
	}
	if d := differences(before, scanned()); d != "" {
		t.Errorf("after the network and its instance are deleted, the inventory is not what it was before:\n%s", d)
	}
}

// about lists the documents that mention an id.
func (f *found) about(id string) (keys []string) {
	for key, doc := range f.dump {
		if strings.Contains(doc, id) {
			keys = append(keys, key)
		}
	}
	return keys
}

// checkTruth makes sure that an inventory holds what is in a cloud, and nothing else.
func checkTruth(t *testing.T, inventory *found, truth sim.Truth) {
	t.Helper()
	onHost := func(value func(model.Object) string) func(model.Object) string {
		return func(o model.Object) string { return o.Host + " " + value(o) }
	}
	attr := func(name string) func(model.Object) string { return func(o model.Object) string { return o.Str(name) } }
	name := func(o model.Object) string { return o.Name }
	nics, cables := truth.Seen()
	want := map[string]struct {
		value func(model.Object) string
		truth []string
	}{
		model.TypeRegion:           {id, []string{"RegionOne"}},
		model.TypeProject:          {name, truth.Projects},
		model.TypeAvailabilityZone: {id, truth.Zones},
		model.TypeAggregate:        {name, truth.Aggregates},
		model.TypeHost:             {id, truth.Hosts},
		model.TypeNetwork:          {id, truth.Networks},
		model.TypePort:             {id, truth.Ports},
		model.TypeInstance:         {id, truth.Instances},
		model.TypeNetworkAgent:     {attr("agent_id"), truth.Agents},
		model.TypeVservice:         {onHost(attr("local_service_id")), truth.Namespaces},
		model.TypeVconnector:       {onHost(func(o model.Object) string { return o.Str("bridge_name") + o.Str("bd_id") }), slices.Concat(truth.LinuxBridges, truth.BridgeDomains)},
		model.TypeHostPnic:         {onHost(func(o model.Object) string { return o.Name + " " + o.Str("mac_address") }), nics},
		model.TypeVedge:            {onHost(attr("vedge_type")), truth.Switches},
		model.TypeOtep:             {id, truth.TunnelEnds},
		model.TypeSwitch:           {name, union(systems(cables), truth.Fabric)},
		model.TypeSwitchPnic:       {func(o model.Object) string { return strings.TrimPrefix(o.Str("switch"), "switch-") + " " + o.Name }, union(ends(cables), fabricEnds(truth))},
		model.TypeVnic:             {vnicText, vnicTexts(truth)},
		model.TypeHostRef:          {name, hostRefs(inventory)},
	}
	for _, objectType := range slices.Sorted(maps.Keys(want)) {
		w := want[objectType]
		same(t, objectType, inventory.values(objectType, w.value), slices.Clone(w.truth))
	}
	for _, o := range inventory.objects {
		if _, ok := want[o.Type]; !ok && !strings.HasSuffix(o.Type, "_folder") {
			t.Errorf("there is a %s in the inventory, of which the cloud has none: %s", o.Type, o.ID)
		}
	}
	same(t, "cables", cabled(inventory), cables)
	same(t, "cables in the fabric", trunks(inventory), lower(truth.Trunks))
	same(t, "ports of br-int", switchPorts(inventory), truth.SwitchPorts)
	same(t, "tunnels", tunnels(inventory), truth.Tunnels)
	checkTree(t, inventory)
	if len(truth.Vnics) > 0 {
		checkCliques(t, inventory, plugs(truth))
	}
}

// vnicText is a vnic as vnicTexts has it.
func vnicText(o model.Object) string {
	name := o.Name
	if _, after, is := strings.Cut(name, "vhostuser-"); is { // what stands before is the instance's name
		name = "vhostuser-" + after
	}
	text := o.Host + " " + name
	if o.Str("vnic_type") == model.VnicInstance {
		text += fmt.Sprint(" ", o.Str("instance_id"), " ", o.Str("mac_address"), " ", o.Strs("network"))
	}
	return text
}

// vnicTexts is one text for each interface of an instance, and for each of a vservice.
func vnicTexts(truth sim.Truth) (texts []string) {
	for _, v := range truth.Vnics {
		texts = append(texts, fmt.Sprint(v.Host, " ", v.Name, " ", v.Instance, " ", v.MAC, " ", []string{v.Network}))
	}
	return append(texts, truth.ServiceVnics...)
}

// ends lists the ports of switches, "leaf-1 Ethernet1/1", that cables end in; systems the switches. Each is there once.
func ends(cables []string) []string { return parts(cables, 2) }

func systems(cables []string) (names []string) {
	for _, end := range ends(cables) {
		names = append(names, strings.Fields(end)[0])
	}
	return slices.Compact(names)
}

// parts returns what follows the first n words of each text, sorted and without duplicates.
func parts(texts []string, n int) (rest []string) {
	for _, text := range texts {
		rest = append(rest, strings.Join(strings.Fields(text)[n:], " "))
	}
	slices.Sort(rest)
	return slices.Compact(rest)
}

// cabled lists the links from NICs to ports of switches as cables: "node-1 ens3 leaf-1 Ethernet1/1".
func cabled(inventory *found) (cables []string) {
	names := map[string]string{}
	for _, o := range inventory.of(model.TypeSwitchPnic) {
		names[o.DBID()] = strings.TrimPrefix(o.Str("switch"), "switch-") + " " + o.Name
	}
	for _, l := range inventory.links {
		if l.LinkType == "host_pnic-switch_pnic" {
			cables = append(cables, l.Host+" "+l.SourceLabel+" "+names[l.Target])
		}
	}
	return cables
}

// hostRefs lists the hosts of all aggregates.
func hostRefs(inventory *found) (hosts []string) {
	for _, a := range inventory.of(model.TypeAggregate) {
		hosts = append(hosts, a.Strs("hosts")...)
	}
	return hosts
}

// switchPorts lists the ports of all vedges that Neutron has plugged there.
func switchPorts(inventory *found) (ports []string) {
	for _, o := range inventory.of(model.TypeVedge) {
		if o.Str("vedge_type") != "OVS" {
			continue
		}
		for _, name := range names(o.Maps("ports")) {
			for _, prefix := range []string{"tap", "qvo", "qr-", "qg-"} {
				if strings.HasPrefix(name, prefix) {
					ports = append(ports, o.Host+" "+name)
				}
			}
		}
	}
	return ports
}

// tunnels lists where the tunnels of all hosts lead.
func tunnels(inventory *found) (list []string) {
	for _, o := range inventory.of(model.TypeOtep) {
		for _, p := range o.Maps("ports") {
			if options, ok := p["options"].(map[string]any); ok {
				tunnel := fmt.Sprint(o.Host, " ", options["remote_ip"])
				if key := options["in_key"]; key != nil {
					tunnel += fmt.Sprint(" ", key)
				}
				list = append(list, tunnel)
			}
		}
	}
	return list
}

func plugs(truth sim.Truth) (list []plug) {
	for _, v := range truth.Vnics {
		list = append(list, plug{instance: v.Instance, host: v.Host, tap: v.Name, hybrid: v.Hybrid, members: v.Members,
			mechanism: v.Mechanism, bridge: v.Bridge, tunnelEnd: v.TunnelEnd, tunnelBridge: v.TunnelBridge,
			network: v.Network, networkType: v.NetworkType, tunnelNIC: v.Uplink, providerNIC: v.Uplink})
	}
	return list
}
