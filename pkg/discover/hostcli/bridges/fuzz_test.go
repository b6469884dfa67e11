package bridges

import (
	"testing"
	"unicode/utf8"

	"calipso.io/calipso/pkg/discover/golden"
	"calipso.io/calipso/pkg/discover/hostcli"
	"calipso.io/calipso/pkg/discover/hostcli/plug"
)

func FuzzParse(f *testing.F) {
	golden.Seeds(f, "testdata", hostcli.Bridges)
	f.Fuzz(func(t *testing.T, out []byte) {
		bridges, _, err := Parse(out)
		if err != nil && len(bridges) > 0 {
			t.Errorf("an error, and bridges: %v", bridges)
		}
		for _, b := range bridges {
			if o := vconnector("node-1", b, plug.Index(nil)); !utf8.ValidString(o.ID) {
				t.Errorf("id %q", o.ID)
			}
		}
	})
}
