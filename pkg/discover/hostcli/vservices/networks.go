package vservices

import (
	"net/netip"
	"slices"

	"calipso.io/calipso/pkg/discover"
	"calipso.io/calipso/pkg/discover/hostcli"
	"calipso.io/calipso/pkg/discover/hostcli/ipaddr"
	"calipso.io/calipso/pkg/discover/hostcli/plug"
	"calipso.io/calipso/pkg/discover/hostcmd"
	"calipso.io/calipso/pkg/model"
)

// networks tells which networks services and their interfaces are on.
type networks struct {
	known      []*model.Object
	ports      []*model.Object
	index      *plug.Ports
	interfaces map[string][]ipaddr.Interface // by namespace
}

func newNetworks(req *discover.Request) *networks {
	n := &networks{
		known: req.Known(model.TypeNetwork), ports: req.Known(model.TypePort),
		index: plug.Index(req.Known(model.TypePort)), interfaces: map[string][]ipaddr.Interface{},
	}
	// Where the addresses can't be read, ports tell the networks; the fetcher of the interfaces says what is wrong.
	out, _ := req.Output(hostcli.NamespaceAddresses)
	sections, _ := inNamespaces(out)
	for _, s := range sections {
		n.interfaces[s.Name], _ = ipaddr.Parse(hostcli.NamespaceAddresses.Name, s.Body)
	}
	return n
}

// inNamespaces returns what was printed of each namespace. Where agents are in containers, each of these may see all
// namespaces and be able to enter its own: the one that can tells of it.
func inNamespaces(out hostcmd.Output) ([]hostcmd.Section, []model.Warning) {
	all, warnings := hostcli.Sections(hostcli.NamespaceAddresses, out)
	var sections []hostcmd.Section
	for _, s := range all {
		i := slices.IndexFunc(sections, func(earlier hostcmd.Section) bool { return earlier.Name == s.Name })
		switch {
		case i < 0:
			sections = append(sections, s)
		case len(sections[i].Body) == 0:
			sections[i] = s
		}
	}
	return sections, warnings
}

// of returns the ids of the networks that a service is on: the one that a DHCP server is for, and those of a router's
// ports and interfaces.
func (n *networks) of(namespace Namespace) []string {
	if namespace.Kind == dhcp {
		return []string{namespace.ID}
	}
	var ports []*model.Object
	for _, p := range n.ports {
		if p.Str("device_id") == namespace.ID {
			ports = append(ports, p)
		}
	}
	ids := plug.Networks(ports...)
	for _, i := range n.interfaces[namespace.Name] {
		if isVnic(i) {
			ids = append(ids, n.ofInterface(i)...)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// ofInterface returns the id of the network that an interface is on: that of its port or, for interfaces of ports that
// are on no one host, the only network with the interface's subnet. It is empty when that can't be told.
func (n *networks) ofInterface(i ipaddr.Interface) []string {
	if port := n.index.Find(i.Name, i.MAC); port != nil {
		return plug.Networks(port)
	}
	address, ok := serviceAddress(i)
	if !ok {
		return nil
	}
	var ids []string
	for _, network := range n.known {
		if slices.ContainsFunc(network.Strs("cidrs"), func(cidr string) bool { return isCIDR(cidr, address.Masked()) }) {
			ids = append(ids, network.ID)
		}
	}
	if len(ids) != 1 {
		return nil
	}
	return ids
}

func isCIDR(text string, prefix netip.Prefix) bool {
	p, err := netip.ParsePrefix(text)
	return err == nil && p == prefix
}
