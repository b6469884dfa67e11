package pnics

import (
	"strings"
	"testing"
	"unicode/utf8"

	"calipso.io/calipso/pkg/discover/hostcli"
	"calipso.io/calipso/pkg/discover/hostcli/golden"
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
