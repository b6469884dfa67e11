package workers

import (
	"fmt"
	"slices"
	"strings"

	"calipso.io/calipso/pkg/model"
)

// readFor are the types of objects that have to be read for events of a kind; hosts for all.
var readFor = map[string][]string{
	model.EventInstance:   {model.TypeInstance, model.TypePort},
	model.EventNetwork:    {model.TypeNetwork, model.TypePort},
	model.EventSubnet:     {model.TypeNetwork, model.TypePort},
	model.EventPort:       {model.TypePort, model.TypeInstance},
	model.EventRouter:     {model.TypePort},
	model.EventAggregate:  {model.TypeAggregate, model.TypeHostRef},
	model.EventAgent:      {model.TypeNetworkAgent},
	model.EventFloatingIP: {model.TypePort},
	model.EventTrunk:      {model.TypePort},
	model.EventCloud: {model.TypeProject, model.TypeInstance, model.TypeNetwork, model.TypePort, model.TypeNetworkAgent, model.TypeAggregate,
		model.TypeHostRef, model.TypeAvailabilityZone},
}

// unfinished says why what an event hints at can't be told yet: since it could not be read, or since the cloud has not
// finished it. The cloud tells of what was asked of it, and does it on its hosts some time after.
func (r *reconciler) unfinished(h *model.Hint) unready {
	if r.waits != "" {
		return unready{why: r.waits, waits: soon}
	}
	if why := r.unknown(h); why != "" {
		return unready{why: why, waits: later}
	}
	if why := r.missing(h); why != "" {
		return unready{why: why, waits: soon}
	}
	return unready{why: r.leftOver(idsOf(h)), waits: later, told: true}
}

// unknown says what could not be read for a hint.
func (r *reconciler) unknown(h *model.Hint) string {
	for _, objectType := range append([]string{model.TypeHost}, readFor[h.Kind]...) {
		if why := r.unread[objectType]; why != "" {
			return why
		}
	}
	for host := range r.around.of(h) {
		if why := r.unread[host]; why != "" {
			return why
		}
	}
	return ""
}

// missing says what the cloud has not finished.
func (r *reconciler) missing(h *model.Hint) string {
	for _, id := range idsOf(h) {
		if why := firstText(r.building(id), r.down(id), r.unplugged(id), r.unassigned(h, id)); why != "" {
			return why
		}
		if server := firstID(r.around.dhcp[id]); serves(h) {
			if why := firstText(r.down(server), r.unplugged(server)); why != "" {
				return why
			}
		}
	}
	return ""
}

// early returns the ids of those things that hints are about of which the cloud's APIs say already that they are not
// finished: on their hosts there is nothing to see yet.
func (r *reconciler) early() set {
	early := set{}
	for i := range r.hints {
		for _, id := range idsOf(&r.hints[i]) {
			if firstText(r.building(id), r.down(id), r.unassigned(&r.hints[i], id)) != "" {
				early[id] = true
			}
		}
	}
	return early
}

func (r *reconciler) get(objectType, id string) *model.Object {
	return r.now[model.DBID(r.scan.Environment, objectType, id)]
}

// building says that an instance is being worked on.
func (r *reconciler) building(id string) string {
	instance := r.get(model.TypeInstance, id)
	if instance == nil {
		return ""
	}
	return working(instance.Name, instance.Str("task_state"), instance.Str("status"))
}

// down says that a port, by its own id or its device's, is not up yet.
func (r *reconciler) down(id string) string {
	for _, p := range r.around.ports[id] {
		if r.wired(p) && p.Str("status") != "ACTIVE" {
			return fmt.Sprintf("port %s is %s on %s", p.ID, p.Str("status"), p.Host)
		}
	}
	return ""
}

// unplugged says that a port, by its own id or its device's, is not plugged in on its host yet.
func (r *reconciler) unplugged(id string) string {
	for _, p := range r.around.ports[id] {
		if r.wired(p) && r.get(model.TypeHost, p.Host) != nil && !r.sights.plugged[p.Host+" "+strings.ToLower(p.Str("mac_address"))] {
			return fmt.Sprintf("port %s has no interface on %s", p.ID, p.Host)
		}
	}
	return ""
}

