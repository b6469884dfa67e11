package apic_test

import (
	"context"
	"testing"

	"calipso.io/calipso/integration/lab"
	"calipso.io/calipso/pkg/conn/apic"
	"calipso.io/calipso/pkg/model"
)

// TestFabric reads a simulated fabric whose tokens are soon over.
func TestFabric(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(context.Background())
	l, err := lab.Start(ctx, lab.Config{Environments: []lab.EnvConfig{{Name: "e", Fabric: true, Faults: lab.Faults{APICUses: 2}}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(); l.Close() })
	document := l.Environments()[0]
	c := client(t, document.Section(model.SectionACI), func(cfg *apic.Config) { cfg.PageSize = 5 })
	nodes, err := c.Nodes(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	roles := map[string]int{}
	for _, n := range nodes {
		roles[n.Role]++
		if n.DN == "" || n.Name == "" || n.Address == "" || n.OOB == "" || n.Version == "" {
			t.Errorf("node %+v", n)
		}
	}
	if roles["leaf"] != 2 || roles["spine"] != 2 || roles["controller"] != 1 {
		t.Errorf("nodes by role: %v", roles)
	}
	neighbors, err := c.Neighbors(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	learned, err := c.Learned(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	interfaces, err := c.Interfaces(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range neighbors {
		if n.Port.Node == "" || n.Port.Name == "" || n.PortID == "" {
			t.Errorf("neighbour %+v", n)
		}
	}
	for _, link := range l.Cloud("e").Fabric().Hostlinks {
		at := apic.Port{Node: link.Node.DN(), Name: link.Port}
		if i := interfaces[at]; i.State != "up" || i.Speed != "10G" || i.MTU != "9000" || i.Port != at {
			t.Errorf("interface %+v", i)
		}
		found := false
		for _, m := range learned {
			found = found || m == apic.Learned{Port: at, MAC: link.NIC.MAC}
		}
		if !found {
			t.Errorf("%s of %s is not among what was learned at %v", link.NIC.MAC, link.Host.Name, at)
		}
	}
}
