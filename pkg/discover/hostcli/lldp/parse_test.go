package lldp

import (
	"strings"
	"testing"
	"unicode/utf8"

	"calipso.io/calipso/pkg/discover/golden"
	"calipso.io/calipso/pkg/discover/hostcli"
)

func TestFetch(t *testing.T) { golden.Run(t, "testdata", New()) }

func TestNameOfPort(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ kind, id, text, want string }{
		{"ifname", "Ethernet1/33", "to compute-7", "Ethernet1/33"}, // NX-OS
		{"ifname", "Eth1/33", "topology/pod-1/paths-101/pathep-[eth1/33]", "eth1/33"},
		{"mac", "e6:cb:fc:6a:db:75", "ens4", "ens4"}, // Linux
		{"mac", "e6:cb:fc:6a:db:75", "", "e6:cb:fc:6a:db:75"},
		{"local", "513", "ge-0/0/12", "ge-0/0/12"},  // Junos
		{"local", "513", "uplink of rack 7", "513"}, // Junos, with a description by people
		{"local", "A12", "uplink", "A12"},           // ProCurve
		{"ifalias", "rack 7", "swp3", "swp3"},
		{"", "", "", ""},
	} {
		n := Neighbor{PortType: test.kind, PortID: test.id, PortText: test.text}
		if got := n.Port(); got != test.want {
			t.Errorf("%s %q %q: %q, want %q", test.kind, test.id, test.text, got, test.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	golden.Seeds(f, "testdata", hostcli.LLDP)
	f.Fuzz(func(t *testing.T, out []byte) {
		neighbors, err := Parse(out)
		if err != nil && len(neighbors) > 0 {
			t.Errorf("an error, and neighbours: %v", neighbors)
		}
		check(t, neighbors)
	})
}

func FuzzParseTool(f *testing.F) {
	golden.Seeds(f, "testdata", hostcli.LLDP)
	f.Fuzz(func(t *testing.T, out []byte) {
		neighbors, err := parseTool("ens3", out)
		if err != nil && len(neighbors) > 0 {
			t.Errorf("an error, and neighbours: %v", neighbors)
		}
		check(t, neighbors)
	})
}

func check(t *testing.T, neighbors []Neighbor) {
	for i := range neighbors {
		n := &neighbors[i]
		owner, port := switchOf("lab", n), portOf(n)
		for _, s := range []string{owner.ID, owner.Name, port.ID, port.Name, n.Description, n.PortText} {
			if !utf8.ValidString(s) || strings.ContainsAny(s, "\x00\x1b") {
				t.Errorf("text %q", s)
			}
		}
	}
}
