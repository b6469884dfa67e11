package integration

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"calipso.io/calipso/api/client"
	"calipso.io/calipso/pkg/model"
)

const labName = "lab"

// TestOpenStack scans a real cloud and compares with what the cloud says of itself. Its parts use one inventory, in
// this order.
func TestOpenStack(t *testing.T) {
	cloud := realCloud(t)
	c := start(t)
	c.add(cloud.environment(labName, true))
	first := c.completed(client.ScanRequest{Environment: labName})
	t.Logf("first scan: %v, %d API requests, %d SSH round trips, %d SQL queries, phases %v",
		first.EndTimestamp.Sub(*first.StartTimestamp), first.Summary.APIRequests, first.Summary.SSHCommands, first.Summary.SQLQueries, first.Summary.PhaseSeconds)
	inventory := c.look(labName, "")
	if t.Failed() {
		t.FailNow()
	}

	t.Run("objects", func(t *testing.T) { checkObjects(t, cloud, inventory) })
	t.Run("hosts", func(t *testing.T) { checkHosts(t, cloud, inventory) })
	t.Run("tree", func(t *testing.T) { checkTree(t, inventory) })
	t.Run("paths", func(t *testing.T) { checkPaths(t, cloud, inventory) })
	t.Run("second scan", func(t *testing.T) {
		c := c.in(t)
		c.completed(client.ScanRequest{Environment: labName})
		if d := differences(inventory, c.look(labName, "")); d != "" {
			t.Errorf("a second scan changed the inventory:\n%s", d)
		}
	})
	t.Run("without the database", func(t *testing.T) {
		c := c.in(t)
		c.add(cloud.environment("api-only", false))
		c.completed(client.ScanRequest{Environment: "api-only"})
		checkObjects(t, cloud, c.look("api-only", ""))
	})
	t.Run("options", func(t *testing.T) { checkOptions(t, c.in(t), inventory) })
	t.Run("delete", func(t *testing.T) { checkDelete(t, cloud, c.in(t), inventory) })
}

// in is the same Calipso for a part of a test.
func (c *calipso) in(t *testing.T) *calipso { return &calipso{Client: c.Client, t: t} }

// checkObjects compares with the listings of the cloud's APIs.
func checkObjects(t *testing.T, cloud *openstack, inventory *found) {
	servers := cloud.list(nova, "/v2.1/servers/detail?all_tenants=1", "servers")
	same(t, "regions", inventory.values(model.TypeRegion, id), []string{cloud.desc.API.Region})
	same(t, "projects", inventory.values(model.TypeProject, id), column(cloud.list(keystone, "/v3/projects", "projects"), "id"))
	same(t, "networks", inventory.values(model.TypeNetwork, id), column(cloud.list(neutron, "/v2.0/networks", "networks"), "id"))
	same(t, "ports", inventory.values(model.TypePort, id), column(cloud.list(neutron, "/v2.0/ports", "ports"), "id"))
	same(t, "agents", inventory.values(model.TypeNetworkAgent, func(o model.Object) string { return o.Str("agent_id") }),
		column(cloud.list(neutron, "/v2.0/agents", "agents"), "id"))
	same(t, "instances", inventory.values(model.TypeInstance, id), column(servers, "id"))
	same(t, "hosts", inventory.values(model.TypeHost, id), cloud.hosts())
	same(t, "aggregates", inventory.values(model.TypeAggregate, func(o model.Object) string { return o.Name }),
		column(cloud.list(nova, "/v2.1/os-aggregates", "aggregates"), "name"))
	var zones []string
	for _, z := range cloud.list(nova, "/v2.1/os-availability-zone/detail", "availabilityZoneInfo") {
		zones = append(zones, z["zoneName"].(string))
	}
	same(t, "availability zones", inventory.values(model.TypeAvailabilityZone, id), zones)

	var subnets []string
	for _, n := range inventory.of(model.TypeNetwork) {
		subnets = append(subnets, n.Strs("subnet_ids")...)
	}
	same(t, "subnets", subnets, column(cloud.list(neutron, "/v2.0/subnets", "subnets"), "id"))
	checkInterfaces(t, cloud, inventory)
}

