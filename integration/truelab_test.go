package integration

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"calipso.io/calipso/api/client"
	"calipso.io/calipso/integration/lab"
	"calipso.io/calipso/integration/lab/sim"
	"calipso.io/calipso/pkg/model"
)

// TestOpenStackSimulationIsTrue scans a real cloud and a simulated one of the same shape, and compares, for each type
// of object, which attributes there are and of what JSON types; and which links and paths there are.
func TestOpenStackSimulationIsTrue(t *testing.T) {
	cloud := realCloud(t)
	c, l := start(t), simulate(t, lab.EnvConfig{Name: "simulated"})
	moveVLAN(t, l.Cloud("simulated"), l.Truth("simulated"))
	c.add(cloud.environment("real", true))
	c.add(document(t, l, "simulated"))
	for _, name := range []string{"real", "simulated"} {
		c.completed(client.ScanRequest{Environment: name})
	}
	theirs, ours := c.look("real", ""), c.look("simulated", "")
	compareSets(t, "attributes", attributes(theirs), attributes(ours))
	compareSets(t, "links", linkShapes(theirs), linkShapes(ours))
	compareSets(t, "paths", pathShapes(theirs), pathShapes(ours))
}

// moveVLAN has the instances on vlan networks all on node-3, as the real cloud has them.
func moveVLAN(t *testing.T, cloud *sim.Cloud, truth sim.Truth) {
	for _, v := range truth.Vnics {
		if v.NetworkType != "vlan" || v.Host == "node-3" {
			continue
		}
		if err := cloud.DeleteInstance(v.Instance); err != nil {
			t.Fatal(err)
		}
		addInstance(t, cloud, "moved", "node-3", v.Network)
	}
}

// compareSets reports what is in one set and not in the other.
func compareSets(t *testing.T, what string, theirs, ours map[string]bool) {
	t.Helper()
	if len(theirs) == 0 {
		t.Errorf("%s: the real cloud has none", what)
	}
	for _, key := range slices.Sorted(maps.Keys(theirs)) {
		if !ours[key] {
			t.Errorf("%s: only the real cloud has %s", what, key)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(ours)) {
		if !theirs[key] {
			t.Errorf("%s: only the simulated cloud has %s", what, key)
		}
	}
}

// attributes describes the documents: "vnic mac.@address string".
func attributes(f *found) map[string]bool {
	set := map[string]bool{}
	for _, o := range f.objects {
		describe(set, o.Type, o.Attrs)
	}
	return set
}

func describe(set map[string]bool, path string, value any) {
	switch value := value.(type) {
	case map[string]any:
		for key, v := range value {
			describe(set, path+" "+key, v)
		}
	case []any:
		set[path+" list"] = true
		for _, v := range value {
			describe(set, path+" []", v)
		}
	case nil:
		set[path+" null"] = true
	default:
		set[path+" "+strings.ReplaceAll(fmt.Sprintf("%T", value), "float64", "number")] = true
	}
}

// linkShapes describes the links: their type, and whether they have this and that.
func linkShapes(f *found) map[string]bool {
	set := map[string]bool{}
	for _, l := range f.links {
		set[fmt.Sprintf("%s: host %t, labels %t %t, network %t, MAC %t, state %s", l.LinkType, l.Host != "", l.SourceLabel != "",
			l.TargetLabel != "", len(l.Attributes.Network) > 0, l.Attributes.MACAddress != "", l.State)] = true
	}
	return set
}

// pathShapes describes the cliques of instances: the types along every way from the instance to a network.
func pathShapes(f *found) map[string]bool {
	set, types := map[string]bool{}, map[string]string{}
	for _, o := range f.objects {
		types[o.DBID()] = o.Type
	}
	for _, c := range f.cliques {
		if c.FocalPointType == model.TypeInstance {
			f.walk(set, types, c, []string{c.FocalPoint})
		}
	}
	return set
}

// walk follows a clique's links, never back, and notes the types on the way when it comes to a network.
func (f *found) walk(set map[string]bool, types map[string]string, c model.Clique, way []string) {
	here := way[len(way)-1]
	if types[here] == model.TypeNetwork {
		var texts []string
		for _, node := range way {
			texts = append(texts, types[node])
		}
		set[strings.Join(texts, " → ")] = true
		return
	}
	for _, id := range c.Links {
		for _, end := range [][2]string{{f.links[id].Source, f.links[id].Target}, {f.links[id].Target, f.links[id].Source}} {
			if end[0] == here && !slices.Contains(way, end[1]) {
				f.walk(set, types, c, append(slices.Clone(way), end[1]))
			}
		}
	}
}
