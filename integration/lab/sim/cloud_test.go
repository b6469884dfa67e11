package sim

import (
	"slices"
	"strings"
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
		"lxb":         {Hosts: 4, Instances: 20, Mechanism: LinuxBridge, Bonds: true, TunnelVLAN: true, Leafs: true},
		"vpp":         {Hosts: 4, Instances: 20, Mechanism: VPP},
		"vlans":       {Hosts: 4, Instances: 20, Tunnel: "vlan", SRIOV: true, Bonds: true, Teams: true},
		"mixed":       {Hosts: 10, Instances: 60, Mechanism: Several, SRIOV: true},
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
		if p.Direct {
			if numbers[-1-p.VF] || p.Host != h {
				t.Errorf("%s: virtual function %d is given twice", h.Name, p.VF)
			}
			numbers[-1-p.VF] = true
			continue
		}
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

// TestKindsOfPorts makes sure that a mixed cloud has instances on everything that there is, and that their traffic leaves
// by a NIC that the host has.
func TestKindsOfPorts(t *testing.T) {
	t.Parallel()
	c, err := New(Spec{Hosts: 5, Instances: 80, VLANs: 2, Mechanism: Several, Bonds: true, SRIOV: true, Leafs: true}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	truth, kinds := c.Truth(), map[string]int{}
	for _, v := range truth.Vnics {
		kinds[v.Mechanism+" "+v.NetworkType]++
		uplink := v.Host + " " + v.Uplink + " "
		has := func(nic string) bool { return strings.HasPrefix(nic, uplink) }
		if !slices.ContainsFunc(truth.NICs, has) && !slices.ContainsFunc(truth.VPPNICs, has) {
			t.Errorf("%s leaves %s by %s, which is not there", v.Name, v.Host, v.Uplink)
		}
	}
	for _, kind := range []string{"ovs vxlan", "ovs vlan", "lxb vxlan", "lxb vlan", "vpp vxlan", "vpp vlan", "sriov vlan"} {
		if kinds[kind] == 0 {
			t.Errorf("there is no %s port among %v", kind, kinds)
		}
	}
	if len(truth.Cables) == 0 || len(truth.BridgeDomains) == 0 || len(truth.TunnelEnds) < len(truth.Hosts) {
		t.Errorf("cables %v, bridge domains %v, tunnel ends %v", truth.Cables, truth.BridgeDomains, truth.TunnelEnds)
	}
}
