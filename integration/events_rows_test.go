package integration

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"calipso.io/calipso/integration/lab"
	"calipso.io/calipso/integration/lab/sim"
	"calipso.io/calipso/pkg/event"
	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/store"
)

// row is a line of the table of what clouds notify of: the types that a thing has, a notification as a cloud sent it, and
// what happens in the cloud. Its result is what the notification is told to be about, key by key wherever the payload has
// them, and what the inventory has to say then.
type row struct {
	types    string
	captured string // a case of pkg/event/testdata; or, of what was not captured, the payload
	do       func(t *testing.T, c *sim.Cloud, n int) (about map[string]any, then then)
}

// then says what the inventory has to say of an object: nothing when says is nil, or that it is not there.
type then struct {
	objectType, id string
	gone           bool
	says           func(o *model.Object) string
	want           string
}

func there(objectType, id string) then { return then{objectType: objectType, id: id} }
func gone(objectType, id string) then  { return then{objectType: objectType, id: id, gone: true} }
func named(objectType, id, name string) then {
	return then{objectType, id, false, func(o *model.Object) string { return o.Name }, name}
}
func says(objectType, id, attribute, want string) then {
	return then{objectType, id, false, func(o *model.Object) string { return fmt.Sprint(o.Attrs[attribute]) }, want}
}

// TestEventRows: for every type of notification, what the inventory says after it was parsed and handled; and at the end it is
// what a scan finds.
func TestEventRows(t *testing.T) {
	t.Parallel()
	i, l := pieces(t), simulate(t, lab.EnvConfig{Name: "e", Hosts: 3, Instances: 4})
	i.work(t)
	i.add(document(t, l, "e"))
	i.completed(scanOfE)
	n := 0
	for _, r := range append(rowsOfNova(), rowsOfNeutron()...) {
		for eventType := range strings.FieldsSeq(r.types) {
			n++
			about, then := r.do(t, l.Cloud("e"), n)
			message := rewritten(t, r.captured, eventType, n, about)
			events, err := event.Events("e", message, i.now())
			if err != nil || len(events) != 1 {
				t.Fatalf("%s: %d events, %v", eventType, len(events), err)
			}
			i.notify(t, events...)
			i.handled(t)
			i.told(t, events)
			then.check(t, i, eventType)
		}
	}
	i.agrees(t, "after all")
}

// rewritten makes a notification that was captured one of this cloud.
func rewritten(t *testing.T, captured, eventType string, n int, about map[string]any) []byte {
	t.Helper()
	message := map[string]any{"payload": map[string]any{}, "timestamp": "2026-03-01 10:11:12.5"}
	if strings.HasPrefix(captured, "{") {
		check(t, json.Unmarshal([]byte(captured), &message))
	} else {
		data, err := os.ReadFile("../pkg/event/testdata/" + captured + "/message.json")
		check(t, err)
		check(t, json.Unmarshal(data, &message))
	}
	if inner, ok := message["oslo.message"].(string); ok {
		message = nil
		check(t, json.Unmarshal([]byte(inner), &message))
	}
	message["event_type"], message["message_id"], message["priority"] = eventType, fmt.Sprint("row-", n), "INFO"
	put(message["payload"], about)
	changed, err := json.Marshal(message)
	check(t, err)
	return changed
}

// put sets keys wherever they are.
func put(value any, keys map[string]any) {
	switch value := value.(type) {
	case map[string]any:
		for key, inner := range value {
			if now, ok := keys[key]; ok {
				value[key] = now
			} else {
				put(inner, keys)
			}
		}
	case []any:
		for _, inner := range value {
			put(inner, keys)
		}
	}
}

func (want then) check(t *testing.T, i *inside, eventType string) {
	t.Helper()
	if want.id == "" {
		return
	}
	o, err := i.inventory(t).Objects.Get(t.Context(), model.DBID("e", want.objectType, want.id))
	switch {
	case want.gone && store.CodeOf(err) != store.NotFound:
		t.Errorf("%s: %s %s is still there: %v", eventType, want.objectType, want.id, err)
	case !want.gone && err != nil:
		t.Errorf("%s: %s %s: %v", eventType, want.objectType, want.id, err)
	case !want.gone && want.says != nil && want.says(&o) != want.want:
		t.Errorf("%s: %s %s says %q, want %q", eventType, want.objectType, want.id, want.says(&o), want.want)
	}
}