// checkInterfaces compares the vnics with the ports that are plugged somewhere.
func checkInterfaces(t *testing.T, cloud *openstack, inventory *found) {
	var instance, service []string
	for _, p := range cloud.list(neutron, "/v2.0/ports", "ports") {
		owner, host := p["device_owner"].(string), p["binding:host_id"].(string)
		plugged := fmt.Sprintf("%s %s %s", host, p["id"].(string)[:11], p["mac_address"])
		switch {
		case strings.HasPrefix(owner, "compute:"):
			instance = append(instance, p["device_id"].(string)+" "+plugged)
		case host != "":
			service = append(service, plugged)
		}
	}
	vnics := func(kind string, value func(model.Object) string) []string {
		return inventory.values(model.TypeVnic, func(o model.Object) string {
			if o.Str("vnic_type") != kind {
				return ""
			}
			// Past tap, qr- or qg- the name has the first letters of the port's id.
			return value(o) + o.Host + " " + o.Name[3:] + " " + o.Str("mac_address")
		})
	}
	same(t, "instance vnics", vnics(model.VnicInstance, func(o model.Object) string { return o.Str("instance_id") + " " }), instance)
	same(t, "vservice vnics", vnics(model.VnicVservice, func(model.Object) string { return "" }), service)
}

// checkHosts compares with what the hosts themselves hold: namespaces, OVS ports, tunnels, NICs, bridges.
func checkHosts(t *testing.T, cloud *openstack, inventory *found) {
	on := func(objectType, host string, value func(model.Object) string) []string {
		return inventory.values(objectType, func(o model.Object) string {
			if o.Host != host {
				return ""
			}
			return value(o)
		})
	}
	for _, host := range cloud.hosts() {
		same(t, "namespaces of "+host, on(model.TypeVservice, host, func(o model.Object) string { return o.Str("local_service_id") }),
			cloud.run(host, "ls -1 /run/netns 2>/dev/null || true"))
		same(t, "NICs of "+host, on(model.TypeHostPnic, host, func(o model.Object) string { return o.Name }), []string{"ens3", "ens4", "ens5"})
		same(t, "bridges of "+host, on(model.TypeVconnector, host, func(o model.Object) string { return o.Str("bridge_name") }),
			cloud.run(host, `for b in /sys/class/net/*/bridge; do [ -e "$b" ] || continue; b=${b%/bridge}; echo ${b##*/}; done`))
		checkSwitch(t, cloud, inventory, host)
	}
}

// checkSwitch compares a host's vedge and otep with its OVS database.
func checkSwitch(t *testing.T, cloud *openstack, inventory *found, host string) {
	var ports, tunnels []string
	for _, o := range inventory.objects {
		if o.Host == host && o.Type == model.TypeVedge {
			ports = append(ports, names(o.Maps("ports"))...)
		}
		if o.Host == host && o.Type == model.TypeOtep {
			tunnels = append(tunnels, names(o.Maps("ports"))...)
		}
	}
	var wantTunnels []string
	for _, i := range cloud.ovsInterfaces(host) {
		if i.ifaceID != "" && !slices.Contains(ports, i.name) {
			t.Errorf("OVS port %s of %s belongs to Neutron port %s, but is not in the vedge", i.name, host, i.ifaceID)
		}
		if i.kind == "vxlan" {
			wantTunnels = append(wantTunnels, i.name)
		}
	}
	same(t, "tunnels of "+host, tunnels, wantTunnels)
}

func names(list []map[string]any) (all []string) {
	for _, e := range list {
		all = append(all, fmt.Sprint(e["name"]))
	}
	return all
}

