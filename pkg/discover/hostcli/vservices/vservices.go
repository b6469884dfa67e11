// Package vservices finds the network services that Neutron runs in namespaces of a host, and their interfaces.
package vservices

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"calipso.io/calipso/pkg/discover"
	"calipso.io/calipso/pkg/discover/hostcli"
	"calipso.io/calipso/pkg/discover/hostcmd"
	"calipso.io/calipso/pkg/model"
)

// Kind is a kind of service.
type Kind struct {
	serviceType string // value of the attribute service_type
	prefix      string // what names of its namespaces begin with
	plural      string // names the folder of its services
	text        string // what people see of the folder
}

var (
	dhcp   = Kind{"dhcp", "qdhcp-", "dhcps", "DHCP servers"}
	router = Kind{"router", "qrouter-", "routers", "Gateways"}
)

type services struct{}

// New makes the fetcher "cli.vservices", which finds one vservice per namespace of a DHCP server or router, and the
// folders that hold them. Routers have the attributes that Neutron knows, when they are among the known objects.
func New() discover.Fetcher { return services{} }

func (services) Commands(*model.Environment, *model.Object) []hostcmd.Command {
	return []hostcmd.Command{hostcli.Namespaces, hostcli.NamespaceAddresses}
}

func (services) Fetch(_ context.Context, req *discover.Request) ([]model.Object, error) {
	out, err := req.Output(hostcli.Namespaces)
	if err != nil {
		return nil, fmt.Errorf("list namespaces: %w", err)
	}
	namespaces, warnings := Parse(out.Stdout)
	req.Warn(warnings...)
	if err := hostcli.Unreadable(hostcli.Namespaces, len(namespaces), warnings); err != nil {
		return nil, fmt.Errorf("list namespaces: %w", err)
	}

	host := req.Parent.ID
	networks := newNetworks(req)
	var folders, found []model.Object
	for _, namespace := range namespaces {
		folder := folderOf(host, namespace.Kind)
		if !slices.ContainsFunc(folders, func(f model.Object) bool { return f.ID == folder.ID }) {
			folders = append(folders, folder)
		}
		service := vservice(req, namespace)
		service.Set("network", networks.of(namespace))
		service.ParentType, service.ParentID = folder.Type, folder.ID
		found = append(found, service)
	}
	return append(folders, found...), nil
}

// folderOf returns the folder of a kind of service, which stands in the host's folder of services.
func folderOf(host string, kind Kind) model.Object {
	folder := discover.Folder(model.FolderType("vservices"), model.FolderID(host, "vservices"), kind.plural, kind.text)
	folder.Type = model.FolderType("vservice_" + kind.plural)
	folder.Host = host
	return folder
}

func vservice(req *discover.Request, namespace Namespace) model.Object {
	service := model.Object{
		Type: model.TypeVservice, ID: serviceID(req.Parent.ID, namespace.Name), Name: namespace.Name,
		Host: req.Parent.ID, Attrs: map[string]any{},
	}
	if subject := namespace.subject(req); subject != nil {
		service.Name = namespace.Kind.prefix + subject.Name
		if namespace.Kind == router {
			addRouter(&service, subject, req.Known(model.TypePort))
		}
	}
	service.Set("local_service_id", namespace.Name)
	service.Set("service_type", namespace.Kind.serviceType)
	return service
}

func serviceID(host, namespace string) string { return host + "-" + namespace }

// subject returns the network or router that the namespace serves; nil when it is not known.
func (n Namespace) subject(req *discover.Request) *model.Object {
	objectType := model.TypeNetwork
	if n.Kind == router {
		objectType = typeRouter
	}
	for _, o := range req.Known(objectType) {
		if o.ID == n.ID {
			return o
		}
	}
	return nil
}

// typeRouter is the type of routers as Neutron lists them. They are known to fetchers, but are no objects of the
// inventory.
const typeRouter = "router"

// addRouter adds what Neutron knows of a router, with gw_port_id and enable_snat as its database has them.
func addRouter(service, r *model.Object, ports []*model.Object) {
	maps.Copy(service.Attrs, r.Attrs)
	if gateway := r.Map("external_gateway_info"); gateway["enable_snat"] != nil {
		service.Set("enable_snat", gateway["enable_snat"])
	}
	for _, p := range ports {
		if p.Str("device_id") == r.ID && p.Str("device_owner") == "network:router_gateway" {
			service.Set("gw_port_id", p.ID)
		}
	}
}
