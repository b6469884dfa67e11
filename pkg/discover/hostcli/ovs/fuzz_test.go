package ovs

import (
	"strings"
	"testing"
	"unicode/utf8"

	"calipso.io/calipso/pkg/discover/golden"
	"calipso.io/calipso/pkg/discover/hostcli"
	"calipso.io/calipso/pkg/model"
)

func FuzzParseVsctl(f *testing.F) {
	golden.Seeds(f, "testdata/vedges", hostcli.VsctlShow)
	f.Fuzz(func(t *testing.T, out []byte) {
		bridges, _ := ParseVsctl(out)
		for _, b := range bridges {
			for _, i := range b.Interfaces {
				if i.Port == "" || !utf8.ValidString(i.Name) {
					t.Errorf("bridge %q: %+v", b.Name, i)
				}
				for key := range i.Options {
					if strings.ContainsAny(key, ".$\x00") {
						t.Errorf("option %q", key)
					}
				}
			}
		}
		vedge("node-1", &model.Object{}, bridges, nil)
	})
}

func FuzzParseDpctl(f *testing.F) {
	golden.Seeds(f, "testdata/vedges", hostcli.DpctlShow)
	f.Fuzz(func(t *testing.T, out []byte) {
		ports, _ := ParseDpctl(out)
		for _, p := range ports {
			if p.Number == "" || p.Name == "" || !utf8.ValidString(p.Name) {
				t.Errorf("%+v", p)
			}
		}
	})
}
