package openstack

import "testing"

func TestHostNames(t *testing.T) {
	t.Parallel()
	known := []string{"node-1", "Node-2.example.com", "node-3.a.org", "node-3.b.org", "10.0.0.9", "fd00::1"}
	cases := []struct {
		name, want string // want "": no such host
	}{
		{"node-1", "node-1"},
		{"NODE-1", "node-1"},
		{"node-1.example.com", "node-1"},
		{"node-2.EXAMPLE.com", "Node-2.example.com"},
		{"node-2", "Node-2.example.com"},
		{"node-2.elsewhere.com", ""},
		{"node-3", ""}, // which of the two?
		{"node-3.b.org", "node-3.b.org"},
		{"10.0.0.9", "10.0.0.9"},
		{"10.0.0.8", ""},
		{"10", ""},
		{"fd00::1", "fd00::1"},
		{"", ""},
		{".example.com", ""},
	}
	names := newHostNames()
	for _, name := range known {
		names.add(name)
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, ok := names.find(c.name)
			if got != c.want || ok != (c.want != "") {
				t.Errorf("got %q, %v, want %q", got, ok, c.want)
			}
			if c.want == "" && names.resolve(c.name) != c.name {
				t.Errorf("resolved to %q", names.resolve(c.name))
			}
		})
	}
}
