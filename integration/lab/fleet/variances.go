package fleet

import (
	"context"
	"fmt"

	"calipso.io/calipso/integration/lab"
	"calipso.io/calipso/integration/lab/sim"
)

// Variance is a kind of cloud: a row of the table of 5 distributions, 3 mechanism drivers and 4 type drivers.
type Variance struct {
	Number                int // from 1
	Distribution, Version string
	Mechanism, Type       string // as environments have them
	Fabric                bool   // its hosts are cabled to an ACI fabric
}

// Variances returns all 60. The versions of a distribution take turns, but where VPP is shipped with one it has that.
func Variances() (all []Variance) {
	for _, d := range []struct {
		name     string
		versions []string
	}{
		{"Mirantis", []string{"6.0", "7.0", "8.0", "9.0", "9.1", "10.0"}},
		{"RDO", []string{"Icehouse", "Liberty", "Mitaka", "Juno", "Kilo", "Newton", "Ocata"}},
		{"Canonical", []string{"Icehouse", "Juno", "Kilo", "Liberty", "Mitaka", "Newton", "Ocata"}},
		{"Apex", []string{"Euphrates"}},
		{"Devstack", []string{"Ocata", "Newton", "Mitaka", "Liberty", "Kilo", "Juno", "Icehouse"}},
	} {
		for i, mechanism := range []string{"OVS", "LXB", "VPP"} {
			for k, types := range []string{"flat", "vlan", "vxlan", "gre"} {
				v := Variance{Number: len(all) + 1, Distribution: d.name, Version: d.versions[(4*i+k)%len(d.versions)], Mechanism: mechanism, Type: types}
				if mechanism == "VPP" && (d.name == "RDO" || d.name == "Devstack") {
					v.Version = "Mitaka"
				}
				v.Fabric = d.name == "RDO" && types == "vlan"
				all = append(all, v)
			}
		}
	}
	return all
}

// Name is the name of the simulated cloud.
func (v Variance) Name() string { return fmt.Sprintf("variance-%02d", v.Number) }

// String describes the variance: "Mirantis 6.0, OVS, flat".
func (v Variance) String() string {
	return fmt.Sprintf("%s %s, %s, %s", v.Distribution, v.Version, v.Mechanism, v.Type)
}

// Config is a small cloud of that kind: a controller and two compute hosts.
func (v Variance) Config() lab.EnvConfig {
	return lab.EnvConfig{
		Name: v.Name(), Hosts: 3, Instances: 4, Networks: map[bool]int{true: 1, false: 2}[v.Type == "flat"],
		Distribution: v.Distribution, DistributionVersion: v.Version, Tunnel: v.Type, Fabric: v.Fabric,
		Mechanism: map[string]sim.Mechanism{"OVS": sim.OpenVSwitch, "LXB": sim.LinuxBridge, "VPP": sim.VPP}[v.Mechanism],
	}
}

// StartVariances runs a healthy cloud of each of the given kinds, with the seed and the delays of a fleet, until ctx ends or Close is called.
func StartVariances(ctx context.Context, s Spec, variances []Variance) (*Fleet, error) {
	var members []Member
	for _, v := range variances {
		m := Member{EnvConfig: v.Config(), Kind: Healthy}
		m.APIDelay, m.SSHDelay = s.APIDelay, s.SSHDelay
		m.Address = fmt.Sprintf("127.17.0.%d", v.Number)
		members = append(members, m)
	}
	return run(ctx, s.Seed, members)
}
