package osrelease

import (
	"testing"
	"unicode/utf8"

	"calipso.io/calipso/pkg/discover/golden"
	"calipso.io/calipso/pkg/discover/hostcli"
)

func FuzzParse(f *testing.F) {
	golden.Seeds(f, "testdata", hostcli.OSRelease)
	f.Fuzz(func(t *testing.T, out []byte) {
		values, _ := Parse(out)
		for key, value := range values {
			if key == "" || !utf8.ValidString(value) {
				t.Errorf("%q = %q", key, value)
			}
		}
	})
}
