// Package lab is a simulated lab: any number of OpenStack clouds that answer as real ones do, over HTTP, SSH and
// MySQL's protocol, on ports of this machine. What is in them follows from a seed. It is for the demo, for tests that
// need no root, and for benchmarks; `go run ./integration/lab/cmd/lab` runs it by itself.
package lab

import (
	"cmp"
	"fmt"
	"time"

	"calipso.io/calipso/integration/lab/faults"
	"calipso.io/calipso/integration/lab/sim"
	"calipso.io/calipso/pkg/model"
)

// Config is what a lab consists of.
type Config struct {
	Seed         int64 // same seed and names, same clouds
	Environments []EnvConfig
}

// EnvConfig says what one cloud is like. Numbers that are zero get the defaults of sim.Spec, negative ones mean none.
type EnvConfig struct {
	Name        string
	Hosts       int
	Controllers int
	Instances   int
	Networks    int // tenant networks, in tunnels
	VLANs       int // provider networks on a vlan
	Ports       int // at least so many ports in all
	Tunnel      string
	Plugging    sim.Plugging
	Mechanism   sim.Mechanism

	// Distribution and DistributionVersion are OpenStack and Zed when empty. Kolla's and Mercury's hosts have programs in
	// containers.
	Distribution, DistributionVersion string

	Bonds      bool
	Teams      bool
	TunnelVLAN bool
	SRIOV      bool
	Leafs      bool
	Fabric     bool

	APIDelay time.Duration // before each answer of an API
	SSHDelay time.Duration // before each command over SSH

	Passwords map[string]string // of the logins, by the document's sections; the usual ones when missing

	Files map[string]string // what is in files of all hosts, by their paths

	NoMySQL  bool // the environment document has no mysql section, and nothing listens
	KeyLogin bool // its CLI section has a key in place of a password
	Faults   Faults
	Dead     bool // nothing answers who connects, not even with a refusal: the machine is gone

	// Address is the address of this machine that the cloud listens on; 127.0.0.1 when empty.
	Address string
	// BasePort is the first of six ports: Keystone, Nova, Neutron, SSH, MySQL, APIC. With 0 they are any free ones.
	BasePort int
}

// Faults is what is wrong with an environment.
type Faults = faults.Set

func (e EnvConfig) spec(seed int64) sim.Spec {
	return sim.Spec{
		Name: e.Name, Seed: seed, Hosts: e.Hosts, Controllers: e.Controllers, Instances: e.Instances, Networks: e.Networks,
		VLANs: e.VLANs, Ports: e.Ports, Tunnel: e.Tunnel, Plugging: e.Plugging, Bonds: e.Bonds,
		Distribution: e.Distribution, DistributionVersion: e.DistributionVersion, Mechanism: e.Mechanism, Teams: e.Teams, TunnelVLAN: e.TunnelVLAN, SRIOV: e.SRIOV, Leafs: e.Leafs, Fabric: e.Fabric,
	}
}

// address is where the cloud listens.
func (e EnvConfig) address() string { return cmp.Or(e.Address, "127.0.0.1") }

// Logins of every simulated cloud.
const (
	apiUser, apiPassword, apiProject = "admin", "lab", "admin"
	sshUser, sshPassword             = "scan", "scan"
	sqlUser, sqlPassword             = "scan", "scan"
	aciUser, aciPassword             = "admin", "fabric"
)

// sshUser is who logs in: on Mercury's hosts root does.
func (e EnvConfig) sshUser() string {
	if e.Distribution == "Mercury" {
		return "root"
	}
	return sshUser
}

// password is the password of the login that a section of the environment's document is about.
func (e EnvConfig) password(section string) string {
	usual := map[string]string{model.SectionOpenStack: apiPassword, model.SectionCLI: sshPassword, model.SectionMySQL: sqlPassword,
		model.SectionACI: aciPassword}
	return cmp.Or(e.Passwords[section], usual[section])
}

func (c Config) check() error {
	seen := map[string]bool{}
	for _, e := range c.Environments {
		if e.Name == "" || seen[e.Name] {
			return fmt.Errorf("environment %q: each needs a name of its own", e.Name)
		}
		seen[e.Name] = true
	}
	return nil
}
