package cli

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"calipso.io/calipso/api/client"
)

// TestJoin: exports are gone through side by side, whichever ends first.
func TestJoin(t *testing.T) {
	t.Parallel()
	node := func(id, name string) client.Document {
		return client.Document{Collection: "inventory", Document: json.RawMessage(fmt.Sprintf(`{"_id": %q, "type": "host", "id": %q, "name": %q}`, id, "node-"+id, name))}
	}
	link := client.Document{Collection: "links", Document: json.RawMessage(`{"_id": "0", "link_type": "vnic-vedge", "source_id": "tap1", "target_id": "ovs"}`)}
	clique := client.Document{Collection: "cliques", Document: json.RawMessage(`{"_id": "0", "focal_point_type": "instance", "focal_point_object_id": "i"}`)}
	inventory := []client.Document{node("1", "a"), node("2", "b"), node("4", "d"), clique}
	cloud := []client.Document{node("1", "a"), node("3", "c"), node("4", "e"), link}
	want := []difference{
		{"inventory", "host node-2 b", isGone, nil},
		{"inventory", "host node-3 c", isMissing, nil},
		{"inventory", "host node-4 d", isDifferent, []string{`name: "d", "e"`}},
		{"links", "vnic-vedge tap1 ovs", isMissing, nil},
		{"cliques", "around instance i", isGone, nil},
	}
	got, err := join(stream(inventory), stream(cloud))
	if d := cmp.Diff(want, got); d != "" || err != nil {
		t.Error(d, err)
	}
	for _, side := range [][]client.Document{nil, inventory} {
		got, err := join(stream(side), stream(nil))
		if len(got) != len(side) || err != nil {
			t.Errorf("%d documents and none: %v, %v", len(side), got, err)
		}
	}
}

func stream(documents []client.Document) <-chan client.Document {
	c := make(chan client.Document, len(documents))
	for _, d := range documents {
		c <- d
	}
	close(c)
	return c
}
