// Package aci finds the switches of a Cisco ACI fabric, their ports and what these are cabled to, as the fabric's
// controller tells.
//
// Ids are made of the names of switches and ports, as those of neighbours that hosts hear of by LLDP are: a port of which
// both tell is one object.
package aci

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode"

	"calipso.io/calipso/pkg/conn/apic"
	"calipso.io/calipso/pkg/discover"
	"calipso.io/calipso/pkg/model"
)

// Source is the attribute source of what a fabric's controller tells of.
const Source = "APIC"

type switches struct{}

// NewSwitches makes the fetcher "aci.switches". It finds the leafs and spines of the fabric. The controllers are no
// switches, and nodes that are not registered have no name to go by.
func NewSwitches() discover.Fetcher { return switches{} }

// Reads begins all readings of the step, of this fetcher and of the one for links.
func (switches) Reads(req *discover.Request) []func(context.Context) {
	f := req.Fabric
	if f == nil {
		return nil
	}
	return []func(context.Context){
		func(ctx context.Context) { _, _ = f.Nodes(ctx) },
		func(ctx context.Context) { _, _ = f.Neighbors(ctx) },
		func(ctx context.Context) { _, _ = f.Interfaces(ctx) },
	}
}

func (switches) Fetch(ctx context.Context, req *discover.Request) ([]model.Object, error) {
	nodes, err := nodesOf(ctx, req, func(n *apic.Node, reason string) { warn(req, n.DN, reason) })
	if err != nil {
		return nil, err
	}
	var found []model.Object
	for _, n := range nodes {
		found = append(found, switchOf(req.Env.Name, n))
	}
	return found, nil
}

// nodesOf returns the switches of the environment's fabric. Those that have no name to go by are passed over, with a
// reason.
func nodesOf(ctx context.Context, req *discover.Request, passed func(n *apic.Node, reason string)) ([]*apic.Node, error) {
	if req.Fabric == nil {
		return nil, errors.New("the environment has no ACI section, or aci_enabled is not set")
	}
	all, err := req.Fabric.Nodes(ctx)
	if err != nil {
		return nil, err
	}
	var nodes []*apic.Node
	named := map[string]*apic.Node{}
	for i := range all {
		n := &all[i]
		id := model.SwitchID(n.Name)
		switch {
		case n.Role != "leaf" && n.Role != "spine":
		case n.Name == "":
			passed(n, "it has no name: it is not registered in the fabric")
		case strings.ContainsFunc(n.Name, func(r rune) bool { return !unicode.IsPrint(r) }):
			passed(n, fmt.Sprintf("its name, %q, can't be shown", n.Name))
		case named[id] != nil:
			passed(n, fmt.Sprintf("its name, %s, is also that of %s", n.Name, named[id].DN))
		default:
			named[id] = n
			nodes = append(nodes, n)
		}
	}
	return nodes, nil
}

func switchOf(env string, n *apic.Node) model.Object {
	id := model.SwitchID(n.Name)
	attrs := map[string]any{"switch": id, "role": n.Role, "dn": n.DN, "node_id": n.ID, "source": Source}
	for name, value := range map[string]string{"model": n.Model, "serial": n.Serial, "version": n.Version, "state": n.State,
		"ip_address": n.OOB, "fabric_address": n.Address} {
		if value != "" {
			attrs[name] = value
		}
	}
	return model.Object{
		Type: model.TypeSwitch, ID: id, Name: n.Name,
		ParentType: model.FolderType("switches"), ParentID: model.FolderID(env, "switches"), Attrs: attrs,
	}
}

// portOf returns a port of a switch.
func portOf(n *apic.Node, i apic.Interface, role string) model.Object {
	owner := model.SwitchID(n.Name)
	attrs := map[string]any{"switch": owner, "role": role, "dn": n.DN + "/sys/phys-[" + i.Port.Name + "]", "source": Source}
	for name, value := range map[string]string{"state": i.State, "speed": i.Speed, "mtu": i.MTU, "description": i.Description} {
		if value != "" {
			attrs[name] = value
		}
	}
	return model.Object{
		Type: model.TypeSwitchPnic, ID: model.SwitchPnicID(owner, i.Port.Name), Name: i.Port.Name,
		ParentType: model.TypeSwitch, ParentID: owner, Attrs: attrs,
	}
}

func warn(req *discover.Request, what, reason string) {
	req.Warn(model.Warning{Source: Source, Line: what, Reason: reason})
}
