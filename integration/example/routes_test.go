package example_test

import (
	"testing"
	"unicode/utf8"

	"calipso.io/calipso/integration/example"
	"calipso.io/calipso/pkg/discover/golden"
	"calipso.io/calipso/pkg/discover/hostcmd"
	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/topology"
)

func TestFetch(t *testing.T) { golden.Run(t, "testdata", example.New()) }

func FuzzParse(f *testing.F) {
	golden.Seeds(f, "testdata", hostcmd.Command{Name: "ip route show"})
	f.Fuzz(func(t *testing.T, out []byte) {
		routes, _ := example.Parse(out)
		for _, r := range routes {
			if r.Destination == "" || r.Device == "" || !utf8.ValidString(r.Device) {
				t.Errorf("%+v", r)
			}
		}
	})
}

func TestFinder(t *testing.T) {
	t.Parallel()
	object := func(kind, id, attr, value string) *model.Object {
		return &model.Object{Environment: "lab", Type: kind, ID: id, Name: id, Attrs: map[string]any{attr: value}}
	}
	view := topology.View{Env: &model.Environment{Name: "lab"}, Host: "node-1", Objects: []*model.Object{
		object(model.TypeHostPnic, "eth0-mac", "local_name", "eth0"),
		object(example.TypeRoute, "node-1-default-eth0", "device", "eth0"),
		object(example.TypeRoute, "node-1-10.0.0.0/24-br-ex", "device", "br-ex"),
	}}
	links := topology.Finders{More: []topology.Finder{example.Finder()}}.FindLinks(view)
	if len(links) != 1 || links[0].LinkType != "route-host_pnic" || links[0].SourceID != "node-1-default-eth0" || links[0].TargetID != "eth0-mac" {
		t.Errorf("links %+v", links)
	}
}
