package vservices

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"

	"calipso.io/calipso/pkg/discover"
	"calipso.io/calipso/pkg/discover/hostcli"
	"calipso.io/calipso/pkg/discover/hostcli/ipaddr"
	"calipso.io/calipso/pkg/discover/hostcmd"
	"calipso.io/calipso/pkg/model"
)

type vnics struct{}

// NewVnics makes the fetcher "cli.vservice_vnics", which finds the interfaces of services: one vnic per interface in
// the namespace of a DHCP server or router, and the folders that hold them, below the vservices found before.
func NewVnics() discover.Fetcher { return vnics{} }

func (vnics) Commands(*model.Environment, *model.Object) []hostcmd.Command {
	return []hostcmd.Command{hostcli.NamespaceAddresses}
}

func (vnics) Fetch(_ context.Context, req *discover.Request) ([]model.Object, error) {
	out, err := req.Output(hostcli.NamespaceAddresses)
	if err != nil {
		return nil, fmt.Errorf("read addresses in namespaces: %w", err)
	}
	sections, warnings := inNamespaces(out)
	req.Warn(warnings...)
	networks := newNetworks(req)
	var found []model.Object
	var unread hostcli.Unread
	for _, s := range sections {
		interfaces, warnings := ipaddr.Parse(hostcli.NamespaceAddresses.Name, s.Body)
		req.Warn(warnings...)
		// A namespace has at least its loopback interface.
		if len(interfaces) == 0 {
			req.Warn(hostcli.Warning(hostcli.NamespaceAddresses.Name, s.Name, "the namespace could not be read"))
			unread.Add(s)
		}
		found = append(found, vnicsOf(req.Parent.ID, s.Name, interfaces, networks)...)
	}
	if err := unread.Err(sections, out); err != nil {
		return found, fmt.Errorf("read addresses in namespaces: %w", err)
	}
	return found, nil
}

// vnicsOf returns the interfaces of one namespace, after the folder that holds them.
func vnicsOf(host, namespace string, interfaces []ipaddr.Interface, networks *networks) []model.Object {
	service := serviceID(host, namespace)
	folder := discover.Folder(model.TypeVservice, service, "vnics", "vNICs")
	folder.Host = host
	found := []model.Object{folder}
	for _, i := range interfaces {
		if isVnic(i) {
			found = append(found, vnic(host, folder, i, networks.ofInterface(i)))
		}
	}
	if len(found) == 1 {
		return nil
	}
	return found
}

// isVnic tells whether an interface is one that an agent made: loopback, and the devices that the kernel puts into
// each namespace when tunnel drivers are loaded, have no MAC address or only zeros.
func isVnic(i ipaddr.Interface) bool {
	return i.Name != "lo" && i.MAC != "" && i.MAC != "00:00:00:00:00:00"
}

func vnic(host string, folder model.Object, i ipaddr.Interface, network []string) model.Object {
	attrs := map[string]any{
		"vnic_type": model.VnicVservice, "mac_address": i.MAC, "data": i.Data, "addresses": addresses(i),
	}
	if address, ok := serviceAddress(i); ok {
		attrs["IP Address"] = address.Addr().String()
		attrs["netmask"] = netmask(address)
		attrs["cidr"] = address.Masked().String()
	}
	if len(i.IPv6) > 0 {
		attrs["IPv6 Address"] = i.IPv6[0].Addr().String()
	}
	if len(network) > 0 {
		attrs["network"] = network
	}
	return model.Object{
		Type: model.TypeVnic, ID: host + "-" + i.Name, Name: i.Name, Host: host,
		ParentType: folder.Type, ParentID: folder.ID, Attrs: attrs,
	}
}

// linkLocal are addresses that an agent gives an interface for itself, like that of the metadata service.
var linkLocal = netip.MustParsePrefix("169.254.0.0/16")

func serviceAddresses(i ipaddr.Interface) []netip.Prefix {
	return slices.DeleteFunc(slices.Clone(i.IPv4), func(p netip.Prefix) bool { return linkLocal.Contains(p.Addr()) })
}

// serviceAddress returns the first IPv4 address that serves a network; false when there is none.
func serviceAddress(i ipaddr.Interface) (netip.Prefix, bool) {
	if all := serviceAddresses(i); len(all) > 0 {
		return all[0], true
	}
	return netip.Prefix{}, false
}

// addresses lists all addresses: a router's outer interface has those of floating IPs, too.
func addresses(i ipaddr.Interface) []map[string]any {
	list := []map[string]any{}
	for _, p := range serviceAddresses(i) {
		list = append(list, map[string]any{
			"IP Address": p.Addr().String(), "netmask": netmask(p), "cidr": p.Masked().String(),
		})
	}
	for _, p := range i.IPv6 {
		list = append(list, map[string]any{"IPv6 Address": p.Addr().String(), "cidr": p.Masked().String()})
	}
	return list
}

// netmask writes the length of an IPv4 prefix as a mask: 255.255.255.0.
func netmask(p netip.Prefix) string { return net.IP(net.CIDRMask(p.Bits(), 32)).String() }
