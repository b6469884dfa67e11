package model

import "testing"

func TestCompareVersions(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		a, b  string
		order int
		ok    bool
	}{
		{"Liberty", "mitaka", -1, true},
		{"Zed (Debian 12)", "Zed", 0, true},
		{"Zed", "2023.1", -1, true},
		{"2023.2", "Bobcat", 0, true},
		{"Antelope", "Austin", 1, true},
		{"2031.1", "Zed", 1, true},
		{"9.0", "10.0", -1, true},
		{"9", "9.0", 0, true},
		{"1.9", "1.10", -1, true},
		{"10239", "10307", -1, true},
		{"7.0.0-0.10.dev1682", "7.0.0", 0, true},
		{"Euphrates", "Mitaka", 0, false},
		{"10239", "Mitaka", 0, false},
		{"", "1", 0, false},
	} {
		order, ok := CompareVersions(tt.a, tt.b)
		if order != tt.order || ok != tt.ok {
			t.Errorf("%q, %q: %d %v, want %d %v", tt.a, tt.b, order, ok, tt.order, tt.ok)
		}
	}
}

func TestConditions(t *testing.T) {
	t.Parallel()
	env := &Environment{Distribution: "Mercury", DistributionVersion: "27747", MechanismDrivers: []string{"OVS", "SRIOV"}, TypeDrivers: "vlan"}
	host := &Object{Attrs: map[string]any{"host_type": []string{"Controller", "Network"}}}
	for name, tt := range map[string]struct {
		when Conditions
		want bool
	}{
		"none":                    {nil, true},
		"one of the values":       {Conditions{"distribution": {"Kolla", "Mercury"}}, true},
		"another":                 {Conditions{"distribution": {"Kolla"}}, false},
		"this version":            {Conditions{"distribution_version": {"27747"}}, true},
		"another version":         {Conditions{"distribution_version": {"10239"}}, false},
		"from a version on":       {Conditions{"distribution_version": {">=27000"}}, true},
		"from a later version on": {Conditions{"distribution_version": {">=30000"}}, false},
		"lists that overlap":      {Conditions{"mechanism_drivers": {"SRIOV"}, "host_type": {"Compute", "Network"}}, true},
		"one does not hold":       {Conditions{"mechanism_drivers": {"SRIOV"}, "host_type": {"Compute"}}, false},
		"the usual kind of cloud": {Conditions{"environment_type": {"OpenStack"}}, true},
	} {
		if got := tt.when.Hold(env, host); got != tt.want {
			t.Errorf("%s: %v", name, got)
		}
	}
	if err := (Conditions{"moon": {"full"}}).Check(); err == nil {
		t.Error("an unknown condition is accepted")
	}
}
