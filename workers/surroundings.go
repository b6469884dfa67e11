package workers

import (
	"context"
	"maps"
	"slices"
	"strings"

	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/store"
)

// set is a set of names.
type set map[string]bool

func add(index map[string]set, key, value string) {
	if key == "" || value == "" {
		return
	}
	if index[key] == nil {
		index[key] = set{}
	}
	index[key][value] = true
}

// surroundings tell where the things that hints name are, and were before.
type surroundings struct {
	hosts    map[string]set             // by the id of an instance, port, network service, agent or host: hosts that tell of it
	presence map[string]map[string]int  // by network, then host: how many ports it has there
	before   map[string]map[string]int  // the same, as it was
	ports    map[string][]*model.Object // by their own id, and by their device's
	dhcp     map[string][]*model.Object // by network: ports of DHCP servers
	gateways set                        // hosts that have gateways of routers
	meshed   bool                       // tunnels are made between hosts that have a network in common
}

// look makes the surroundings of what was read.
func (r *reconciler) look(ctx context.Context) (*surroundings, error) {
	s := &surroundings{hosts: map[string]set{}, presence: map[string]map[string]int{}, before: map[string]map[string]int{},
		ports: map[string][]*model.Object{}, dhcp: map[string][]*model.Object{}, gateways: set{}}
	for _, o := range r.now {
		s.place(o)
		if o.Type == model.TypePort {
			s.port(o)
		}
	}
	for _, c := range r.changes {
		if c.before != nil {
			s.place(c.before)
			s.count(c.before, s.before, 1)
		}
		if c.now != nil {
			s.count(c.now, s.before, -1)
		}
	}
	s.distributed(r.of(model.TypeHost))
	s.meshed = slices.ContainsFunc(r.of(model.TypeNetworkAgent), func(agent *model.Object) bool {
		return agent.Map("configurations")["l2_population"] == true
	})
	services := store.Where(store.Is(store.Environment, r.scan.Environment), store.Is(store.Type, model.TypeVservice))
	return s, r.session.inventory.Objects.Each(ctx, services, func(o model.Object) error {
		s.service(&o)
		return nil
	})
}

// place notes which host an object is on.
func (s *surroundings) place(o *model.Object) {
	switch o.Type {
	case model.TypeInstance, model.TypeHost:
		add(s.hosts, o.ID, o.Host)
	case model.TypeNetworkAgent:
		add(s.hosts, o.Str("agent_id"), o.Host)
	case model.TypePort:
		add(s.hosts, o.ID, o.Host)
		add(s.hosts, o.Str("device_id"), o.Host)
		if strings.HasPrefix(o.Str("device_owner"), "network:") {
			add(s.hosts, o.Str("network_id"), o.Host)
		}
	}
}

// port notes a port that there is.
func (s *surroundings) port(p *model.Object) {
	s.ports[p.ID] = append(s.ports[p.ID], p)
	if device := p.Str("device_id"); device != "" {
		s.ports[device] = append(s.ports[device], p)
	}
	switch network := p.Str("network_id"); p.Str("device_owner") {
	case "network:dhcp":
		s.dhcp[network] = append(s.dhcp[network], p)
	case "network:router_gateway":
		s.gateways[p.Host] = true
	}
	s.count(p, s.presence, 1)
	s.count(p, s.before, 1)
}

func (s *surroundings) count(p *model.Object, index map[string]map[string]int, n int) {
	network := p.Str("network_id")
	if p.Type != model.TypePort || p.Host == "" {
		return
	}
	if index[network] == nil {
		index[network] = map[string]int{}
	}
	index[network][p.Host] += n
}

// distributed notes where the routers are whose ports are on no one host: wherever their networks are, if services are
// looked for there.
func (s *surroundings) distributed(hosts []*model.Object) {
	serving := set{}
	for _, h := range hosts {
		serving[h.ID] = slices.Contains(h.Strs("host_type"), model.HostNetwork)
	}
	for device, ports := range s.ports {
		for _, p := range ports {
			if p.Host != "" || !strings.HasPrefix(p.Str("device_owner"), "network:router_") {
				continue
			}
			for host := range s.presence[p.Str("network_id")] {
				if serving[host] {
					add(s.hosts, device, host)
				}
			}
		}
	}
}

