package ipaddr

import (
	"testing"
	"unicode/utf8"
)

func FuzzParse(f *testing.F) {
	f.Add([]byte(output))
	f.Add([]byte("1: a@b@c: <> mtu\n    inet \n    inet6 fe80::1%eth0/64\n    link/ether\n"))
	f.Fuzz(func(t *testing.T, out []byte) {
		interfaces, warnings := Parse("ip address show", out)
		for _, i := range interfaces {
			if i.Name == "" || !utf8.ValidString(i.Name+i.Data) {
				t.Errorf("interface %+v", i)
			}
		}
		for _, w := range warnings {
			if w.Reason == "" {
				t.Errorf("a warning without a reason: %+v", w)
			}
		}
	})
}
