package pnics

import (
	"strings"
	"testing"
	"unicode/utf8"

	"calipso.io/calipso/pkg/discover/golden"
	"calipso.io/calipso/pkg/discover/hostcli"
)

func FuzzParseSysfs(f *testing.F) {
	golden.Seeds(f, "testdata", hostcli.SysClassNet)
	f.Fuzz(func(t *testing.T, out []byte) {
		virtual, _ := ParseSysfs(out)
		for name := range virtual {
			if name == "" || !utf8.ValidString(name) {
				t.Errorf("name %q", name)
			}
		}
	})
}

func FuzzParseEthtool(f *testing.F) {
	golden.Seeds(f, "testdata", hostcli.Ethtool)
	f.Fuzz(func(t *testing.T, out []byte) {
		settings, _ := ParseEthtool(out)
		attrs := map[string]any{}
		addEthtool(attrs, settings)
		checkKeys(t, attrs)
	})
}

func FuzzParseBond(f *testing.F) {
	golden.Seeds(f, "testdata", hostcli.Bonding)
	f.Fuzz(func(t *testing.T, out []byte) {
		bond, _ := ParseBond("bond0", out)
		attrs := map[string]any{}
		(&finder{host: "node-1", underlay: &underlay{}}).addBond(attrs, bond)
		checkKeys(t, attrs)
		for _, m := range bond.Members {
			checkKeys(t, m.Properties)
		}
	})
}

func FuzzParseTeam(f *testing.F) {
	golden.Seeds(f, "testdata", hostcli.Teams)
	f.Fuzz(func(t *testing.T, out []byte) {
		team, err := ParseTeam("team0", out)
		if err != nil && len(team.Members) > 0 {
			t.Errorf("an error, and members: %v", team.Members)
		}
		attrs := map[string]any{}
		(&finder{host: "node-1", underlay: &underlay{}}).addBond(attrs, team)
		checkKeys(t, attrs)
		for _, m := range team.Members {
			if !utf8.ValidString(m.Name) {
				t.Errorf("member %q", m.Name)
			}
		}
	})
}

func FuzzParseHardware(f *testing.F) {
	golden.Seeds(f, "testdata", hostcli.Hardware)
	f.Fuzz(func(t *testing.T, out []byte) {
		h, _ := ParseHardware(out)
		if h.TotalVFs < 0 || h.VFs < 0 || strings.Contains(h.Driver+h.Address, "/") && h.Driver != "/" && h.Address != "/" {
			t.Errorf("%+v", h)
		}
	})
}

// checkKeys fails when a key is not fit for every document store.
func checkKeys(t *testing.T, attrs map[string]any) {
	for key, value := range attrs {
		if key == "" || strings.ContainsAny(key, ".$\x00") {
			t.Errorf("key %q", key)
		}
		if nested, ok := value.(map[string]any); ok {
			checkKeys(t, nested)
		}
	}
}
