package api

import (
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLinks(t *testing.T) {
	t.Parallel()
	s, c := withCloud(t)
	first, second := c.links[0].ID, c.links[1].ID
	both := []string{min(first, second), max(first, second)}
	tests := []struct {
		query string
		want  []string
	}{
		{"", both},
		{"&page_size=1&page=1", both[1:]},
		{"&link_type=instance-vnic", []string{first}},
		{"&link_type=instance-vnic&link_type=vnic-network", both},
		{"&link_name=vm-1-node-1-tap1", []string{first}},
		{"&host=node-1", both},
		{"&host=node-2", []string{}},
		{"&source_id=vm-1", []string{first}},
		{"&target_id=net-1", []string{second}},
		{"&state=down", []string{second}},
		{"&attributes:network=net-2", both},
		{"&attributes:network=net-2&page_size=1", both[:1]},
		{"&attributes:network=net-2&page_size=1&page=1", both[1:]},
		{"&attributes:network=net", []string{}},
		{"&attributes%3Amac_address=fa:16:3e:00:00:01&attributes:network=net-1&state=up", []string{first}},
		{"&attributes:vedge_type=OVS", []string{}},
		{"&attributes:" + url.QueryEscape(hostile) + "=x", []string{}},
	}
	for _, test := range tests {
		t.Run(test.query, func(t *testing.T) {
			t.Parallel()
			got := s.call("GET", "/links?env_name=lab"+test.query, "").want(200)
			if diff := cmp.Diff(test.want, column(got["links"], "id")); diff != "" {
				t.Errorf("other links (-want +got):\n%s", diff)
			}
		})
	}
	got := s.call("GET", "/links?env_name=lab&id="+first, "").want(200)
	attributes := map[string]any{"network": []any{"net-1", "net-2"}, "mac_address": "fa:16:3e:00:00:01"}
	if got["id"] != first || got["_id"] != first || !cmp.Equal(attributes, got["attributes"]) {
		t.Errorf("the whole link is %v", got)
	}
	s.call("GET", "/links?env_name=lab&id="+strings.Repeat("0", 24), "").want(404)
}

func TestCliques(t *testing.T) {
	t.Parallel()
	s, c := withCloud(t)
	entry := map[string]any{"id": c.clique.ID, "focal_point_type": "instance", "environment": "lab",
		"focal_point": c.clique.FocalPoint, "focal_point_object_id": "vm-1"}
	none := strings.Repeat("0", 24)
	tests := []struct {
		query string
		want  []any
	}{
		{"", []any{entry}},
		{"&focal_point_type=instance", []any{entry}},
		{"&focal_point_type=network", []any{}},
		{"&link_type=vnic-network", []any{entry}},
		{"&link_type=vnic-vedge", []any{}},
		{"&link_id=" + c.links[0].ID, []any{entry}},
		{"&link_id=" + none, []any{}},
		{"&link_type=vnic-network&link_id=" + c.links[0].ID, []any{entry}},
		{"&link_type=vnic-network&link_id=" + none, []any{}},
		{"&page=1", []any{}},
	}
	for _, test := range tests {
		t.Run(test.query, func(t *testing.T) {
			t.Parallel()
			got := s.call("GET", "/cliques?env_name=lab"+test.query, "").want(200)
			if diff := cmp.Diff(test.want, got["cliques"]); diff != "" {
				t.Errorf("other cliques (-want +got):\n%s", diff)
			}
		})
	}
	s.call("GET", "/cliques?env_name=lab&focal_point="+none, "").want(404)
	s.call("GET", "/cliques?env_name=lab&id="+none, "").want(404)
}

// TestWholeClique: a clique comes with all that is needed to draw it, its links in their order.
func TestWholeClique(t *testing.T) {
	t.Parallel()
	s, c := withCloud(t)
	for _, query := range []string{"&id=" + c.clique.ID, "&focal_point=" + c.clique.FocalPoint} {
		got := s.call("GET", "/cliques?env_name=lab"+query, "").want(200)
		nodes := []any{}
		for _, o := range []int{3, 4, 6} {
			n := map[string]any{"_id": c.objects[o].DBID(), "id": c.objects[o].ID, "type": c.objects[o].Type, "name": c.objects[o].Name}
			if c.objects[o].Host != "" {
				n["host"] = c.objects[o].Host
			}
			nodes = append(nodes, n)
		}
		if diff := cmp.Diff(nodes, got["nodes_detailed"]); diff != "" {
			t.Errorf("other nodes (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(c.clique.Links, column(got["links_detailed"], "_id")); diff != "" {
			t.Errorf("other links (-want +got):\n%s", diff)
		}
		if got["id"] != c.clique.ID || got["_id"] != c.clique.ID {
			t.Errorf("ids %v and %v", got["id"], got["_id"])
		}
	}
}
