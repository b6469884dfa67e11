package sim

import (
	"testing"
	"time"
)

// TestCloudsAreConsistent makes clouds of many kinds: nothing is there twice, and everything is where it belongs.
func TestCloudsAreConsistent(t *testing.T) {
	t.Parallel()
	for name, spec := range map[string]Spec{
		"default":     {},
		"empty":       {Instances: -1, Networks: -1, VLANs: -1},
		"no vlans":    {Instances: 30, VLANs: -1},
		"one network": {Hosts: 4, Instances: 200, Networks: 1},
		"many ports":  {Hosts: 10, Instances: 300, Ports: 1000, Plugging: Hybrid, Bonds: true},
		"gre":         {Hosts: 30, Instances: 50, Tunnel: "gre", Plugging: Direct},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, err := New(spec, time.Now())
			if err != nil {
				t.Fatal(err)
			}
			once := map[string]bool{}
			unique := func(what string) {
				if once[what] {
					t.Errorf("there is a second %s", what)
				}
				once[what] = true
			}
			for _, n := range c.Networks {
				unique("id " + n.ID)
				unique("subnet " + n.CIDR.String())
			}
			for _, p := range c.Ports {
				unique("id " + p.ID)
				unique("device " + p.ID[:11])
				unique("MAC " + p.MAC)
				unique("address " + p.Address.String() + " on " + p.Network.ID)
				if !p.Network.CIDR.Contains(p.Address) {
					t.Errorf("%s is not in %s", p.Address, p.Network.CIDR)
				}
			}
			for _, h := range c.Hosts {
				checkHost(t, h)
			}
			if spec.Ports > 0 && len(c.Ports) != spec.Ports {
				t.Errorf("%d ports, wanted %d", len(c.Ports), spec.Ports)
			}
		})
	}
}

// checkHost looks at the numbers that a host gives.
func checkHost(t *testing.T, h *Host) {
	t.Helper()
	tags, numbers := map[int]*Network{}, map[int]bool{}
	next := h.OVS.FirstDev + 4
	for _, p := range h.Plugs {
		if p.Host != h || p.Index != next || numbers[p.Number] {
			t.Errorf("%s: port %s has index %d, number %d; next index is %d", h.Name, p.ID, p.Index, p.Number, next)
		}
		numbers[p.Number], next = true, next+1
		if p.Hybrid() {
			next += 3
		}
		if other := tags[p.Tag]; p.Tag == 0 || other != nil && other != p.Network {
			t.Errorf("%s: port %s has tag %d, which is another network's", h.Name, p.ID, p.Tag)
		}
		tags[p.Tag] = p.Network
	}
}
