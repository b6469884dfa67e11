package openstack

import (
	"context"
	"errors"
	"slices"
	"strings"

	"calipso.io/calipso/pkg/conn/cloud"
	"calipso.io/calipso/pkg/discover"
	"calipso.io/calipso/pkg/model"
)

// NewInstances finds the instances on all hosts of a region. network_info has the shape that Nova gives it, but is
// made of Neutron's ports; addresses, metadata and the flavor's extra_specs are lists, as their keys are free.
func NewInstances() discover.Fetcher {
	return fetcher{fetch: fetchInstances, reads: []reading{(*cloud.Client).Servers, (*cloud.Client).Hypervisors,
		(*cloud.Client).Ports, (*cloud.Client).Networks, (*cloud.Client).Subnets, projects}}
}

func fetchInstances(ctx context.Context, req *discover.Request) ([]model.Object, error) {
	servers, err := req.Cloud.Servers(ctx, req.Parent.ID)
	if err != nil || len(servers) == 0 {
		return nil, err
	}
	around, err := readSurroundings(ctx, req)
	if err != nil {
		return nil, err
	}
	var objects []model.Object
	for _, server := range servers {
		if _, told := server[hostKey]; !told {
			return nil, errors.New("list instances: Nova does not say which hosts instances are on: the user of the OpenStack section needs the admin role")
		}
		if server.Str(hostKey) == "" {
			req.Warn(model.Warning{Source: "servers of " + req.Parent.ID, Line: nameOf(server) + " (" + server.Str("id") + ")",
				Reason: "it is on no host: its status is " + server.Str("status")})
			continue
		}
		objects = append(objects, around.instance(server))
	}
	return objects, nil
}

// surroundings are what instances are described with.
type surroundings struct {
	hosts    *hostNames
	hostIPs  map[string]string       // by host
	ports    map[string][]cloud.Item // by instance
	networks map[string]cloud.Item
	subnets  map[string]cloud.Item
	tenancy  tenancy
}

func readSurroundings(ctx context.Context, req *discover.Request) (s surroundings, err error) {
	hypervisors, err := req.Cloud.Hypervisors(ctx, req.Parent.ID)
	if err != nil {
		return s, err
	}
	ports, err := req.Cloud.Ports(ctx, req.Parent.ID)
	if err != nil {
		return s, err
	}
	networks, err := req.Cloud.Networks(ctx, req.Parent.ID)
	if err != nil {
		return s, err
	}
	if s.subnets, err = readSubnets(ctx, req); err != nil {
		return s, err
	}
	s.tenancy, err = readTenancy(ctx, req.Cloud)
	s.hosts, s.networks, s.ports = knownHosts(req), byID(networks), portsByInstance(ports)
	s.hostIPs = map[string]string{}
	g := newGathering()
	for _, row := range hypervisors {
		g.hypervisor(row)
	}
	for _, h := range g.hosts {
		s.hostIPs[s.hosts.resolve(h.name)] = h.hypervisor.Str("host_ip")
	}
	return s, err
}

// portsByInstance returns the ports of each instance, in the order in which they were made. Who owns a port may write
// any device into it; which kind of device it is, is Nova's to say.
func portsByInstance(ports []cloud.Item) map[string][]cloud.Item {
	index := map[string][]cloud.Item{}
	for _, port := range ports {
		owner := port.Str("device_owner")
		if strings.HasPrefix(owner, "compute:") || strings.HasPrefix(owner, "baremetal:") {
			index[port.Str("device_id")] = append(index[port.Str("device_id")], port)
		}
	}
	for _, list := range index {
		slices.SortFunc(list, func(a, b cloud.Item) int { return compareBy(a, b, "created_at", "id") })
	}
	return index
}

func (s surroundings) instance(server cloud.Item) model.Object {
	id, host := server.Str("id"), s.hosts.resolve(server.Str(hostKey))
	o := model.Object{
		Type: model.TypeInstance, ID: id, Name: nameOf(server), Host: host,
		ParentType: model.FolderType("instances"), ParentID: model.FolderID(host, "instances"), Attrs: serverAttributes(server),
	}
	if ip := s.hostIPs[host]; ip != "" {
		o.Attrs["ip_address"], o.Attrs["host_ip_address"] = ip, ip
	}
	project := projectOf(server)
	o.Attrs["project_id"], o.Attrs["project_name"] = project, "Unknown"
	if name, ok := s.tenancy.names[project]; ok {
		o.Attrs["project_name"] = name
	}
	s.plug(&o, s.ports[id])
	return o
}

// plug adds what is known of an instance's ports.
func (s surroundings) plug(o *model.Object, ports []cloud.Item) {
	info, networks := []map[string]any{}, []string{}
	for _, port := range ports {
		info = append(info, s.networkInfo(port))
		if id := port.Str("network_id"); !slices.Contains(networks, id) {
			networks = append(networks, id)
		}
		o.Attrs["mac_address"] = port.Str("mac_address")
	}
	o.Attrs["network_info"], o.Attrs["network"] = info, networks
}