// rowsOfNova are what nova tells of.
func rowsOfNova() []row {
	instance := func(i *sim.Instance) map[string]any {
		return map[string]any{"instance_id": i.ID, "host": i.Host.Name, "display_name": i.Name, "state": "active", "uuid": i.ID}
	}
	add := func(t *testing.T, c *sim.Cloud, n int) (map[string]any, then) {
		i := addInstance(t, c, fmt.Sprint("row-", n), "node-2", tenantNetworks(c)[0].ID)
		return instance(i), named(model.TypeInstance, i.ID, i.Name)
	}
	status := func(status string) func(*testing.T, *sim.Cloud, int) (map[string]any, then) {
		return func(t *testing.T, c *sim.Cloud, n int) (map[string]any, then) {
			i := c.Instances[0]
			check(t, c.SetStatus(i.ID, status))
			return instance(i), says(model.TypeInstance, i.ID, "status", status)
		}
	}
	remove := func(t *testing.T, c *sim.Cloud, n int) (map[string]any, then) {
		i := c.Instances[len(c.Instances)-1]
		check(t, c.DeleteInstance(i.ID))
		about := instance(i)
		about["state"] = "deleted"
		return about, gone(model.TypeInstance, i.ID)
	}
	move := func(t *testing.T, c *sim.Cloud, n int) (map[string]any, then) {
		i := c.Instances[0]
		to := map[string]string{"node-2": "node-3", "node-3": "node-2"}[i.Host.Name]
		about := instance(i)
		check(t, c.MoveInstance(i.ID, to))
		about["source_compute"], about["dest_compute"] = about["host"], to
		return about, then{model.TypeInstance, i.ID, false, func(o *model.Object) string { return o.Host }, to}
	}
	const moved = `{"publisher_id": "compute.node-2", "payload": {"instance_id": "", "source_compute": "", "dest_compute": ""}}`
	group := func(t *testing.T, c *sim.Cloud, n int) (map[string]any, then) {
		return map[string]any{"server_group_id": fmt.Sprint("group-", n)}, then{}
	}
	return []row{
		{"compute.instance.create.end compute.instance.rebuild.end", "instance-add", add},
		{"compute.instance.update", "instance-update", func(t *testing.T, c *sim.Cloud, n int) (map[string]any, then) {
			i := c.Instances[0]
			check(t, c.RenameInstance(i.ID, "renamed"))
			return instance(i), named(model.TypeInstance, i.ID, "renamed")
		}},
		{"compute.instance.update compute.instance.delete.end", "instance-delete", remove},
		{"compute.instance.shutdown.start compute.instance.shutdown.end compute.instance.power_off.start compute.instance.power_off.end",
			"instance-update", status("SHUTOFF")},
		{"compute.instance.power_on.end", "instance-update", status("ACTIVE")},
		{"compute.instance.suspend.start compute.instance.suspend.end", "instance-update", status("SUSPENDED")},
		{"compute.instance.resume.end", "instance-update", status("ACTIVE")},
		{"compute.instance.pause.end", "instance-update", status("PAUSED")},
		{"compute.instance.unpause.end", "instance-update", status("ACTIVE")},
		{"compute.instance.live_migration.post.dest.end compute.instance.live_migration._post.end compute.instance.evacuate " +
			"compute.instance.finish_resize.end compute.instance.resize.confirm.end compute.instance.resize.revert.end", moved, move},
		{"instance.live_migration_post_dest.end instance.resize_finish.end", "versioned-instance", move},
		{"aggregate.addhost.end", `{"payload": {"aggregate_id": 0, "host_name": ""}}`, func(t *testing.T, c *sim.Cloud, n int) (map[string]any, then) {
			a := c.Aggregates[0]
			check(t, c.AddToAggregate(a.ID, "node-2"))
			return map[string]any{"aggregate_id": a.ID, "host_name": "node-2"}, there(model.TypeHostRef, "aggregate-"+a.Name+"-node-2")
		}},
		{"servergroup.create servergroup.update servergroup.addmember servergroup.delete", `{"payload": {"server_group_id": ""}}`, group},
	}
}
