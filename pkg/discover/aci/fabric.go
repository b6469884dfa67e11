package aci

import (
	"context"
	"regexp"

	"calipso.io/calipso/pkg/conn/apic"
	"calipso.io/calipso/pkg/discover"
	"calipso.io/calipso/pkg/model"
)

// fabric is what the controller tells of the fabric's ports.
type fabric struct {
	nodes      map[string]*apic.Node // by their distinguished names
	named      map[string]string     // these, by the ids of the switches
	neighbors  []apic.Neighbor
	interfaces map[apic.Port]apic.Interface
}

func readFabric(ctx context.Context, req *discover.Request) (*fabric, error) {
	nodes, err := nodesOf(ctx, req, func(*apic.Node, string) {})
	if err != nil {
		return nil, err
	}
	f := &fabric{nodes: map[string]*apic.Node{}, named: map[string]string{}}
	for _, n := range nodes {
		f.nodes[n.DN], f.named[model.SwitchID(n.Name)] = n, n.DN
	}
	if f.neighbors, err = req.Fabric.Neighbors(ctx); err != nil {
		return nil, err
	}
	f.interfaces, err = req.Fabric.Interfaces(ctx)
	return f, err
}

// portName is what a port's name looks like.
var portName = regexp.MustCompile(`^[a-z0-9/._-]{1,64}$`)

// port returns a port as an object; false when it is not one of a switch.
func (f *fabric) port(at apic.Port, role string) (model.Object, bool) {
	n := f.nodes[at.Node]
	if n == nil || !portName.MatchString(at.Name) {
		return model.Object{}, false
	}
	i := f.interfaces[at]
	i.Port = at
	return portOf(n, i, role), true
}
