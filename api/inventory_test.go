package api

import (
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"

	"calipso.io/calipso/pkg/model"
)

func TestInventoryLists(t *testing.T) {
	t.Parallel()
	s, _ := withCloud(t)
	// Another environment's objects are never among the answers.
	s.call("POST", "/environment_configs", otherDoc("other")).want(201)
	smallCloud("other").put(t, s.db, "")
	all := []string{"net-1", "nova", "node-1", "vm-1", "vm-1", "node-1-tap1", "node-10"}
	tests := []struct {
		query string
		want  []string
	}{
		{"", all},
		{"&all=TRUE", all},
		{"&page_size=3", all[:3]},
		{"&page_size=3&page=2", all[6:]},
		{"&page=1", []string{}},
		{"&type=host", []string{"node-1", "node-10"}},
		{"&type=host&type=network", []string{"net-1", "node-1", "node-10"}},
		{"&type=nothing", []string{}},
		{"&host=node-1", []string{"vm-1", "node-1-tap1"}},
		{"&name=" + url.QueryEscape(hostile), []string{"vm-1"}},
		{"&name=.*", []string{}},
		{"&parent_id=node-1&parent_type=host", []string{"vm-1", "vm-1"}},
		{"&parent_id=node-1&parent_type=vedge", []string{}},
		{"&id_path=/lab/nova/node-1", []string{"node-1"}},
		{"&parent_path=/lab", []string{"net-1", "nova"}},
		{"&parent_path=/lab&sub_tree=0", []string{"net-1", "nova"}},
		{"&parent_path=/lab/nova", []string{"node-1", "node-10"}},
		{"&parent_path=/lab/nova&type=network", []string{}},
		{"&parent_path=/lab/no", []string{}},
		{"&parent_path=/lab/nova/node-.", []string{}},
		{"&parent_path=/lab/nova/node-1&sub_tree=1", []string{"node-1", "vm-1", "vm-1", "node-1-tap1"}},
		{"&parent_path=/lab/nova/node-1&sub_tree=1&page_size=1", []string{"node-1"}},
		{"&parent_path=/lab/nova/node-1&sub_tree=1&page_size=1&page=1", []string{"vm-1"}},
		{"&parent_path=/lab/nova/node-1&sub_tree=1&page_size=3&page=1", []string{"node-1-tap1"}},
		{"&parent_path=/lab/nova/node-1&sub_tree=1&all=1&type=vnic", []string{"node-1-tap1"}},
		{"&parent_path=/other&sub_tree=1", []string{}},
	}
	for _, test := range tests {
		t.Run(test.query, func(t *testing.T) {
			t.Parallel()
			got := s.call("GET", "/inventory?env_name=lab"+test.query, "").want(200)
			if diff := cmp.Diff(test.want, column(got["objects"], "id")); diff != "" {
				t.Errorf("other objects (-want +got):\n%s", diff)
			}
		})
	}
}

func TestInventoryEntry(t *testing.T) {
	t.Parallel()
	s, c := withCloud(t)
	vm := c.objects[3]
	got := s.call("GET", "/inventory?env_name=lab&type=instance", "").want(200)
	want := map[string]any{"objects": []any{map[string]any{"_id": vm.DBID(), "id": "vm-1", "name": hostile, "object_name": hostile,
		"name_path": "/lab/nova/node-1/vm-1", "type": "instance", "environment": "lab", "host": "node-1", "parent_id": "node-1",
		"parent_type": "host", "show_in_tree": true, "clique": true}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	got = s.call("GET", "/inventory?env_name=lab&type=instance&projection=name,network,nothing", "").want(200)
	want = map[string]any{"objects": []any{map[string]any{"id": "vm-1", "name": hostile, "network": []any{"net-1"}}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("projection (-want +got):\n%s", diff)
	}
}

func TestInventoryObject(t *testing.T) {
	t.Parallel()
	s, c := withCloud(t)
	got := s.call("GET", "/inventory?env_name=lab&id=node-1", "").want(200)
	want := map[string]any{"_id": c.objects[1].DBID(), "environment": "lab", "type": "host", "id": "node-1", "name": "node-1",
		"object_name": "node-1", "parent_id": "nova", "parent_type": "availability_zone", "id_path": "/lab/nova/node-1",
		"name_path": "/lab/nova/node-1", "show_in_tree": true, "last_scanned": "2026-03-04T11:00:00Z",
		"host_type": []any{"Compute"}, "os_id": "1"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	got = s.call("GET", "/inventory?env_name=lab&id=vm-1&type=network_agent&projection=type", "").want(200)
	if diff := cmp.Diff(map[string]any{"id": "vm-1", "type": "network_agent"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	s.call("GET", "/inventory?env_name=lab&id=vm-1", "").wantError(400, "400", "Bad Request", "type",
		"type: "+typesOf(c, "vm-1")+" have objects with this id: say which is meant")
	s.call("GET", "/inventory?env_name=lab&id=vm-2", "").wantError(404, "404", "Not Found", "",
		`there is no object "vm-2" in the inventory of lab`)
}

// typesOf returns the types of the two objects with the id, in the order of their documents' ids.
func typesOf(c cloud, id string) string {
	var found []model.Object
	for _, o := range c.objects {
		if o.ID == id {
			found = append(found, o)
		}
	}
	if found[0].DBID() > found[1].DBID() {
		found[0], found[1] = found[1], found[0]
	}
	return found[0].Type + " and " + found[1].Type
}

func TestAlternateInventory(t *testing.T) {
	t.Parallel()
	s, _ := withCloud(t)
	s.call("GET", "/inventory?env_name=lab&inventory=inventory2", "").wantError(400, "400", "Bad Request", "inventory",
		`inventory: nothing of lab was scanned into an inventory "inventory2"`)
	s.call("POST", "/scans", `{"environment":"lab","inventory":"inventory2"}`).want(201)
	for _, path := range []string{"inventory", "links", "cliques"} {
		got := s.call("GET", "/"+path+"?env_name=lab&inventory=inventory2", "").want(200)
		for key, list := range got {
			if len(list.([]any)) != 0 {
				t.Errorf("%s of an inventory that nothing was found for: %v", key, list)
			}
		}
	}
	smallCloud("lab").put(t, s.db, "inventory2")
	got := s.call("GET", "/inventory?env_name=lab&inventory=inventory2", "").want(200)
	if n := len(got["objects"].([]any)); n != 7 {
		t.Errorf("%d objects in the alternate inventory, want 7", n)
	}
}
