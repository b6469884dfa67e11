package vpp

import (
	"testing"
	"unicode/utf8"

	"calipso.io/calipso/pkg/discover/golden"
	"calipso.io/calipso/pkg/discover/hostcli"
)

func FuzzParseInterfaces(f *testing.F) {
	golden.Seeds(f, "testdata/vedges", hostcli.VPPInterfaces)
	golden.Seeds(f, "testdata/pnics", hostcli.VPPHardware)
	f.Fuzz(func(t *testing.T, out []byte) {
		interfaces, _ := ParseInterfaces(out)
		devices, _ := ParseHardware(out)
		for _, i := range append(interfaces, devices...) {
			if i.Name == "" || i.ID == "" || !utf8.ValidString(i.Name+i.ID+i.State+i.Hardware+i.Speed) {
				t.Errorf("%+v", i)
			}
		}
	})
}

func FuzzParseModes(f *testing.F) {
	golden.Seeds(f, "testdata/vconnectors", hostcli.VPPModes)
	f.Fuzz(func(t *testing.T, out []byte) {
		members, _ := parseModes(out)
		for _, m := range members {
			if m.iface == "" || m.domain == "" || !utf8.ValidString(m.iface) {
				t.Errorf("%+v", m)
			}
		}
	})
}

func FuzzParseAddresses(f *testing.F) {
	golden.Seeds(f, "testdata/pnics", hostcli.VPPAddresses)
	f.Fuzz(func(t *testing.T, out []byte) {
		addresses, _ := parseAddresses(out)
		for name, list := range addresses {
			if name == "" || !utf8.ValidString(name) || len(list) == 0 {
				t.Errorf("%q: %v", name, list)
			}
		}
	})
}

func FuzzParseTunnels(f *testing.F) {
	golden.Seeds(f, "testdata/oteps", hostcli.VPPTunnels)
	golden.Seeds(f, "testdata/oteps", hostcli.VPPGRE)
	f.Fuzz(func(t *testing.T, out []byte) {
		tunnels, _ := parseTunnels(out)
		gre, _ := parseGRE(out)
		for _, tunnel := range append(tunnels, gre...) {
			if tunnel.vni < 0 || !tunnel.local.IsValid() || !tunnel.remote.IsValid() {
				t.Errorf("%+v", tunnel)
			}
		}
	})
}
