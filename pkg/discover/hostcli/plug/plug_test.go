package plug

import (
	"testing"

	"calipso.io/calipso/pkg/model"
	"github.com/google/go-cmp/cmp"
)

func port(id, mac, network string) *model.Object {
	return &model.Object{ID: id, Attrs: map[string]any{"mac_address": mac, "network_id": network}}
}

func TestFind(t *testing.T) {
	t.Parallel()
	ports := Index([]*model.Object{
		port("9257f8b8-17bc-4f71", "fa:16:3e:16:9f:cd", "n1"),
		port("9257f8b8-99bc-4f71", "fa:16:3e:00:00:01", "n2"),
		port("06b2b510-aa26-4ae5", "FA:16:3E:00:00:01", "n3"),
		port("a488ef4d-d9c1-42c3", "", "n4"),
		port("a488ef4d-d9c1-5555", "", "n5"),
		port("short", "", "n6"),
	})
	for name, test := range map[string]struct {
		iface, mac string
		want       []string
	}{
		"by name":                        {"tap9257f8b8-17", "", []string{"n1"}},
		"another prefix":                 {"qvb06b2b510-aa", "", []string{"n3"}},
		"the name goes before the MAC":   {"qr-9257f8b8-99", "fa:16:3e:16:9f:cd", []string{"n2"}},
		"by MAC":                         {"eth0", "FA:16:3e:16:9f:cd", []string{"n1"}},
		"a MAC that two networks have":   {"eth0", "fa:16:3e:00:00:01", nil},
		"a name that two ports share":    {"tapa488ef4d-d9", "", nil},
		"no name and no MAC":             {"", "", nil},
		"a prefix alone":                 {"tap", "", nil},
		"less of the id than agents use": {"tap9257", "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, Networks(ports.Find(test.iface, test.mac))); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}
