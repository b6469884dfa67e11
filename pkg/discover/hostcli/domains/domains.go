// Package domains finds the interfaces of a host's instances, as libvirt has them.
package domains

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"calipso.io/calipso/pkg/discover"
	"calipso.io/calipso/pkg/discover/hostcli"
	"calipso.io/calipso/pkg/discover/hostcli/plug"
	"calipso.io/calipso/pkg/discover/hostcmd"
	"calipso.io/calipso/pkg/model"
)

type fetcher struct{}

// New makes the fetcher "cli.instance_vnics", which finds one vnic per interface of a libvirt domain that is a known
// instance of the host. Interfaces that pass a device through have no name and go by their MAC address; those of VPP by the
// instance's name and theirs.
func New() discover.Fetcher { return fetcher{} }

func (fetcher) Commands(*model.Environment, *model.Object) []hostcmd.Command {
	return []hostcmd.Command{hostcli.Domains}
}

func (fetcher) Fetch(_ context.Context, req *discover.Request) ([]model.Object, error) {
	out, err := req.Output(hostcli.Domains)
	if err != nil {
		return nil, fmt.Errorf("list domains: %w", err)
	}
	sections, warnings := hostcli.Sections(hostcli.Domains, out)
	req.Warn(warnings...)
	ports := plug.Index(req.Known(model.TypePort))
	var found []model.Object
	var unread hostcli.Unread
	for _, s := range sections {
		domain, err := Parse(s.Body)
		if err != nil {
			req.Warn(hostcli.Warning(hostcli.Domains.Name, s.Name, err.Error()))
			unread.Add(s)
			continue
		}
		found = append(found, vnicsOf(req, domain, ports)...)
	}
	if err := unread.Err(sections, out); err != nil {
		return found, fmt.Errorf("read domains: %w", err)
	}
	return found, hostcli.Unreadable(hostcli.Domains, len(sections), warnings)
}

func vnicsOf(req *discover.Request, domain Domain, ports *plug.Ports) []model.Object {
	instance := instanceOf(req, domain)
	if instance == nil {
		req.Warn(hostcli.Warning(hostcli.Domains.Name, domain.Name+" "+domain.UUID,
			"domain "+domain.UUID+" is not an instance of the cloud on this host"))
		return nil
	}
	var found []model.Object
	for i := range domain.Interfaces {
		vnic := vnic(req.Parent.ID, instance, &domain.Interfaces[i], ports)
		if vnic.Name == "" {
			req.Warn(hostcli.Warning(hostcli.Domains.Name, domain.Name, "an interface with neither a device nor a MAC address"))
			continue
		}
		found = append(found, vnic)
	}
	return found
}

func instanceOf(req *discover.Request, domain Domain) *model.Object {
	for _, o := range req.Known(model.TypeInstance) {
		if strings.EqualFold(o.ID, domain.UUID) {
			return o
		}
	}
	return nil
}

// elements are the parts of libvirt's interface element that are kept.
var elements = []string{"source", "target", "model", "mac", "alias", "driver", "address", "virtualport", "vlan", "link"}

func vnic(host string, instance *model.Object, e *Element, ports *plug.Ports) model.Object {
	name, mac := e.child("target").attr("dev"), strings.ToLower(e.child("mac").attr("address"))
	attrs := map[string]any{
		"vnic_type": model.VnicInstance, "mac_address": mac,
		"instance_id": instance.ID, "instance_db_id": instance.DBID(),
	}
	if kind := e.attr("type"); kind != "" {
		attrs["@type"] = kind
	}
	all, _ := e.value(0).(map[string]any)
	for _, element := range elements {
		if all[element] != nil {
			attrs[element] = all[element]
		}
	}
	if bridge := e.child("source").attr("bridge"); bridge != "" {
		attrs["source_bridge"] = bridge
	}
	if mtu, err := strconv.Atoi(e.child("mtu").attr("size")); err == nil {
		attrs["mtu"] = mtu
	}
	if networks := plug.Networks(ports.Find(name, mac)); len(networks) > 0 {
		attrs["network"] = networks
	}
	switch {
	case name == "" && mac != "" && e.attr("type") == "vhostuser": // what VPP has at the other end, libvirt does not know
		name = instance.Name + "-vhostuser-" + mac
	case name == "":
		name = mac
	}
	return model.Object{
		Type: model.TypeVnic, ID: host + "-" + name, Name: name, Host: host,
		ParentType: model.FolderType("vnics"), ParentID: model.FolderID(instance.ID, "vnics"), Attrs: attrs,
	}
}
