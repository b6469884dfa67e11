package integration

import (
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"calipso.io/calipso/api/client"
	"calipso.io/calipso/integration/example"
	"calipso.io/calipso/pkg/app"
	"calipso.io/calipso/pkg/discover"
	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/topology"
)

// TestExample scans a simulated cloud with the example of docs/extending.md: routes are objects, linked to the NICs that
// they leave by, and have paths.
func TestExample(t *testing.T) {
	t.Parallel()
	c := startWith(t, app.Config{Config: filepath.Join("example", "calipso.d"),
		Fetchers: map[string]discover.Constructor{"example.routes": example.New}, Finders: []topology.Finder{example.Finder()}})
	l := simulate(t, small("example"))
	c.add(document(t, l, "example"))
	c.completed(client.ScanRequest{Environment: "example"})
	inventory := c.look("example", "")
	var leave []string
	for _, h := range l.Cloud("example").Hosts {
		for _, n := range h.NICs {
			if n.Addr.IsValid() {
				leave = append(leave, h.Name+" "+n.Name)
			}
		}
	}
	same(t, "routes", inventory.values(example.TypeRoute, func(o model.Object) string { return o.Host + " " + o.Str("device") }), leave)
	for _, route := range inventory.of(example.TypeRoute) {
		clique, _ := inventory.clique(route.DBID())
		toNIC := func(link string) bool { return strings.HasPrefix(link, "route-host_pnic ") }
		if texts := inventory.linkTexts(clique); !slices.ContainsFunc(texts, toNIC) {
			t.Errorf("route %s has no path to its NIC: %q", route.ID, texts)
		}
	}
}

// TestCliqueTypesOfAnEnvironment: a clique type that is made for an environment is used in the place of the shipped one,
// there alone, until it is deleted.
func TestCliqueTypesOfAnEnvironment(t *testing.T) {
	t.Parallel()
	c, l := start(t), simulate(t, small("short"), small("usual"))
	for _, name := range []string{"short", "usual"} {
		c.add(document(t, l, name))
	}
	id, err := c.AddCliqueType(t.Context(), model.CliqueType{Name: "mine", FocalPointType: "instance", Environment: "short",
		LinkTypes: []string{"instance-vnic"}})
	if err != nil {
		t.Fatal(err)
	}
	linkTypes := func(environment string) (types []string) {
		c.completed(client.ScanRequest{Environment: environment})
		inventory := c.look(environment, "")
		for _, o := range inventory.of(model.TypeInstance) {
			clique, _ := inventory.clique(o.DBID())
			for _, text := range inventory.linkTexts(clique) {
				kind, _, _ := strings.Cut(text, " ")
				types = append(types, kind)
			}
		}
		slices.Sort(types)
		return slices.Compact(types)
	}
	if got := linkTypes("short"); !slices.Equal(got, []string{"instance-vnic"}) {
		t.Errorf("links in the cliques of instances: %v", got)
	}
	if got := linkTypes("usual"); len(got) < 4 {
		t.Errorf("another environment's cliques have only %v", got)
	}
	if err := c.DeleteCliqueType(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if got := linkTypes("short"); len(got) < 4 {
		t.Errorf("afterwards cliques have only %v", got)
	}
}

// TestForcedScan: an environment that is not supported is refused, and scanned all the same where that is forced.
func TestForcedScan(t *testing.T) {
	t.Parallel()
	c, l := start(t), simulate(t, small("odd"))
	doc := document(t, l, "odd")
	doc.Distribution, doc.DistributionVersion = "Ours", "1"
	if err := c.AddEnvironment(t.Context(), doc); client.StatusOf(err) != http.StatusBadRequest || !strings.Contains(err.Error(), "OpenStack (any version), OVS, vxlan") {
		t.Errorf("error %v", err)
	}
	if err := c.AddEnvironment(t.Context(), doc, client.Force); err != nil {
		t.Fatal(err)
	}
	if _, err := c.StartScan(t.Context(), client.ScanRequest{Environment: "odd"}); client.StatusOf(err) != http.StatusBadRequest {
		t.Errorf("error %v", err)
	}
	c.completed(client.ScanRequest{Environment: "odd", Force: true})
	checkTruth(t, c.look("odd", ""), l.Truth("odd"))
}
