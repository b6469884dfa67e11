package openstack

import (
	"context"

	"calipso.io/calipso/pkg/conn/cloud"
	"calipso.io/calipso/pkg/discover"
	"calipso.io/calipso/pkg/model"
)

// NewHosts finds the hosts of a region: those that a zone, a service of Nova, a hypervisor or an agent of Neutron is
// on. Attributes: zone, services [{name, active, available, updated_at}], host_type [Controller, Compute, Network],
// config (of the network agents), and of the hypervisor os_id, ip_address, status, state, hypervisor_type and
// hypervisor_hostname.
func NewHosts() discover.Fetcher {
	return fetcher{fetch: fetchHosts, reads: []reading{(*cloud.Client).Zones, (*cloud.Client).Services,
		(*cloud.Client).Hypervisors, (*cloud.Client).Agents}}
}

// fetchHosts wants all four listings: with one of them missing, hosts would lose their types, and with them all that
// is found on them.
func fetchHosts(ctx context.Context, req *discover.Request) ([]model.Object, error) {
	gathered := newGathering()
	for _, source := range []struct {
		read reading
		take func(cloud.Item)
	}{
		{(*cloud.Client).Zones, gathered.zone},
		{(*cloud.Client).Services, gathered.service},
		{(*cloud.Client).Hypervisors, gathered.hypervisor},
		{(*cloud.Client).Agents, gathered.agent},
	} {
		rows, err := source.read(req.Cloud, ctx, req.Parent.ID)
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			source.take(row)
		}
	}
	return gathered.objects(req.Parent.ID), nil
}

// objects returns the hosts, each in its zone; in the region itself when there are no zones at all.
func (g *gathering) objects(region string) []model.Object {
	objects := make([]model.Object, 0, len(g.hosts))
	for _, h := range g.hosts {
		o := model.Object{Type: model.TypeHost, ID: h.name, Name: h.name, Host: h.name, Attrs: h.attributes()}
		o.ParentType, o.ParentID = model.TypeAvailabilityZone, g.zoneOf(h)
		if o.ParentID == "" {
			o.ParentType, o.ParentID = model.TypeRegion, region
		}
		o.Set("zone", g.zoneOf(h))
		objects = append(objects, o)
	}
	return objects
}

func (h *host) attributes() map[string]any {
	attrs := map[string]any{"services": h.services, "host_type": h.types()}
	if h.isNetwork() {
		attrs["config"] = h.config()
	}
	if h.hypervisor == nil {
		return attrs
	}
	for attr, key := range map[string]string{"os_id": "id", "ip_address": "host_ip", "status": "status", "state": "state",
		"hypervisor_type": "hypervisor_type", "hypervisor_hostname": "hypervisor_hostname"} {
		if text := h.hypervisor.Str(key); text != "" {
			attrs[attr] = text
		}
	}
	return attrs
}

// types returns what a host does. One with a hypervisor is a compute host even while its service is down or disabled:
// the instances are still there.
func (h *host) types() []string {
	types := []string{}
	if h.runs("nova-conductor") {
		types = append(types, model.HostController)
	}
	if h.runs(novaCompute) || h.hypervisor != nil {
		types = append(types, model.HostCompute)
	}
	if h.isNetwork() {
		types = append(types, model.HostNetwork)
	}
	return types
}

func (h *host) runs(service string) bool {
	for _, s := range h.services {
		if s["name"] == service && s["active"] == true && s["available"] == true {
			return true
		}
	}
	return false
}

func (h *host) isNetwork() bool { return len(h.networkAgents) > 0 }

// config lays the configurations of a host's network agents over each other.
func (h *host) config() map[string]any {
	config := map[string]any{}
	for _, agent := range h.networkAgents {
		for key, value := range configurations(agent) {
			config[key] = value
		}
	}
	return config
}
