package vservices

import (
	"testing"

	"calipso.io/calipso/pkg/discover/golden"
	"calipso.io/calipso/pkg/discover/hostcli"
)

func FuzzParse(f *testing.F) {
	golden.Seeds(f, "testdata/services", hostcli.Namespaces)
	f.Fuzz(func(t *testing.T, out []byte) {
		namespaces, _ := Parse(out)
		seen := map[string]bool{}
		for _, n := range namespaces {
			if seen[n.Name] || !safeName.MatchString(n.Name) || n.ID == "" {
				t.Errorf("%+v", n)
			}
			seen[n.Name] = true
		}
	})
}
