package sim

import (
	"fmt"
	"slices"
)

// Distribution is how a distribution of OpenStack sets up a cloud, as far as a scan can see.
type Distribution struct {
	Controller, Compute string // names of hosts, with their number
	First               int    // the number of the first host of a kind; 0: both kinds are counted together, from 1
	NICs                [3]string
	OS                  OS
	Datapath            string // of Open vSwitch: system, which is the kernel's, or netdev
	Mesh                string // the linux bridge that the tunnel address is on; "": it is on a NIC
	OnlyAddress         bool   // tunnels end at the hosts' own addresses
	Patched             bool   // each uplink has a bridge of its own, which a patch leads to
	Schema              string // of Neutron in the database
	Network             string // the name of Neutron in Keystone's catalogue
}

// OS is an operating system: what /etc/os-release says of it.
type OS struct{ ID, Name, Version string }

// distribution returns how the cloud's distribution sets it up.
func (c *Cloud) distribution() Distribution {
	d := Distribution{
		Controller: "node-%d", Compute: "node-%d", NICs: [3]string{"ens3", "ens4", "ens5"}, OS: OS{"debian", "Debian GNU/Linux", "12 (bookworm)"},
		Datapath: "netdev", Schema: "neutron", Network: "neutron",
	}
	old := [3]string{"eth0", "eth1", "eth2"}
	ubuntu := OS{"ubuntu", "Ubuntu", "16.04.7 LTS (Xenial Xerus)"}
	if c.Release < Mitaka {
		ubuntu.Version = "14.04.6 LTS, Trusty Tahr"
	}
	centos := OS{"centos", "CentOS Linux", "7 (Core)"}
	switch c.Spec.Distribution {
	case "Mirantis":
		d.Controller, d.Compute, d.NICs, d.OS, d.Datapath, d.Mesh = "node-%d.domain.tld", "node-%d.domain.tld", old, ubuntu, "system", "br-mesh"
		d.Patched = slices.Contains([]string{"6.0", "7.0", "8.0"}, c.Spec.DistributionVersion)
	case "RDO", "Packstack":
		d.Controller, d.Compute, d.NICs, d.OS, d.Datapath = "rdo-%d.localdomain", "rdo-%d.localdomain", [3]string{"em1", "em2", "em3"}, centos, "system"
	case "Canonical":
		d.Controller, d.Compute, d.NICs, d.OS, d.Datapath = "juju-%d.maas", "juju-%d.maas", old, ubuntu, "system"
		if c.Release < Kilo {
			d.Network = "quantum"
		}
		if c.Release == Icehouse {
			d.OnlyAddress, d.Schema = true, "ovs_quantum" // the names of before are kept when a cloud is upgraded
		}
	case "Apex":
		d.Controller, d.Compute, d.First = "overcloud-controller-%d.opnfvlf.org", "overcloud-novacompute-%d.opnfvlf.org", 1
		d.NICs, d.OS, d.Datapath, d.Schema = [3]string{"enp6s0", "enp7s0", "enp8s0"}, centos, "system", "ovs_neutron"
	case "Devstack":
		d.Controller, d.Compute, d.NICs, d.OS, d.Datapath, d.OnlyAddress = "devstack-%d", "devstack-%d", old, ubuntu, "system", true
	}
	return d
}

// hostName returns the name of the i-th host.
func (c *Cloud) hostName(i int) string {
	format, number := c.Setup.Controller, i+1
	if i >= c.Spec.Controllers {
		format = c.Setup.Compute
		if c.Setup.First > 0 {
			number -= c.Spec.Controllers
		}
	}
	return fmt.Sprintf(format, number-c.Setup.First)
}
