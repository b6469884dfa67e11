package integration

import (
	"maps"
	"slices"
	"testing"

	"calipso.io/calipso/api/client"
	"calipso.io/calipso/pkg/model"
)

// checkOptions tries what a scan can be limited to. None of it changes an inventory that is true already.
func checkOptions(t *testing.T, c *calipso, inventory *found) {
	host := inventory.named(t, model.TypeHost, "node-3")
	instance, network := inventory.of(model.TypeInstance)[0], inventory.of(model.TypeNetwork)[0]
	requests := map[string]client.ScanRequest{
		"clear":          {Clear: true},
		"inventory only": {ScanOnlyInventory: true},
		"links only":     {ScanOnlyLinks: true},
		"cliques only":   {ScanOnlyCliques: true},
		"host":           {ObjectID: host.ID, ObjectType: host.Type},
		"instance":       {ObjectID: instance.ID, ObjectType: instance.Type},
		"network":        {ObjectID: network.ID, ObjectType: network.Type},
	}
	for _, name := range slices.Sorted(maps.Keys(requests)) {
		request := requests[name]
		request.Environment = inventory.environment
		scan := c.completed(request)
		if name == "host" && scan.Summary.SSHCommands != 1 {
			t.Errorf("the scan of one host made %d SSH round trips, want 1", scan.Summary.SSHCommands)
		}
		if d := differences(inventory, c.look(inventory.environment, "")); d != "" {
			t.Errorf("%s: the inventory changed:\n%s", name, d)
		}
	}
	checkAlternate(t, c, inventory)
}

// checkAlternate fills another inventory part by part: each option does its own part and no other.
func checkAlternate(t *testing.T, c *calipso, inventory *found) {
	parts := []struct {
		request        client.ScanRequest
		links, cliques int
		equal          bool
	}{
		{client.ScanRequest{ScanOnlyInventory: true}, 0, 0, false},
		{client.ScanRequest{ScanOnlyLinks: true}, len(inventory.links), 0, false},
		{client.ScanRequest{ScanOnlyCliques: true}, len(inventory.links), len(inventory.cliques), true},
	}
	for _, part := range parts {
		part.request.Environment, part.request.Inventory = inventory.environment, "other"
		c.completed(part.request)
		other := c.look(inventory.environment, "other")
		if len(other.objects) != len(inventory.objects) || len(other.links) != part.links || len(other.cliques) != part.cliques {
			t.Errorf("after %+v the alternate inventory has %d objects, %d links, %d cliques; want %d, %d, %d", part.request,
				len(other.objects), len(other.links), len(other.cliques), len(inventory.objects), part.links, part.cliques)
		}
		if d := differences(inventory, other); part.equal && d != "" {
			t.Errorf("the alternate inventory is not the same as the other:\n%s", d)
		}
	}
	if d := differences(inventory, c.look(inventory.environment, "")); d != "" {
		t.Errorf("scans into an alternate inventory changed the other one:\n%s", d)
	}
}

// named returns the object of a type that has the name.
func (f *found) named(t *testing.T, objectType, name string) model.Object {
	t.Helper()
	list := f.of(objectType)
	at := slices.IndexFunc(list, func(o model.Object) bool { return o.Name == name })
	if at < 0 {
		t.Fatalf("there is no %s %s in the inventory", objectType, name)
	}
	return list[at]
}