// wired tells whether a port is one that has to be up: an agent's, or that of an instance that runs.
func (r *reconciler) wired(p *model.Object) bool {
	if up, told := p.Attrs["admin_state_up"].(bool); p.Host == "" || told && !up {
		return false
	}
	if kind := p.Str("binding:vif_type"); kind == "unbound" || kind == "binding_failed" || kind == "distributed" {
		return false
	}
	owner := p.Str("device_owner")
	if instance := r.get(model.TypeInstance, p.Str("device_id")); strings.HasPrefix(owner, "compute:") {
		return instance != nil && instance.Str("status") == "ACTIVE"
	}
	return owner == "network:dhcp" || strings.HasPrefix(owner, "network:router_") && !strings.HasSuffix(owner, "_distributed")
}

// sights are what was found on hosts, to be looked up.
type sights struct {
	services   map[string]*model.Object // by their namespace
	vnics      map[string]*model.Object // by their name
	plugged    set                      // hosts with MAC addresses of their vnics
	dhcpAgents bool                     // whether any works
}

func (r *reconciler) sighted() *sights {
	s := &sights{services: map[string]*model.Object{}, vnics: map[string]*model.Object{}, plugged: set{}}
	for _, o := range r.now {
		switch o.Type {
		case model.TypeVservice:
			s.services[o.Str("local_service_id")] = o
		case model.TypeVnic:
			s.vnics[o.Name] = o
			s.plugged[o.Host+" "+strings.ToLower(o.Str("mac_address"))] = true
		case model.TypeNetworkAgent:
			if o.Str("agent_type") == "DHCP agent" && o.Attrs["alive"] != false && o.Attrs["admin_state_up"] != false {
				s.dhcpAgents = true
			}
		}
	}
	return s
}

// serves tells whether a hint may be about a network's DHCP server.
func serves(h *model.Hint) bool {
	return h.Kind == model.EventNetwork || h.Kind == model.EventSubnet
}

// unassigned says that a network has no DHCP server though it wants one, or has one though it doesn't.
func (r *reconciler) unassigned(h *model.Hint, id string) string {
	network := r.get(model.TypeNetwork, id)
	if network == nil || !serves(h) {
		return ""
	}
	wanted := slices.ContainsFunc(network.Maps("subnets"), func(subnet map[string]any) bool { return subnet["enable_dhcp"] == true })
	served := len(r.around.dhcp[id]) > 0
	switch {
	case wanted && !served && r.sights.dhcpAgents:
		return "network " + network.Name + " has no DHCP server yet"
	case !wanted && served:
		return "network " + network.Name + " still has a DHCP server"
	}
	return ""
}

func firstID(objects []*model.Object) string {
	if len(objects) == 0 {
		return ""
	}
	return objects[0].ID
}

// devices are what the names of ports' interfaces begin with; what follows is the beginning of the port's id.
var devices = []string{"tap", "qr-", "qg-", "sg-", "ha-"}

// leftOver says that a host still has the namespace or an interface of something that is gone.
func (r *reconciler) leftOver(ids []string) string {
	for _, id := range ids {
		if service := r.sights.services["qdhcp-"+id]; service != nil && r.get(model.TypeNetwork, id) == nil {
			return "host " + service.Host + " still has " + service.Str("local_service_id")
		}
		// Of a router that Neutron knows a namespace has its attributes.
		if service := r.sights.services["qrouter-"+id]; service != nil && service.Attrs["status"] == nil && len(r.around.ports[id]) == 0 {
			return "host " + service.Host + " still has " + service.Str("local_service_id")
		}
		for _, prefix := range devices {
			vnic := r.sights.vnics[prefix+id[:min(11, len(id))]]
			if vnic != nil && len(r.around.ports[id]) == 0 {
				return "host " + vnic.Host + " still has interface " + vnic.Name
			}
		}
	}
	return ""
}
