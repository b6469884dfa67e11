package lab_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/ports"

	"calipso.io/calipso/integration/lab"
)

// TestChurn adds a network and an instance and takes them away again: the cloud is what it was, on all sides.
func TestChurn(t *testing.T) {
	t.Parallel()
	l := start(t, lab.EnvConfig{})
	c, err := simulated(t, l)
	if err != nil {
		t.Fatal(err)
	}
	client, cloud, before := dial(t, l), l.Cloud("e"), l.Truth("e")
	look := func() (portIDs []string, domains, spaces string) {
		portIDs = all(t, ports.List(c.network, nil), ports.ExtractPorts, func(p ports.Port) string { return p.ID })
		return portIDs, on(t, client, "node-2", "sudo virsh list --uuid").out, run(t, client, "ip netns list", "").out
	}
	portsBefore, domainsBefore, spacesBefore := look()
	network, err := cloud.AddNetwork("<b>&'new\"", "vxlan")
	if err != nil {
		t.Fatal(err)
	}
	instance, err := cloud.AddInstance("$(reboot)", "node-2", network.ID)
	if err != nil {
		t.Fatal(err)
	}
	ids, domains, spaces := look()
	if len(ids) != len(portsBefore)+2 || !strings.Contains(domains, instance.ID) || !strings.Contains(spaces, "qdhcp-"+network.ID) {
		t.Errorf("what was added does not show: %d ports, domains\n%snamespaces\n%s", len(ids), domains, spaces)
	}
	if xml := on(t, client, "node-2", "sudo virsh dumpxml "+instance.ID).out; !strings.Contains(xml, "<nova:name>$(reboot)</nova:name>") {
		t.Errorf("the domain does not have the instance's name:\n%s", xml)
	}
	if err := cloud.DeleteNetwork(network.ID); err == nil {
		t.Error("a network that an instance is on could be deleted")
	}
	if err := cloud.DeleteInstance(instance.ID); err != nil {
		t.Fatal(err)
	}
	if err := cloud.DeleteNetwork(network.ID); err != nil {
		t.Fatal(err)
	}
	ids, domains, spaces = look()
	if !slices.Equal(ids, portsBefore) || domains != domainsBefore || spaces != spacesBefore {
		t.Errorf("what was deleted still shows:\n%v\n%v\n%s%s%s%s", ids, portsBefore, domains, domainsBefore, spaces, spacesBefore)
	}
	same(t, "switch ports afterwards", l.Truth("e").SwitchPorts, before.SwitchPorts)
	for _, vnic := range before.Vnics {
		if err := cloud.DeleteInstance(vnic.Instance); err != nil && !strings.Contains(err.Error(), "there is none") {
			t.Error(err)
		}
	}
	if after := l.Truth("e"); len(after.Vnics) != 0 || len(after.LinuxBridges) != 0 || len(after.Ports) != len(before.Ports)-len(before.Vnics) { // a floating IP stays
		t.Errorf("without instances there are %d vNICs, %d bridges, %d ports", len(after.Vnics), len(after.LinuxBridges), len(after.Ports))
	}
}
