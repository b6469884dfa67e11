package event

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"calipso.io/calipso/pkg/model"
)

var update = flag.Bool("update", false, "write testdata/*/want.json")

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// TestEvents: each message gives these events, and nothing of a login is in them.
func TestEvents(t *testing.T) {
	t.Parallel()
	cases, err := filepath.Glob("testdata/*/message.json")
	if err != nil || len(cases) == 0 {
		t.Fatal("no cases", err)
	}
	for _, path := range cases {
		t.Run(filepath.Base(filepath.Dir(path)), func(t *testing.T) {
			t.Parallel()
			events, err := Events("lab", readFile(t, path), noon)
			if err != nil {
				t.Fatal(err)
			}
			got, err := json.MarshalIndent(events, "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			if bytes.Contains(got, []byte("s3cret")) {
				t.Errorf("credentials are in the event: %s", got)
			}
			compare(t, filepath.Join(filepath.Dir(path), "want.json"), append(got, '\n'))
		})
	}
}

func compare(t *testing.T, file string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(string(readFile(t, file)), string(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func readFile(t testing.TB, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestTypes: what notifications of a type are about, by all names that services have for it.
func TestTypes(t *testing.T) {
	t.Parallel()
	const instance = `{"instance_id": "x", "host": "node-2", "state": "active"}`
	on := func(h model.Hint, hosts ...string) model.Hint { h.Hosts = hosts; return h }
	of := func(kind string) model.Hint { return model.Hint{Kind: kind, Object: "x"} }
	gone := func(kind string) model.Hint { return model.Hint{Kind: kind, Object: "x", Deleted: true} }
	with := func(h model.Hint, kind, id string) model.Hint { h.Related = map[string]string{kind: id}; return h }
	for _, tt := range []struct {
		types, payload string
		want           model.Hint
	}{
		{"compute.instance.create.end compute.instance.rebuild.end compute.instance.update", instance, on(of("instance"), "node-2")},
		{"compute.instance.shutdown.start compute.instance.shutdown.end compute.instance.power_off.start compute.instance.power_off.end " +
			"compute.instance.power_on.end compute.instance.suspend.start compute.instance.suspend.end compute.instance.resume.end " +
			"compute.instance.pause.end compute.instance.unpause.end compute.instance.resize.end compute.instance.finish_resize.end " +
			"compute.instance.resize.confirm.end compute.instance.resize.revert.end compute.instance.evacuate " +
			"compute.instance.live_migration.post.dest.end compute.instance.live_migration.rollback.dest.end compute.instance.create.error",
			instance, on(of("instance"), "node-2")},
		{"compute.instance.delete.end", instance, on(gone("instance"), "node-2")},
		{"compute.instance.update", `{"instance_id": "x", "state": "deleted"}`, gone("instance")},
		{"compute.instance.live_migration.post.end", `{"instance_id": "x", "source_compute": "node-2", "dest_compute": "node-3"}`,
			on(of("instance"), "node-2", "node-3")},
		{"instance.create.end instance.update instance.resize_finish.end instance.power_on.end instance.live_migration_post_dest.end",
			`{"nova_object.data": {"uuid": "x", "host": "node-2", "host_name": "web"}}`, on(of("instance"), "node-2")},
		{"instance.delete.end", `{"nova_object.data": {"uuid": "x"}}`, gone("instance")},

		{"network.create network.create.end network.update network.update.end", `{"network": {"id": "x"}}`, of("network")},
		{"network.delete network.delete.end", `{"network_id": "x"}`, gone("network")},
		{"dhcp_agent.network.add dhcp_agent.network.remove", `{"agent": {"id": "a", "network_id": "x"}}`, of("network")},
		{"subnet.create subnet.create.end subnet.update subnet.update.end", `{"subnet": {"id": "x", "network_id": "n"}}`, with(of("subnet"), "network", "n")},
		{"subnet.delete subnet.delete.end", `{"subnet_id": "x"}`, gone("subnet")},
		{"port.create port.create.end port.update port.update.end", `{"port": {"id": "x", "binding:host_id": "node-2"}}`, on(of("port"), "node-2")},
		{"port.update.end", `{"port": {"id": "x", "device_owner": "compute:nova", "device_id": "i"}}`, with(of("port"), "instance", "i")},
		{"port.update.end", `{"port": {"id": "x", "device_owner": "network:router_gateway", "device_id": "r"}}`, with(of("port"), "router", "r")},
		{"port.update.end", `{"port": {"id": "x", "device_owner": "network:dhcp", "device_id": "dhcp-n"}}`, of("port")},
		{"port.delete port.delete.end", `{"port_id": "x"}`, gone("port")},
		{"port.delete.end", `{"port_id": "x", "port": {"id": "x", "network_id": "n", "binding:host_id": "node-2"}}`, on(with(gone("port"), "network", "n"), "node-2")},
		{"router.create router.create.end router.update router.update.end", `{"router": {"id": "x", "external_gateway_info": null}}`, of("router")},
		{"router.update.end", `{"id": "x"}`, of("router")},
		{"router.delete router.delete.end", `{"router_id": "x"}`, gone("router")},
		{"router.delete.end", `{"id": "x"}`, gone("router")},
		{"router.delete.end", `{"router": {"id": "x"}}`, gone("router")},
		{"router.interface.create router.interface.create.end router.interface.delete router.interface.delete.end",
			`{"router_interface": {"id": "x", "port_id": "p"}}`, with(of("router"), "port", "p")},
		{"l3_agent.router.add l3_agent.router.remove", `{"agent": {"id": "a", "router_id": "x"}}`, of("router")},
		{"floatingip.create.end floatingip.update.end", `{"floatingip": {"id": "x", "router_id": "r"}}`, with(of("floatingip"), "router", "r")},
		{"floatingip.delete.end", `{"floatingip_id": "x"}`, gone("floatingip")},
		{"trunk.create.end trunk.update.end", `{"trunk": {"id": "x", "port_id": "p"}}`, with(of("trunk"), "port", "p")},
		{"trunk.delete.end", `{"trunk_id": "x"}`, gone("trunk")},
		{"agent.update.end", `{"agent": {"id": "x", "host": "node-2"}}`, on(of("agent"), "node-2")},
		{"service.create service.update", `{"nova_object.data": {"uuid": "x", "host": "node-2"}}`, on(of("agent"), "node-2")},
		{"service.delete", `{"nova_object.data": {"uuid": "x", "host": "node-2"}}`, on(gone("agent"), "node-2")},
		{"aggregate.create.end aggregate.updateprop.end", `{"aggregate_id": "x"}`, of("aggregate")},
		{"aggregate.addhost.end aggregate.removehost.end", `{"aggregate_id": "x", "host_name": "node-2"}`, on(of("aggregate"), "node-2")},
		{"aggregate.delete.end", `{"aggregate_id": "x"}`, gone("aggregate")},
		{"servergroup.create servergroup.update servergroup.addmember", `{"server_group_id": "x"}`, of("server_group")},
		{"servergroup.delete", `{"server_group_id": "x"}`, gone("server_group")},
		{"server_group.create server_group.add_member", `{"nova_object.data": {"uuid": "x"}}`, of("server_group")},
	} {
		for eventType := range strings.FieldsSeq(tt.types) {
			n := &Notification{Type: eventType, Payload: json.RawMessage(tt.payload), Publisher: "network.node-1"}
			hints, err := n.Hints()
			if err != nil || len(hints) != 1 {
				t.Errorf("%s: %v, error %v", eventType, hints, err)
				continue
			}
			if len(hints[0].Related) == 0 {
				hints[0].Related = nil
			}
			if diff := cmp.Diff(tt.want, hints[0]); diff != "" {
				t.Errorf("%s (-want +got):\n%s", eventType, diff)
			}
		}
	}
}

// TestIgnored: nothing has changed (yet) that is shown, or nothing that is known.
func TestIgnored(t *testing.T) {
	t.Parallel()
	for eventType := range strings.FieldsSeq("compute.instance.create.start compute.instance.exists compute.instance.snapshot.end " +
		"compute.instance.volume.attach instance.volume_attach.end instance.exists instance.lock port.create.start port.delete.start " +
		"network.update.start router.interface.create.start volume.create.end image.update identity.user.created scheduler.select_destinations.end " +
		"compute.metrics.update keypair.create.end security_group.update.end port networks.create.end . x") {
		events, err := Events("lab", []byte(`{"event_type": "`+eventType+`", "payload": {}}`), noon)
		if err != nil || len(events) != 0 {
			t.Errorf("%s: %v, error %v", eventType, events, err)
		}
	}
}

// TestMalformed: what can't be used is told why, and nothing else comes of it.
func TestMalformed(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat(`[`, 1000) + strings.Repeat(`]`, 1000)
	for name, tt := range map[string]struct{ message, want string }{
		"nothing":              {``, "not a JSON object"},
		"no JSON":              {"\x00\xff AMQP", "not a JSON object"},
		"no object":            {`["event_type"]`, "not a JSON object"},
		"broken off":           {`{"event_type": "port.create.end", "payl`, "not a JSON object"},
		"no type":              {`{"payload": {}}`, "no event_type"},
		"a type that is none":  {`{"event_type": {"a": 1}}`, "no event_type"},
		"a type with spaces":   {`{"event_type": "port create\n"}`, "no event_type"},
		"an empty envelope":    {`{"oslo.message": ""}`, "not a JSON object"},
		"an envelope of none":  {`{"oslo.message": {"event_type": "port.create.end"}}`, "oslo.message is not a text"},
		"no payload":           {`{"event_type": "port.create.end"}`, "its payload"},
		"a payload of text":    {`{"event_type": "port.create.end", "payload": "x"}`, "its payload"},
		"no id":                {`{"event_type": "port.create.end", "payload": {"port": {}}}`, "no id or port_id"},
		"an id that is none":   {`{"event_type": "port.create.end", "payload": {"port": {"id": "../../v2.0/ports"}}}`, "no id or port_id"},
		"an id too long":       {`{"event_type": "port.delete.end", "payload": {"port_id": "` + strings.Repeat("x", 1000) + `"}}`, "no id or port_id"},
		"10 MB":                {`{"event_type": "port.create.end", "x": "` + strings.Repeat("x", 10<<20) + `"}`, "more than 1048576"},
		"1000 deep":            {`{"event_type": "port.create.end", "payload": ` + deep + `}`, "nested deeper than 40 levels"},
		"1000 deep, enveloped": {`{"oslo.message": "{\"event_type\": \"port.create.end\", \"payload\": ` + deep + `}"}`, "nested deeper than 40 levels"},
	} {
		events, err := Events("lab", []byte(tt.message), noon)
		if err == nil || !strings.Contains(err.Error(), tt.want) || len(err.Error()) > 300 || len(events) != 0 {
			t.Errorf("%s: %d events, error %.400v, want %q", name, len(events), err, tt.want)
		}
	}
}

// TestBracketsInTexts: brackets within texts are no levels.
func TestBracketsInTexts(t *testing.T) {
	t.Parallel()
	name := strings.Repeat(`[{\"\\`, 100)
	if _, err := Read([]byte(`{"event_type": "network.update", "payload": {"network": {"id": "x", "name": "` + name + `"}}}`)); err != nil {
		t.Error(err)
	}
}

// TestSameMessageSameID: a notification without an id is the same event when it comes again.
func TestSameMessageSameID(t *testing.T) {
	t.Parallel()
	message := func(id string) []byte {
		return []byte(`{"event_type": "network.update", "payload": {"network": {"id": "` + id + `"}}}`)
	}
	id := func(message []byte) string {
		events, err := Events("lab", message, noon)
		if err != nil || len(events) != 1 {
			t.Fatal(events, err)
		}
		return events[0].ID
	}
	first, again, other := id(message("a")), id(message("a")), id(message("b"))
	if first != again || first == other {
		t.Error("the ids don't tell the messages apart, or tell the same one from itself")
	}
}

// FuzzEvents: no message makes the reader panic, and what it returns can be stored.
func FuzzEvents(f *testing.F) {
	paths, _ := filepath.Glob("testdata/*/message.json")
	for _, path := range paths {
		f.Add(readFile(f, path))
	}
	f.Fuzz(func(t *testing.T, message []byte) {
		events, err := Events("lab", message, noon)
		if err != nil && len(events) > 0 {
			t.Error("events of a message that can't be used")
		}
		for _, e := range events {
			if !idPattern.MatchString(e.Hint.Object) || !json.Valid(e.Body) || e.Timestamp.IsZero() {
				t.Errorf("event %+v", e)
			}
		}
	})
}
