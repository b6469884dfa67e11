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
	nodes, err := nodesOf(ctx, req)
	if err != nil {
		return nil, err
	}
	var found []model.Object
	named := map[string]string{}
	for i := range nodes {
		n := &nodes[i]
		id := model.SwitchID(n.Name)
		switch {
		case !isSwitch(n):
		case n.Name == "":
			warn(req, n.DN, "it has no name: it is not registered in the fabric")
		case named[id] != "":
			warn(req, n.DN, fmt.Sprintf("its name, %s, is also that of %s", n.Name, named[id]))
		default:
			named[id] = n.DN
			found = append(found, switchOf(req.Env.Name, n))
		}
	}
	return found, nil
}

// nodesOf returns the nodes of the environment's fabric.
func nodesOf(ctx context.Context, req *discover.Request) ([]apic.Node, error) {
	if req.Fabric == nil {
		return nil, errors.New("the environment has no ACI section, or aci_enabled is not set")
	}
	return req.Fabric.Nodes(ctx)
}

// isSwitch tells whether a node is a switch of the fabric.
func isSwitch(n *apic.Node) bool { return n.Role == "leaf" || n.Role == "spine" }

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
