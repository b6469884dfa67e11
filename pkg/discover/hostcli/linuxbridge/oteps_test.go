package linuxbridge

import (
	"testing"

	"calipso.io/calipso/pkg/discover/golden"
	"calipso.io/calipso/pkg/discover/hostcli"
)

func TestFetch(t *testing.T) { golden.Run(t, "testdata", NewOteps()) }

func FuzzParseFDB(f *testing.F) {
	golden.Seeds(f, "testdata", hostcli.FDB)
	f.Fuzz(func(t *testing.T, out []byte) {
		remotes, _ := ParseFDB(out)
		for device, list := range remotes {
			if device == "" || len(list) == 0 || !list[0].IsValid() {
				t.Errorf("%q: %v", device, list)
			}
		}
	})
}
