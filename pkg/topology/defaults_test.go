package topology

import (
	"slices"
	"strings"
	"testing"

	"calipso.io/calipso/pkg/model"
)

func TestDefaults(t *testing.T) {
	t.Parallel()
	types, err := DefaultCliqueTypes()
	if err != nil {
		t.Fatal(err)
	}
	ids := map[string]bool{}
	for _, ct := range types {
		ids[ct.ID] = true
	}
	if len(types) != 16 || len(ids) != 16 {
		t.Errorf("there are %d clique types with %d ids", len(types), len(ids))
	}
	linkTypes, err := DefaultLinkTypes()
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, lt := range linkTypes {
		if lt.Type != lt.EndPointA+"-"+lt.EndPointB || lt.Description == "" {
			t.Errorf("%+v does not agree with itself", lt)
		}
		known[lt.Type] = true
	}
	if len(linkTypes) != 30 || len(known) != 30 {
		t.Errorf("there are %d link types, %d different ones", len(linkTypes), len(known))
	}
	for _, f := range finders() {
		if !known[f.linkType] {
			t.Errorf("the catalogue of link types does not have %s", f.linkType)
		}
	}
}

func TestConstraintsFor(t *testing.T) {
	t.Parallel()
	constraints, err := DefaultCliqueConstraints()
	if err != nil {
		t.Fatal(err)
	}
	for focalType, want := range map[string][]string{
		"instance": {"network"}, "vservice": {"network"}, "network": {"network"}, "switch_pnic": nil,
	} {
		if got := ConstraintsFor(constraints, "lab", focalType); !slices.Equal(got, want) {
			t.Errorf("constraints for %s are %v, want %v", focalType, got, want)
		}
	}
	constraints = append([]model.CliqueConstraint{{FocalPointType: "vnic", Constraints: []string{"network"}}, {Environment: "lab", FocalPointType: "instance"}}, constraints...)
	for at, want := range map[[2]string][]string{
		{"lab", "instance"}: nil, {"other", "instance"}: {"network"}, {"lab", "vnic"}: {"network"},
	} {
		if got := ConstraintsFor(constraints, at[0], at[1]); !slices.Equal(got, want) {
			t.Errorf("constraints for %v are %v, want %v", at, got, want)
		}
	}
}

func TestValidateCliqueType(t *testing.T) {
	t.Parallel()
	linkTypes, err := DefaultLinkTypes()
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		focal, linkTypes string
		implicit         bool
		want             []string // in the error; none: it is valid
	}{
		{"instance", "instance-vnic vnic-vedge", false, nil},
		{"instance", "instance-network", true, nil},
		{"instance", "", false, []string{`clique type "x" of instance (environment "e")`, "no link types"}},
		{"switch_pnic", "switch_pnic-switch-pnic", false, []string{`"switch_pnic-switch-pnic" is not a known link type`}},
		{"instance", "instance-network", false, []string{`"instance-network" is not a known link type`}},
		{"switch", "switch-switch_pnic:uplink switch_pnic-switch_pnic switch_pnic-switch:downlink", false, nil},
		{"switch", "switch-switch_pnic:sideways", false, []string{`"switch-switch_pnic:sideways": only links of a switch and its ports have a role, one of hostlink, uplink, downlink`}},
		{"instance", "instance-vnic:uplink", false, []string{`"instance-vnic:uplink": only links of a switch`}},
		{"instance", "instance-nothing", true, []string{`"instance-nothing" is not a known link type`}},
		{"instance", "vnic-vedge instance-vnic", false, []string{`"vnic-vedge" begins at a vnic, which nothing before it leads to`}},
		{"instance", "instance-vnic vedge-otep nonsense", false, []string{`"vedge-otep" begins at a vedge`, `"nonsense" is not`}},
	} {
		ct := &model.CliqueType{Name: "x", Environment: "e", FocalPointType: test.focal, UseImplicitLinks: test.implicit,
			LinkTypes: strings.Fields(test.linkTypes)}
		err := ValidateCliqueType(ct, linkTypes)
		if (err == nil) != (len(test.want) == 0) {
			t.Errorf("%q: %v", test.linkTypes, err)
		}
		for _, want := range test.want {
			if err != nil && !strings.Contains(err.Error(), want) {
				t.Errorf("%q: the error %q does not say %q", test.linkTypes, err, want)
			}
		}
	}
}

func TestSelectCliqueType(t *testing.T) {
	t.Parallel()
	types := []model.CliqueType{
		{Name: "any", Environment: "ANY"},
		{Name: "any again", Environment: "ANY"},
		{Name: "mine", Environment: "mine"},
		{Name: "kubernetes", EnvironmentType: "Kubernetes"},
		{Name: "mercury", Distribution: "Mercury"},
		{Name: "mercury from 27747", Distribution: "Mercury", DistributionVersion: "27747"},
		{Name: "mirantis 6.0", Distribution: "Mirantis", DistributionVersion: "6.0"},
		{Name: "vpp or lxb", MechanismDrivers: []string{"VPP", "LXB"}},
		{Name: "gre", TypeDrivers: "gre"},
		{Name: "vpp gre", TypeDrivers: "gre", MechanismDrivers: []string{"VPP"}},
		{Name: "fabric", ACIEnabled: true},
	}
	for i := range types {
		types[i].FocalPointType = "instance"
	}
	for _, test := range []struct {
		env  model.Environment
		want string
	}{
		{model.Environment{Name: "other"}, "any"},
		{model.Environment{Name: "mine", Distribution: "Mercury"}, "mine"},
		{model.Environment{Distribution: "Mercury"}, "mercury"},
		{model.Environment{Distribution: "Mercury", DistributionVersion: "26000"}, "mercury"},
		{model.Environment{Distribution: "Mercury", DistributionVersion: "28000"}, "mercury from 27747"},
		{model.Environment{Distribution: "Mirantis", DistributionVersion: "6.0"}, "mirantis 6.0"},
		{model.Environment{Distribution: "Mirantis", DistributionVersion: "7.0"}, "any"},
		{model.Environment{MechanismDrivers: []string{"OVS", "LXB"}}, "vpp or lxb"},
		{model.Environment{TypeDrivers: "gre"}, "gre"},
		{model.Environment{TypeDrivers: "gre", MechanismDrivers: []string{"VPP"}}, "vpp gre"},
		{model.Environment{EnvironmentType: "Kubernetes"}, "kubernetes"},
		{model.Environment{ACIEnabled: true}, "fabric"},
		{model.Environment{ACIEnabled: true, Distribution: "Mercury"}, "mercury"},
	} {
		got, ok := SelectCliqueType(&test.env, types, "instance")
		if !ok || got.Name != test.want {
			t.Errorf("%+v: got %+v, want %s", test.env, got, test.want)
		}
	}
	if got, ok := SelectCliqueType(&model.Environment{}, types, "network"); ok {
		t.Errorf("for a type of focal point that has none there is %+v", got)
	}
}