// service notes a network service that the inventory has: its namespace is named after what it serves.
func (s *surroundings) service(o *model.Object) {
	namespace := o.Str("local_service_id")
	for _, prefix := range []string{"qdhcp-", "qrouter-"} {
		if id, ok := strings.CutPrefix(namespace, prefix); ok {
			add(s.hosts, id, o.Host)
		}
	}
	for _, network := range o.Strs("network") {
		add(s.hosts, network, o.Host)
	}
}

// touched returns the hosts of which more than what the cloud's APIs say may have changed. What is early is left out, where
// it stays on its host: its hints will come again.
func (s *surroundings) touched(changes []change, hints []model.Hint, early set) set {
	hosts := set{}
	for _, c := range changes {
		waits := c.waits(early)
		for _, o := range []*model.Object{c.before, c.now} {
			if o == nil {
				continue
			}
			if !waits {
				hosts[o.Host] = true
			}
			if o.Type == model.TypeNetwork {
				s.addNetwork(hosts, o.ID)
			}
			if o.Type == model.TypePort && (s.moved(o) || s.meshed && c.rose()) {
				s.addNetwork(hosts, o.Str("network_id"))
			}
			if floating(o) {
				maps.Copy(hosts, s.gateways)
			}
		}
	}
	for i := range hints {
		if !early.hasAny(idsOf(&hints[i])) {
			maps.Copy(hosts, s.of(&hints[i]))
		}
	}
	return hosts
}

func (s set) hasAny(names []string) bool {
	return slices.ContainsFunc(names, func(name string) bool { return s[name] })
}

// waits tells whether a change is one of something early, or of its port, that stays on its host.
func (c change) waits(early set) bool {
	return c.now != nil && (c.before == nil || c.before.Host == c.now.Host) &&
		(early[c.now.ID] || c.now.Type == model.TypePort && early[c.now.Str("device_id")])
}

// rose tells whether it is a port that has come up, or gone down: agents tell each other then.
func (c change) rose() bool {
	return c.before != nil && c.now != nil && c.before.Str("status") != c.now.Str("status")
}

// addNetwork adds the hosts that a network is and was on.
func (s *surroundings) addNetwork(hosts set, network string) {
	for _, index := range []map[string]map[string]int{s.presence, s.before} {
		for host := range index[network] {
			hosts[host] = true
		}
	}
	maps.Copy(hosts, s.hosts[network])
}

// floating tells whether an object is a floating IP's port, or an instance that has one: the address is on a router, of
// which nothing is told when it goes with the instance.
func floating(o *model.Object) bool {
	if o.Type == model.TypeInstance {
		return slices.ContainsFunc(o.Maps("addresses"), func(a map[string]any) bool { return a["type"] == "floating" })
	}
	return o.Type == model.TypePort && o.Str("device_owner") == "network:floatingip"
}

// moved tells whether a network has come to the host of a port, or left it: others then have tunnels to it, or not anymore.
func (s *surroundings) moved(p *model.Object) bool {
	network := p.Str("network_id")
	return s.meshed && (s.presence[network][p.Host] > 0) != (s.before[network][p.Host] > 0)
}

// of returns the hosts that a hint is about.
func (s *surroundings) of(h *model.Hint) set {
	hosts := set{}
	ids := append(idsOf(h), h.Hosts...)
	for _, id := range ids {
		maps.Copy(hosts, named(s.hosts, id))
	}
	if h.Kind == model.EventFloatingIP {
		maps.Copy(hosts, s.gateways)
	}
	return hosts
}

// named looks a name up. The bus may have a host's full name where the inventory has its first label.
func named(index map[string]set, name string) set {
	if label, _, full := strings.Cut(name, "."); full && index[name] == nil {
		return index[label]
	}
	return index[name]
}

// idsOf returns the ids that a hint names. The network of a port is not what has changed: its services are elsewhere.
func idsOf(h *model.Hint) []string {
	ids := []string{h.Object}
	for kind, id := range h.Related {
		if kind != model.EventNetwork || h.Kind != model.EventPort && h.Kind != model.EventInstance {
			ids = append(ids, id)
		}
	}
	return ids
}
