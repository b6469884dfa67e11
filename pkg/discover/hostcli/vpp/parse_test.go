package vpp

import (
	"testing"

	"calipso.io/calipso/pkg/discover/golden"
)

func TestFetchVedges(t *testing.T)      { golden.Run(t, "testdata/vedges", NewVedges()) }
func TestFetchVconnectors(t *testing.T) { golden.Run(t, "testdata/vconnectors", NewVconnectors()) }
func TestFetchPnics(t *testing.T)       { golden.Run(t, "testdata/pnics", NewPnics()) }
func TestFetchOteps(t *testing.T)       { golden.Run(t, "testdata/oteps", NewOteps()) }

func TestNamesOfNICs(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{
		"GigabitEthernet0/8/0": true, "TenGigabitEthernetc/0/0": true, "FortyGigabitEthernet3b/0/1": true, "BondEthernet0": true,
		"VirtualEthernet0/0/0": false, "GigabitEthernet0/8/0.101": false, "tap0": false, "local0": false, "vxlan_tunnel0": false, "": false,
	} {
		if isNIC(name) != want {
			t.Errorf("%q is a NIC: %t, want %t", name, !want, want)
		}
	}
}
