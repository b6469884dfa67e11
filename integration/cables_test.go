package integration

import (
	"slices"
	"strings"
	"testing"

	"calipso.io/calipso/api/client"
	"calipso.io/calipso/pkg/model"
)

// TestOpenStackCables scans a real cloud whose hosts run lldpd, and compares with what lldpd says in another form. It
// changes nothing there.
func TestOpenStackCables(t *testing.T) {
	cloud := realCloud(t)
	c := start(t)
	c.add(cloud.environment(labName, false))
	c.completed(client.ScanRequest{Environment: labName})
	inventory := c.look(labName, "")
	var want []string
	for _, host := range cloud.hosts() {
		for _, cable := range cloud.neighbors(host) {
			want = append(want, host+" "+cable)
		}
	}
	if len(want) == 0 {
		t.Skip("no host of the lab has a neighbour: it runs no lldpd")
	}
	same(t, "cables", cabled(inventory), want)
	same(t, "switches", inventory.values(model.TypeSwitch, func(o model.Object) string { return o.Name }), systems(want))
	same(t, "ports of switches", inventory.values(model.TypeSwitchPnic, func(o model.Object) string {
		return strings.TrimPrefix(o.Str("switch"), "switch-") + " " + o.Name
	}), ends(want))
	checkTree(t, inventory)
	for _, port := range inventory.of(model.TypeSwitchPnic) {
		if _, ok := inventory.clique(port.DBID()); !ok {
			t.Errorf("port %s has no clique", port.ID)
		}
	}
}

// neighbors lists what a host's lldpd hears: "ens3 node-2 ens4". It tells of several at one interface one after the other.
func (o *openstack) neighbors(host string) (cables []string) {
	names := map[string][]string{}
	for _, line := range o.run(host, "sudo -n lldpctl -f keyvalue") {
		key, value, _ := strings.Cut(line, "=")
		parts := strings.Split(key, ".")
		switch {
		case strings.HasSuffix(key, ".chassis.name"):
			names[parts[1]] = append(names[parts[1]], value)
		case strings.HasSuffix(key, ".port.descr"):
			cables = append(cables, parts[1]+" "+names[parts[1]][0]+" "+value)
			names[parts[1]] = slices.Delete(names[parts[1]], 0, 1)
		}
	}
	return cables
}
