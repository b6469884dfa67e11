// Package lldp finds the switches that a host's NICs are cabled to, by what their neighbours tell of themselves.
package lldp

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/netip"
	"slices"

	"calipso.io/calipso/pkg/discover"
	"calipso.io/calipso/pkg/discover/hostcli"
	"calipso.io/calipso/pkg/discover/hostcmd"
	"calipso.io/calipso/pkg/model"
)

type fetcher struct{}

// New makes the fetcher "cli.lldp". It finds one switch_pnic for each neighbour of the host's physical NICs, the switches
// that these are ports of, and adds to each host_pnic which ports it is cabled to: neighbors [{switch, switch_pnic,
// name}]. What is at the other end of virtual interfaces is passed over: an instance may claim anything.
// Switches that are known already, as a fabric's, and their ports are left to who tells more of them. On hosts without an
// LLDP agent there is nothing to find.
func New() discover.Fetcher { return fetcher{} }

func (fetcher) Commands(*model.Environment, *model.Object) []hostcmd.Command {
	return []hostcmd.Command{hostcli.LLDP}
}

func (fetcher) Fetch(_ context.Context, req *discover.Request) ([]model.Object, error) {
	out, err := req.Output(hostcli.LLDP)
	if err != nil && bytes.Contains(out.Stderr, notRunning) {
		req.Warn(hostcli.Warning(hostcli.LLDP.Name, "", "lldpd is installed, but does not run"))
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list neighbours: %w", err)
	}
	var neighbors []Neighbor
	for _, s := range out.Sections() {
		parse := Parse
		if s.Name != "lldpctl" {
			parse = func(out []byte) ([]Neighbor, error) { return parseTool(s.Name, out) }
		}
		found, err := parse(s.Body)
		if err != nil {
			return nil, fmt.Errorf("list neighbours: %s: %w", hostcli.LLDP.Name, err)
		}
		neighbors = append(neighbors, found...)
	}
	return objects(req, neighbors, len(out.Sections()) > 0), nil
}

// notRunning is what lldpctl says when nobody listens on the daemon's socket.
var notRunning = []byte("unable to connect to socket")

// objects returns the switches, their ports, and what is added to the host's NICs when there was somebody to ask.
func objects(req *discover.Request, neighbors []Neighbor, asked bool) []model.Object {
	nics := map[string][]map[string]any{}
	for _, nic := range req.Known(model.TypeHostPnic) {
		nics[nic.Name] = []map[string]any{}
	}
	known := map[string]bool{}
	for _, o := range req.Known(model.TypeSwitch) {
		known[o.ID] = true
	}
	found := map[string]model.Object{}
	for i := range neighbors {
		n := &neighbors[i]
		if _, physical := nics[n.Interface]; !physical {
			continue
		}
		if n.Name() == "" || n.Port() == "" {
			req.Warn(hostcli.Warning(hostcli.LLDP.Name, n.Interface, "a neighbour that tells neither its name nor its port"))
			continue
		}
		owner, port := switchOf(req.Env.Name, n), portOf(n)
		if !known[owner.ID] {
			found[owner.Type+owner.ID], found[port.Type+port.ID] = owner, port
		}
		nics[n.Interface] = append(nics[n.Interface],
			map[string]any{"switch": owner.ID, "switch_pnic": port.ID, "name": n.Name() + " " + n.Port()})
	}
	list := slices.SortedFunc(maps.Values(found), func(a, b model.Object) int {
		return cmp.Or(cmp.Compare(a.Type, b.Type), cmp.Compare(a.ID, b.ID)) // a switch comes before its ports
	})
	if !asked {
		return list
	}
	for _, nic := range req.Known(model.TypeHostPnic) {
		list = append(list, model.Object{Type: nic.Type, ID: nic.ID, Part: model.PartLLDP,
			Attrs: map[string]any{"neighbors": sorted(nics[nic.Name])}})
	}
	return list
}

// sorted puts neighbours into an order: they come in that in which they were heard first.
func sorted(neighbors []map[string]any) []map[string]any {
	slices.SortStableFunc(neighbors, func(a, b map[string]any) int {
		return cmp.Compare(a["switch_pnic"].(string), b["switch_pnic"].(string))
	})
	return neighbors
}

func switchOf(env string, n *Neighbor) model.Object {
	id := model.SwitchID(n.Name())
	attrs := map[string]any{"switch": id, "chassis_id": n.Chassis, "management_addresses": nonNil(n.Addresses),
		"capabilities": nonNil(n.Capabilities), "source": "LLDP"}
	if n.Description != "" {
		attrs["description"] = n.Description
	}
	for _, address := range n.Addresses {
		if a, err := netip.ParseAddr(address); err == nil && a.Is4() {
			attrs["ip_address"] = address
			break
		}
	}
	return model.Object{
		Type: model.TypeSwitch, ID: id, Name: n.Name(),
		ParentType: model.FolderType("switches"), ParentID: model.FolderID(env, "switches"), Attrs: attrs,
	}
}

func portOf(n *Neighbor) model.Object {
	owner := model.SwitchID(n.Name())
	attrs := map[string]any{"switch": owner, "role": "hostlink", "port_id": n.PortID, "source": "LLDP"}
	if n.PortText != "" {
		attrs["description"] = n.PortText
	}
	return model.Object{
		Type: model.TypeSwitchPnic, ID: model.SwitchPnicID(owner, n.Port()), Name: n.Port(),
		ParentType: model.TypeSwitch, ParentID: owner, Attrs: attrs,
	}
}

func nonNil(list []string) []string { return append([]string{}, list...) }
