package event

import (
	"slices"
	"strings"

	"calipso.io/calipso/pkg/model"
)

// source says of the notifications whose types begin with a prefix what they are about.
type source struct {
	prefix string   // of the type, with the dot; the longest one counts
	kind   string   // of the object
	entity string   // key of the payload that holds the object, or with an "s" several; the payload itself where there is none
	ids    []string // keys that may hold the object's id: of the object, and then of the payload

	// part says that the object is only the owner of what was created or deleted.
	part bool
}

var sources = []source{
	{prefix: "compute.instance.", kind: model.EventInstance, ids: []string{"instance_id"}},
	{prefix: "instance.", kind: model.EventInstance, ids: []string{"uuid"}},
	{prefix: "network.", kind: model.EventNetwork, entity: "network", ids: []string{"id", "network_id"}},
	{prefix: "dhcp_agent.network.", kind: model.EventNetwork, entity: "agent", ids: []string{"network_id"}, part: true},
	{prefix: "subnet.", kind: model.EventSubnet, entity: "subnet", ids: []string{"id", "subnet_id"}},
	{prefix: "port.", kind: model.EventPort, entity: "port", ids: []string{"id", "port_id"}},
	{prefix: "router.", kind: model.EventRouter, entity: "router", ids: []string{"id", "router_id"}},
	{prefix: "router.interface.", kind: model.EventRouter, entity: "router_interface", ids: []string{"id", "router_id"}, part: true},
	{prefix: "l3_agent.router.", kind: model.EventRouter, entity: "agent", ids: []string{"router_id"}, part: true},
	{prefix: "floatingip.", kind: model.EventFloatingIP, entity: "floatingip", ids: []string{"id", "floatingip_id"}},
	{prefix: "trunk.", kind: model.EventTrunk, entity: "trunk", ids: []string{"id", "trunk_id"}},
	{prefix: "agent.", kind: model.EventAgent, entity: "agent", ids: []string{"id", "agent_id"}},
	{prefix: "service.", kind: model.EventAgent, ids: []string{"uuid", "id"}},
	{prefix: "aggregate.", kind: model.EventAggregate, ids: []string{"aggregate_id", "id"}},
	{prefix: "servergroup.", kind: model.EventServerGroup, ids: []string{"server_group_id", "uuid", "id"}},
	{prefix: "server_group.", kind: model.EventServerGroup, ids: []string{"uuid", "server_group_id"}},
}

// find returns what notifications of a type are about, and what has happened to it, e.g. "create.end"; nil when they
// are about nothing that Calipso shows, or when nothing that it shows has changed (yet).
func find(eventType string) (about *source, action string) {
	for i := range sources {
		s := &sources[i]
		rest, ok := strings.CutPrefix(eventType, s.prefix)
		if ok && rest != "" && (about == nil || len(s.prefix) > len(about.prefix)) {
			about, action = s, rest
		}
	}
	if about == nil || changesNothing(about.kind, action) {
		return nil, ""
	}
	return about, action
}

func changesNothing(kind, action string) bool {
	if strings.HasSuffix(action, ".start") {
		return kind != model.EventInstance || !slices.Contains(endless, action)
	}
	verb, _, _ := strings.Cut(action, ".")
	return kind == model.EventInstance && slices.Contains(idle, verb)
}

// What nova begins with instances may be told of by its beginning alone.
var endless = []string{"shutdown.start", "power_off.start", "suspend.start"}

// idle is what can be done with an instance without a change of what is known of it. Nova tells of each instance that it
// exists once an hour.
var idle = []string{"exists", "snapshot", "volume", "volume_attach", "volume_detach", "volume_swap", "trigger_crash_dump",
	"lock", "unlock", "usage"}
