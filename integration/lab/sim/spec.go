package sim

import (
	"cmp"
	"fmt"
	"slices"
)

// Plugging says how the taps of instances get into br-int.
type Plugging string

// The kinds of plugging.
const (
	Mixed  Plugging = ""       // compute hosts take turns: hybrid, direct, hybrid, …
	Hybrid Plugging = "hybrid" // every tap is in a qbr linux bridge, joined to br-int by a qvb/qvo pair
	Direct Plugging = "direct" // every tap is a port of br-int
)

// Mechanism is what plugs ports on a host.
type Mechanism string

// The mechanisms, and the mixture of them.
const (
	OpenVSwitch Mechanism = "" // Open vSwitch
	LinuxBridge Mechanism = "lxb"
	VPP         Mechanism = "vpp"
	Several     Mechanism = "mixed" // controllers have Open vSwitch, compute hosts take turns: ovs, lxb, vpp, ovs, …
)

// Spec says what a cloud is like. Zero values get the defaults given here, negative numbers mean none; the defaults
// give a cloud of three hosts like the project's real lab.
type Spec struct {
	Name string // of the environment; clouds of other names differ, also when their seeds are equal
	Seed int64  // same seed and name, same cloud: ids, MACs, addresses, names

	Hosts       int      // all hosts; default 3
	Controllers int      // hosts with the APIs and network services and no instances; default 1, from 20 hosts on 3
	Instances   int      // default 7
	Networks    int      // tenant networks in tunnels; default 3, or one for every 20 instances
	VLANs       int      // provider networks on a vlan of physnet1; default one for every 10 Networks, at least 1
	Ports       int      // at least so many ports: half of those missing go to instances, half stay unbound
	Tunnel      string   // vxlan (default), gre or geneve; or vlan: tenant networks are on VLANs of physnet1, there is no tunnel; or flat: the one tenant network is on physnet2
	Plugging    Plugging // of the compute hosts with Open vSwitch
	Mechanism   Mechanism

	Distribution        string // default OpenStack
	DistributionVersion string // default Zed

	Bonds      bool // the provider NIC of compute hosts, those with VPP aside, is a bond of two
	Teams      bool // these bonds are teams of teamd
	TunnelVLAN bool // on hosts with a bond the tunnel address is on a VLAN of it
	SRIOV      bool // compute hosts, those with VPP aside, have a NIC with virtual functions, and instances on vlan networks use them
	Leafs      bool // NICs are cabled to leaf switches; else the hosts of clouds of up to 8 are on one wire, without lldpd those of others
	Fabric     bool // NICs are cabled to the leafs of an ACI fabric, whose APIC answers
}

// withDefaults fills in the defaults and checks the rest.
func (s Spec) withDefaults() (Spec, error) {
	s.Hosts = number(s.Hosts, 3)
	s.Controllers = number(s.Controllers, 1+2*min(1, s.Hosts/20))
	s.Instances = number(s.Instances, 7)
	s.Tunnel = cmp.Or(s.Tunnel, "vxlan")
	networks, vlans := max(3, s.Instances/20), 1
	if s.Tunnel == "flat" {
		networks, vlans = 1, 0
	}
	s.Networks = number(s.Networks, networks)
	s.VLANs = number(s.VLANs, max(vlans, s.Networks/10))
	s.Distribution = cmp.Or(s.Distribution, "OpenStack")
	s.DistributionVersion = cmp.Or(s.DistributionVersion, "Zed")
	return s, s.check()
}

// number gives the default for zero and zero for negative numbers.
func number(n, byDefault int) int {
	if n == 0 {
		return byDefault
	}
	return max(n, 0)
}

func (s Spec) check() error {
	switch {
	case s.Controllers < 1 || s.Hosts <= s.Controllers:
		return fmt.Errorf("cloud %q: %d hosts with %d controllers: at least one controller and one compute host are needed", s.Name, s.Hosts, s.Controllers)
	case s.Hosts > 2000:
		return fmt.Errorf("cloud %q: %d hosts: at most 2000", s.Name, s.Hosts)
	case s.Instances > 0 && s.Networks < 1:
		return fmt.Errorf("cloud %q: %d instances need a network", s.Name, s.Instances)
	case s.Networks > s.maxNetworks() || s.VLANs > 240:
		return fmt.Errorf("cloud %q: %d networks and %d vlan networks: at most %d and 240", s.Name, s.Networks, s.VLANs, s.maxNetworks())
	case s.Networks > 0 && s.perNetwork() > 3500:
		return fmt.Errorf("cloud %q: %d ports on %d networks: at most 3500 on each", s.Name, s.Ports, s.Networks)
	case mtus[s.Tunnel] == 0:
		return fmt.Errorf("cloud %q: tunnel %q: vxlan, gre, geneve, vlan or flat", s.Name, s.Tunnel)
	case s.Tunnel == "flat" && s.Networks > 1:
		return fmt.Errorf("cloud %q: %d flat networks: there is one physical network for one", s.Name, s.Networks)
	case !slices.Contains([]Mechanism{OpenVSwitch, LinuxBridge, VPP, Several}, s.Mechanism):
		return fmt.Errorf("cloud %q: mechanism %q: lxb, vpp or mixed, or none for Open vSwitch", s.Name, s.Mechanism)
	case s.Mechanism != OpenVSwitch && s.Tunnel == "geneve":
		return fmt.Errorf("cloud %q: tunnel geneve with mechanism %s: vxlan, gre, vlan or flat", s.Name, s.Mechanism)
	case (s.Teams || s.TunnelVLAN) && !s.Bonds:
		return fmt.Errorf("cloud %q: teams, and VLANs for tunnels, need bonds", s.Name)
	case s.Leafs && s.Fabric:
		return fmt.Errorf("cloud %q: it has leafs of its own or a fabric's, not both", s.Name)
	case s.Tunnel == "vlan" && s.Networks+s.VLANs > 3900:
		return fmt.Errorf("cloud %q: %d vlan networks: there are 4094 VLANs", s.Name, s.Networks+s.VLANs)
	}
	return nil
}

// perNetwork is about how many ports a tenant network gets.
func (s Spec) perNetwork() int { return max(s.Ports, 2*s.Instances) / max(1, s.Networks) }

// subnetBits is the prefix length of tenant subnets: as short as their number of ports needs.
func (s Spec) subnetBits() int {
	if s.perNetwork() > 100 {
		return 20
	}
	return 24
}

func (s Spec) maxNetworks() int { return 60 << (s.subnetBits() - 16) }

// mtus holds the MTU of the networks of each type.
var mtus = map[string]int{"vxlan": 1450, "gre": 1458, "geneve": 1442, "vlan": 1500, "flat": 1500}
