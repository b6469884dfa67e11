package iplink

import (
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestParse(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		file     string
		want     []Device
		warnings int
	}{
		{"empty.txt", nil, 0},
		{"vxlan.txt", []Device{
			{Name: "lo", MTU: 65536},
			{Name: "ens4", Lower: "if9", MTU: 1500, MAC: "86:e9:08:65:00:f8"},
			{Name: "ens5.101", Lower: "ens5", MTU: 1500, Master: "brq21c4d5e6-70", MAC: "86:e9:08:65:00:f9", VLAN: 101},
			{Name: "vxlan-35", MTU: 1450, Master: "brq0a1b2c3d-4e", MAC: "2a:11:22:33:44:55",
				Tunnel: &Tunnel{Kind: "vxlan", ID: 35, Local: netip.MustParseAddr("10.78.0.12"), Device: "ens4", Port: 8472}},
			{Name: "vxlan-36", MTU: 1450, MAC: "2a:11:22:33:44:56", Tunnel: &Tunnel{Kind: "vxlan", ID: 36, Group: "224.0.0.1", Device: "ens4", Port: 4789}},
			{Name: "vxlan-37", MTU: 1430, MAC: "2a:11:22:33:44:57",
				Tunnel: &Tunnel{Kind: "vxlan", ID: 37, Group: "fd00::7", Local: netip.MustParseAddr("fd00::12"), Port: 4789}},
		}, 0},
		{"vfs.txt", []Device{{Name: "ens6f0", MTU: 1500, MAC: "3c:fd:fe:a1:00:01", VFs: []VF{
			{Number: 0, MAC: "fa:16:3e:00:00:01", VLAN: 101, SpoofChecking: "on", LinkState: "auto", Trust: "off"},
			{Number: 1, MAC: "00:00:00:00:00:00", SpoofChecking: "on", LinkState: "auto"},
			{Number: 2, MAC: "fa:16:3e:00:00:02", VLAN: 102, SpoofChecking: "off", LinkState: "disable", Trust: "on"}}}}, 0},
		{"gre.txt", []Device{
			{Name: "gre-35-1", Lower: "ens4", MTU: 1458, Master: "brq0a1b2c3d-4e", MAC: "2a:11:22:33:44:01",
				Tunnel: &Tunnel{Kind: "gre", ID: 35, Local: netip.MustParseAddr("10.78.0.12"), Device: "ens4", Group: "10.78.0.11"}},
			{Name: "gre-70000-3", MTU: 1458, MAC: "2a:11:22:33:44:02",
				Tunnel: &Tunnel{Kind: "gre", ID: 70000, Local: netip.MustParseAddr("10.78.0.12"), Group: "10.78.0.13"}},
			{Name: "gretap0", MTU: 1462, MAC: "00:00:00:00:00:00", Tunnel: &Tunnel{Kind: "gre"}},
		}, 0},
		{"malformed.txt", []Device{{Name: "ens3", MTU: 1500}, {Name: "x$(y)�", Tunnel: &Tunnel{Kind: "vxlan"}}}, 9},
	} {
		t.Run(test.file, func(t *testing.T) {
			t.Parallel()
			out, err := os.ReadFile(filepath.Join("testdata", test.file))
			if err != nil {
				t.Fatal(err)
			}
			got, warnings := Parse(out)
			if diff := cmp.Diff(test.want, got, cmpopts.IgnoreFields(Device{}, "Flags", "Data"), cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if len(warnings) != test.warnings {
				t.Errorf("%d warnings, want %d: %v", len(warnings), test.warnings, warnings)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		f.Fatal("no seeds", err)
	}
	for _, file := range files {
		out, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(out)
	}
	f.Fuzz(func(t *testing.T, out []byte) {
		devices, _ := Parse(out)
		for _, d := range devices {
			if d.Name == "" || !utf8.ValidString(d.Name+d.Lower+d.Master+d.Data) || d.VLAN < 0 || d.VLAN > 4094 {
				t.Errorf("%+v", d)
			}
		}
	})
}
