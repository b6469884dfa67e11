package variance

import (
	"testing"

	"calipso.io/calipso/pkg/document"
	"calipso.io/calipso/pkg/model"
)

func table(t *testing.T) Table {
	t.Helper()
	table, err := Parse(document.Source{File: "supported_environments.yaml", Content: DefaultTable})
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func env(distribution, version, types string, mechanisms ...string) *model.Environment {
	return &model.Environment{Distribution: distribution, DistributionVersion: version, TypeDrivers: types, MechanismDrivers: mechanisms}
}

func TestFeatures(t *testing.T) {
	t.Parallel()
	all := Features{Scanning: true, Listening: true, Monitoring: true}
	table := table(t)
	for name, tt := range map[string]struct {
		env  *model.Environment
		want Features
	}{
		"any OpenStack":                     {env("OpenStack", "Zed (Debian 12)", "vxlan", "OVS"), all},
		"a version without any order":       {env("OpenStack", "ours", "vxlan", "OVS"), all},
		"as the table says":                 {env("RDO", "Mitaka", "vxlan", "VPP"), all},
		"in other letters":                  {env("Kolla", "Train", "gre", "LXB"), all},
		"no monitoring":                     {env("Mercury", "10307", "vlan", "OVS"), Features{Scanning: true, Listening: true}},
		"no listening":                      {env("Stratoscale", "2.1.6", "vlan", "OVS"), Features{Scanning: true, Monitoring: true}},
		"newer than the table":              {env("RDO", "2024.1", "vxlan", "OVS"), all},
		"between two of the table":          {env("Mercury", "10500", "vlan", "OVS"), Features{Scanning: true, Listening: true}},
		"older than the table":              {env("Mercury", "9000", "vlan", "OVS"), Features{}},
		"another type driver":               {env("Stratoscale", "2.1.6", "vxlan", "OVS"), Features{}},
		"another mechanism driver":          {env("Mercury", "11190", "vlan", "LXB"), Features{}},
		"one of the mechanism drivers":      {env("Mercury", "11190", "vlan", "SRIOV", "OVS"), all},
		"a distribution that there is not":  {env("Ubuntu", "1", "vlan", "OVS"), Features{}},
		"a version of another kind":         {env("Apex", "Mitaka", "vxlan", "OVS"), Features{}},
		"geneve came later":                 {env("RDO", "Newton", "geneve", "OVS"), Features{}},
		"geneve, in a version after Ocata":  {env("RDO", "Queens", "geneve", "OVS"), all},
		"what only Mercury before it knows": {env("Mercury", "10918", "vxlan", "OVS"), Features{}},
	} {
		if got := table.Features(tt.env); got != tt.want {
			t.Errorf("%s: %+v, want %+v", name, got, tt.want)
		}
	}
}

// TestSixty: all five distributions with three mechanism drivers and four type drivers can be scanned.
func TestSixty(t *testing.T) {
	t.Parallel()
	table := table(t)
	for distribution, version := range map[string]string{"Mirantis": "8.0", "RDO": "Mitaka", "Canonical": "Icehouse", "Apex": "Euphrates", "Devstack": "Ocata"} {
		for _, mechanism := range []string{"OVS", "LXB", "VPP"} {
			for _, types := range []string{"flat", "vlan", "vxlan", "gre"} {
				if err := table.Check(env(distribution, version, types, mechanism), Scanning); err != nil {
					t.Error(err)
				}
			}
		}
	}
}

func TestCheckNamesTheNearest(t *testing.T) {
	t.Parallel()
	table := table(t)
	for _, tt := range []struct {
		env           *model.Environment
		feature, want string
	}{
		{env("Stratoscale", "2.1.6", "vxlan", "OVS"), Scanning,
			"scanning is not supported with Stratoscale 2.1.6, OVS, vxlan; the nearest that are: Stratoscale 2.1.6, OVS, vlan; " +
				"OpenStack (any version), OVS, vxlan; Mirantis 6.0, OVS, vxlan"},
		{env("Kola", "train", "vxlan", "OVS"), Scanning,
			"scanning is not supported with Kola train, OVS, vxlan; the nearest that are: Kolla train, OVS, vxlan; " +
				"Kolla train, OVS, vlan; Kolla train, OVS, gre"},
		{env("Mercury", "10239", "vlan", "OVS"), Monitoring,
			"monitoring is not supported with Mercury 10239, OVS, vlan; the nearest that are: Mercury 10918, OVS, vlan; " +
				"Mercury 11190, OVS, vlan; Mercury 11190, OVS, vxlan"},
	} {
		if err := table.Check(tt.env, tt.feature); err == nil || err.Error() != tt.want {
			t.Errorf("\ngot  %v\nwant %s", err, tt.want)
		}
	}
	kubernetes := env("Kubernetes", "1.17", "vxlan", "Flannel")
	kubernetes.EnvironmentType = "Kubernetes"
	if err := table.Check(kubernetes, Scanning); err != nil {
		t.Errorf("the table says nothing of other types: %v", err)
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for content, want := range map[string]string{
		"- environment: {distribution: X, distribution_version: 1, mechanism_drivers: OVS}": "f:1: the row has no type_drivers",
		"- environment:\n    distribution: X\n    version: 1":                               `f:3: unknown key "version"; there are distribution, distribution_version, mechanism_drivers, type_drivers`,
		`[{"environment": {}, "features": {"scaning": true}}]`:                              `f:1: unknown key "scaning"; there are listening, monitoring, scanning`,
		"- features: {scanning: maybe}":                                                     `f:1: this must be true or false, not "maybe"`,
	} {
		if _, err := Parse(document.Source{File: "f", Content: []byte(content)}); err == nil || err.Error() != want {
			t.Errorf("%s:\n%v", content, err)
		}
	}
}