// checkPaths makes sure that every interface of every instance has its whole path, and only its own.
func checkPaths(t *testing.T, cloud *openstack, inventory *found) {
	networks := map[string]map[string]any{}
	for _, n := range cloud.list(neutron, "/v2.0/networks", "networks") {
		networks[n["id"].(string)] = n
	}
	var plugs []plug
	for _, p := range cloud.list(neutron, "/v2.0/ports", "ports") {
		if !strings.HasPrefix(p["device_owner"].(string), "compute:") {
			continue
		}
		host := p["binding:host_id"].(string)
		plugs = append(plugs, plug{instance: p["device_id"].(string), host: host, tap: "tap" + p["id"].(string)[:11],
			hybrid:  host == "node-2", // whose security groups make hybrid plugging
			network: p["network_id"].(string), networkType: networks[p["network_id"].(string)]["provider:network_type"].(string),
			tunnelNIC: "ens4", providerNIC: "ens5"})
	}
	checkCliques(t, inventory, plugs)
}

// checkDelete makes an instance on a network of its own, and deletes both: what the inventory gains and loses are they.
func checkDelete(t *testing.T, cloud *openstack, c *calipso, before *found) {
	name := fmt.Sprintf("calipso-test-%d", time.Now().Unix())
	network, server, remove := cloud.boot(name)
	defer remove()
	c.completed(client.ScanRequest{Environment: labName})
	with := c.look(labName, "")
	checkPaths(t, cloud, with)
	same(t, "objects of the new instance", with.values(model.TypeInstance, func(o model.Object) string {
		if o.ID == server || slices.Contains(o.Strs("network"), network) {
			return o.ID
		}
		return ""
	}), []string{server})

	remove()
	c.completed(client.ScanRequest{Environment: labName})
	if d := differences(before, c.look(labName, "")); d != "" {
		t.Errorf("after the instance and its network are deleted, the inventory is not what it was before they were there:\n%s", d)
	}
}

// boot makes a network with a subnet, and an instance on it; remove deletes them and waits until they are gone.
func (o *openstack) boot(name string) (network, server string, remove func()) {
	o.t.Helper()
	network = o.call(http.MethodPost, neutron, "/v2.0/networks", map[string]any{"network": map[string]any{"name": name}})["network"].(map[string]any)["id"].(string)
	o.call(http.MethodPost, neutron, "/v2.0/subnets", map[string]any{"subnet": map[string]any{"network_id": network, "ip_version": 4, "cidr": "10.98.1.0/24"}})
	image := o.list(nova, "/v2.1/images", "images")[0]["id"]
	flavor := o.list(nova, "/v2.1/flavors", "flavors")[0]["id"]
	server = o.call(http.MethodPost, nova, "/v2.1/servers", map[string]any{"server": map[string]any{"name": name, "imageRef": image, "flavorRef": flavor,
		"networks": []any{map[string]any{"uuid": network}}}})["server"].(map[string]any)["id"].(string)
	o.wait("the instance to be active", func() bool {
		s, _ := o.call(http.MethodGet, nova, "/v2.1/servers/"+server, nil)["server"].(map[string]any)
		return s["status"] == "ACTIVE"
	})
	removed := false
	return network, server, func() {
		if removed {
			return
		}
		removed = true
		o.call(http.MethodDelete, nova, "/v2.1/servers/"+server, nil)
		o.wait("the instance to be gone", func() bool {
			return o.call(http.MethodGet, nova, "/v2.1/servers/"+server, nil)["status"] == http.StatusNotFound
		})
		o.call(http.MethodDelete, neutron, "/v2.0/networks/"+network, nil)
		// The DHCP agent hears of it a little later.
		o.wait("the network's namespace to be gone", func() bool {
			return !slices.ContainsFunc(o.run("node-1", "ls -1 /run/netns"), func(ns string) bool { return strings.Contains(ns, network) })
		})
	}
}

func (o *openstack) wait(what string, ready func() bool) {
	o.t.Helper()
	for end := time.Now().Add(2 * time.Minute); !ready(); {
		if time.Now().After(end) {
			o.t.Fatalf("gave up waiting for %s", what)
		}
		time.Sleep(300 * time.Millisecond)
	}
}
