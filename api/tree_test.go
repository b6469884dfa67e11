package api

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"calipso.io/calipso/pkg/model"
)

// TestTree opens the tree node by node.
func TestTree(t *testing.T) {
	t.Parallel()
	s, c := withCloud(t)
	counts := func(list any) map[string]any {
		found := map[string]any{}
		for _, node := range list.([]any) {
			n := node.(map[string]any)
			found[n["type"].(string)+" "+n["id"].(string)] = n["children"]
		}
		return found
	}
	for query, want := range map[string]map[string]any{
		"":                             {"network net-1": 0.0, "availability_zone nova": 2.0},
		"&id=lab&type=environment":     {"network net-1": 0.0, "availability_zone nova": 2.0},
		"&id=nova":                     {"host node-1": 2.0, "host node-10": 0.0},
		"&id=node-1&type=host":         {"instance vm-1": 1.0, "network_agent vm-1": 0.0}, // though their ids are the same
		"&node=" + c.objects[3].DBID(): {"vnic node-1-tap1": 0.0},
		"&id=net-1":                    {},
	} {
		got := s.call("GET", "/tree?env_name=lab"+query, "").want(200)
		if diff := cmp.Diff(want, counts(got["children"])); diff != "" {
			t.Errorf("%s (-want +got):\n%s", query, diff)
		}
	}
	first := s.call("GET", "/tree?env_name=lab&page_size=1", "").want(200)
	if diff := cmp.Diff([]string{"net-1"}, column(first["children"], "id")); diff != "" || first["next"] == nil {
		t.Errorf("the first page (-want +got):\n%s", diff)
	}
	for query, message := range map[string]string{"&type=host": "type: it goes with id", "&id=x&node=" + c.objects[0].DBID(): "node: it does not go with id and type",
		"&id=vm-1": "type: " + typesOf(c, "vm-1") + " have objects with this id: say which is meant"} {
		if got := s.call("GET", "/tree?env_name=lab"+query, "").want(400); got["error"].(map[string]any)["message"] != message {
			t.Errorf("%s: %v", query, got)
		}
	}
	s.call("GET", "/tree?env_name=lab&id=none", "").want(404)
}

