package event

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"calipso.io/calipso/pkg/model"
)

// maxHosts is how many hosts a hint may name.
const maxHosts = 32

// Events returns the events of an environment that are in a message from its bus: none when it tells of nothing that
// matters, several when it tells of the bulk creation of several objects. The error says why the message can't be used.
func Events(environment string, message []byte, received time.Time) ([]model.Event, error) {
	n, err := Read(message)
	if err != nil {
		return nil, err
	}
	hints, err := n.Hints()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", n.Type, err)
	}
	var events []model.Event
	for i, hint := range hints {
		id := n.ID
		if i > 0 {
			id += "." + strconv.Itoa(i)
		}
		at := n.Timestamp
		if at.IsZero() {
			at = received
		}
		events = append(events, model.Event{ID: model.EventID(environment, id), Environment: environment, MessageID: id, Type: n.Type,
			Hint: hint, Level: n.Level, Body: n.Body, Timestamp: at, Received: received.UTC(), Status: model.EventWaiting})
	}
	return events, nil
}

// Hints returns where to look after a notification; nothing when it is about nothing that Calipso shows. It is an error
// when it doesn't name the object.
func (n *Notification) Hints() ([]model.Hint, error) {
	about, action := find(n.Type)
	if about == nil {
		return nil, nil
	}
	payload, err := object(n.Payload)
	if err != nil {
		return nil, fmt.Errorf("its payload: %w", err)
	}
	var hints []model.Hint
	for _, entity := range about.entities(payload) {
		hint := about.hint(entity, payload)
		if hint.Object == "" {
			return nil, fmt.Errorf("there is no %s in its payload", strings.Join(about.ids, " or "))
		}
		hint.Deleted = about.deleted(action) || hint.Kind == model.EventInstance && text(entity, "state") == "deleted"
		if hint.Kind == model.EventInstance && action != "update" { // updates of its record come from anywhere
			hint.Hosts = addHost(hint.Hosts, n.computeHost())
		}
		hints = append(hints, hint)
	}
	return hints, nil
}

// object reads a JSON object. Of a versioned notification it is what is in its nova_object.
func object(data json.RawMessage) (map[string]any, error) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber() // ids of aggregates
	var fields map[string]any
	if err := decoder.Decode(&fields); err != nil {
		return nil, fmt.Errorf("it is not an object: %w", err)
	}
	if inner, ok := fields["nova_object.data"].(map[string]any); ok {
		return inner, nil
	}
	return fields, nil
}

// entities returns the objects that a payload holds; it itself when they are not in a place of their own.
func (s *source) entities(payload map[string]any) []map[string]any {
	if s.entity == "" {
		return []map[string]any{payload}
	}
	if one, ok := payload[s.entity].(map[string]any); ok {
		return []map[string]any{one}
	}
	list, ok := payload[s.entity+"s"].([]any)
	if !ok {
		return []map[string]any{payload}
	}
	var several []map[string]any
	for _, e := range list {
		if one, ok := e.(map[string]any); ok {
			several = append(several, one)
		}
	}
	return several
}

// deleted tells whether an action says that the object is gone, or most probably so.
func (s *source) deleted(action string) bool {
	return !s.part && (action == "delete" || action == "delete.end")
}

func (s *source) hint(entity, payload map[string]any) model.Hint {
	h := model.Hint{Kind: s.kind}
	for _, fields := range []map[string]any{entity, payload} {
		for _, key := range s.ids {
			if id := text(fields, key); h.Object == "" && idPattern.MatchString(id) {
				h.Object = id
			}
		}
	}
	keys := hostKeys
	if s.kind == model.EventAggregate {
		keys = aggregateHosts
	}
	for _, key := range keys {
		for _, host := range model.Strings(entity[key]) {
			h.Hosts = addHost(h.Hosts, host)
		}
	}
	h.Related = related(entity)
	if h.Related[h.Kind] == h.Object {
		delete(h.Related, h.Kind)
	}
	return h
}

// hostKeys are where notifications name hosts: of an instance or an agent, of both ends of a migration, of a port. What
// is called host_name elsewhere is what an instance calls itself.
var (
	hostKeys       = []string{"host", "binding:host_id", "source_host", "dest_host", "source_compute", "dest_compute"}
	aggregateHosts = []string{"host_name", "host", "hosts"}
)

func addHost(hosts []string, host string) []string {
	if !idPattern.MatchString(host) || slices.Contains(hosts, host) || len(hosts) >= maxHosts {
		return hosts
	}
	return append(hosts, host)
}

// computeHost is the host of the nova-compute that tells: of a migration, either end does.
func (n *Notification) computeHost() string {
	for _, service := range []string{"compute.", "nova-compute:"} {
		if host, ok := strings.CutPrefix(n.Publisher, service); ok {
			return host
		}
	}
	return ""
}

// relations are where notifications name other objects than the one that they are about.
var relations = []struct{ key, kind string }{
	{"network_id", model.EventNetwork}, {"floating_network_id", model.EventNetwork}, {"subnet_id", model.EventSubnet},
	{"port_id", model.EventPort}, {"router_id", model.EventRouter},
}

func related(entity map[string]any) map[string]string {
	found := map[string]string{}
	for _, r := range relations {
		note(found, r.kind, text(entity, r.key))
	}
	if gateway, ok := entity["external_gateway_info"].(map[string]any); ok {
		note(found, model.EventNetwork, text(gateway, "network_id"))
	}
	switch owner := text(entity, "device_owner"); {
	case strings.HasPrefix(owner, "compute:"):
		note(found, model.EventInstance, text(entity, "device_id"))
	case strings.HasPrefix(owner, "network:router_"), strings.HasPrefix(owner, "network:ha_router_"):
		note(found, model.EventRouter, text(entity, "device_id"))
	}
	return found
}

func note(found map[string]string, kind, id string) {
	if found[kind] == "" && idPattern.MatchString(id) {
		found[kind] = id
	}
}

// text returns a text or a number as text.
func text(fields map[string]any, key string) string {
	switch v := fields[key].(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	}
	return ""
}