// TestTreePath: a client can open the tree at what was found.
func TestTreePath(t *testing.T) {
	t.Parallel()
	s, c := withCloud(t)
	got := s.call("GET", "/tree?env_name=lab&node="+c.objects[4].DBID(), "").want(200)
	if diff := cmp.Diff([]string{"environment", "availability_zone", "host", "instance", "vnic"}, column(got["path"], "type")); diff != "" {
		t.Errorf("the path (-want +got):\n%s", diff)
	}
	lost := object(&model.Object{Environment: "lab", Type: "host", ID: "gone", IDPath: "/lab/gone"}, model.TypeVnic, "lost", nil)
	inv, err := s.db.Inventory(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := inv.Objects.Put(t.Context(), 1, lost); err != nil {
		t.Fatal(err)
	}
	got = s.call("GET", "/tree?env_name=lab&id=lost", "").want(200)
	if diff := cmp.Diff([]string{"lab", "lost"}, column(got["path"], "id")); diff != "" {
		t.Errorf("the path of what has no parent (-want +got):\n%s", diff)
	}
}

func TestGraphOfClique(t *testing.T) {
	t.Parallel()
	s, c := withCloud(t)
	for _, id := range []string{"vm-1", c.clique.FocalPoint} {
		got := s.call("GET", "/graph?env_name=lab&type=clique&focal_point_id="+id, "").want(200)
		want := []string{c.objects[3].DBID(), c.objects[4].DBID(), c.objects[6].DBID()}
		if diff := cmp.Diff(want, column(got["nodes"], "_id")); diff != "" || got["focal_point"] != c.clique.FocalPoint {
			t.Errorf("nodes of %s (-want +got):\n%s", id, diff)
		}
		if diff := cmp.Diff(c.clique.Links, column(got["edges"], "id")); diff != "" || got["left_out"] != 0.0 {
			t.Errorf("edges of %s (-want +got):\n%s", id, diff)
		}
	}
	got := s.call("GET", "/graph?env_name=lab&type=clique&max_nodes=2&focal_point_id=vm-1", "").want(200)
	if diff := cmp.Diff([]string{"vm-1", "node-1-tap1"}, column(got["nodes"], "id")); diff != "" {
		t.Errorf("the nearest (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]any{"network": 1.0}, got["left_out_by_type"]); diff != "" || got["left_out"] != 1.0 || len(got["edges"].([]any)) != 1 {
		t.Errorf("what is left out: %v (-want +got):\n%s", got["edges"], diff)
	}
	s.call("GET", "/graph?env_name=lab&type=clique&focal_point_id=node-1", "").want(404)
	for query, field := range map[string]string{"type=clique": "focal_point_id", "type=force_tree&focal_point_id=vm-1": "focal_point_id",
		"type=pie": "type", "type=vega_tree&focal_point_id=vm-1": "type", "type=vega_tree&max_nodes=5001": "max_nodes"} {
		if got := s.call("GET", "/graph?env_name=lab&"+query, "").want(400); got["error"].(map[string]any)["field"] != field {
			t.Errorf("%s: %v", query, got)
		}
	}
}

func TestGraphsOfTrees(t *testing.T) {
	t.Parallel()
	s, c := withCloud(t)
	get := func(query string) map[string]any { return s.call("GET", "/graph?env_name=lab&"+query, "").want(200) }

	force := get("type=force_tree")
	if n, l := len(force["nodes"].([]any)), len(force["links"].([]any)); n != 8 || l != 7 || force["left_out"] != 0.0 {
		t.Errorf("%d nodes and %d links of the whole tree", n, l)
	}
	force = get("type=force_tree&max_nodes=3")
	if diff := cmp.Diff(map[string]any{"host": 2.0, "instance": 1.0, "network_agent": 1.0, "vnic": 1.0}, force["left_out_by_type"]); diff != "" {
		t.Errorf("left out (-want +got):\n%s", diff)
	}

	tree := get("type=children_tree&focal_point_id=" + c.objects[1].DBID())["tree"].(map[string]any)
	if tree["id"] != "node-1" || len(tree["children"].([]any)) != 2 {
		t.Errorf("below a host: %v", tree)
	}

	ids, tops := map[any]bool{}, 0
	for _, value := range get("type=vega_tree")["values"].([]any) {
		v := value.(map[string]any)
		if v["parent"] == nil {
			tops++
		} else if !ids[v["parent"]] {
			t.Errorf("the parent of %v is not before it", v)
		}
		ids[v["id"]] = true
	}
	if tops != 1 || len(ids) != 8 {
		t.Errorf("%d tops among %d nodes", tops, len(ids))
	}
}

func TestAggregates(t *testing.T) {
	t.Parallel()
	s, _ := withCloud(t)
	_, err := s.db.Messages.Insert(t.Context(), model.Message{ID: "1", Environment: "lab", Level: "warn"}, model.Message{ID: "2", Environment: "lab", Level: "info"})
	if err != nil {
		t.Fatal(err)
	}
	objects := map[string]any{"availability_zone": 1.0, "host": 2.0, "instance": 1.0, "network": 1.0, "network_agent": 1.0, "vnic": 1.0}
	for query, want := range map[string]map[string]any{
		"type=environment&env_name=lab": {"object_types": objects},
		"type=message":                  {"levels": map[string]any{"warn": 1.0, "info": 1.0}, "environments": map[string]any{"lab": 2.0}},
	} {
		if diff := cmp.Diff(want, s.call("GET", "/aggregates?"+query, "").want(200)["aggregates"]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", query, diff)
		}
	}
	names := s.call("GET", "/aggregates?type=constant", "").want(200)["aggregates"].(map[string]any)["names"].(map[string]any)
	if names["mechanism_drivers"] == nil || names["mechanism_drivers"] == 0.0 {
		t.Errorf("constants: %v", names)
	}
	s.call("GET", "/aggregates?type=environment", "").want(400)
	s.call("GET", "/aggregates?type=environment&env_name=lob", "").want(400)
	health := s.call("GET", "/health?env_name=lab", "").want(200)
	if diff := cmp.Diff([]string{"lab"}, column(health["environments"], "name")); diff != "" || health["version"] != "1.2.3" {
		t.Errorf("health: %v", health)
	}
	if zone := s.call("GET", "/timezone", "").want(200); zone["tz_name"] == "" || zone["utc_offset"] == nil {
		t.Errorf("time zone: %v", zone)
	}
}
