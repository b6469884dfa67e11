package apic

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"calipso.io/calipso/pkg/conn/memo"
)

// Node is a machine of the fabric: a switch, or one of the APIC's own.
type Node struct {
	DN      string // "topology/pod-1/node-101"
	ID      string // "101"
	Name    string // "" before it is registered
	Role    string // leaf, spine or controller
	Model   string
	Serial  string
	Version string // of its software
	State   string // active, inactive, …
	Address string // in the fabric
	OOB     string // its address for management, out of band
}

// Port is a port of a node: the node's distinguished name, and the port's name in small letters, "eth1/33".
type Port struct{ Node, Name string }

// Neighbor is what a port hears by LLDP: who is at the other end of its cable.
type Neighbor struct {
	DN       string
	Port     Port // empty when the name can't be understood
	System   string
	PortID   string
	PortText string // how the neighbour describes its port
}

// Learned is a MAC address that a switch has seen on one of its ports.
type Learned struct {
	Port Port
	MAC  string // in small letters
}

// Interface is the state of a port.
type Interface struct {
	Port        Port
	State       string // up or down
	Speed       string // "10G"
	MTU         string
	Description string // by people
}

// Nodes returns the fabric's nodes, the APICs among them.
func (c *Client) Nodes(ctx context.Context) ([]Node, error) {
	return memo.Get(ctx, &c.answers, "nodes", func(ctx context.Context) ([]Node, error) {
		systems := map[string]Attributes{}
		if err := c.each(ctx, Query{Class: "topSystem"}, func(a Attributes) { systems[strings.TrimSuffix(a["dn"], "/sys")] = a }); err != nil {
			return nil, err
		}
		var nodes []Node
		err := c.each(ctx, Query{Class: "fabricNode"}, func(a Attributes) {
			of := systems[a["dn"]]
			nodes = append(nodes, Node{DN: a["dn"], ID: a["id"], Name: a["name"], Role: a["role"], Model: a["model"], Serial: a["serial"],
				Version: a["version"], State: a["fabricSt"], Address: known(of["address"]), OOB: known(of["oobMgmtAddr"])})
		})
		return nodes, err
	})
}

// known returns an address, "" for the one that stands for none.
func known(address string) string {
	if address == "0.0.0.0" {
		return ""
	}
	return address
}

// Neighbors returns what all ports of the fabric hear by LLDP.
func (c *Client) Neighbors(ctx context.Context) ([]Neighbor, error) {
	return read(ctx, c, Query{Class: "lldpAdjEp"}, func(a Attributes) Neighbor {
		return Neighbor{DN: a["dn"], Port: portOf(a["dn"]), System: a["sysName"], PortID: a["portIdV"], PortText: a["portDesc"]}
	})
}

// Learned returns the MAC addresses that the leafs have seen on ports, those behind port channels and other leafs aside.
func (c *Client) Learned(ctx context.Context) ([]Learned, error) {
	return read(ctx, c, Query{Class: "epmMacEp", Filter: `wcard(epmMacEp.ifId,"eth")`}, func(a Attributes) Learned {
		return Learned{Port: Port{nodeOf(a["dn"]), strings.ToLower(a["ifId"])}, MAC: strings.ToLower(a["addr"])}
	})
}

// Interfaces returns the state of all ports of the fabric.
func (c *Client) Interfaces(ctx context.Context) (map[Port]Interface, error) {
	return memo.Get(ctx, &c.answers, "interfaces", func(ctx context.Context) (map[Port]Interface, error) {
		ports := map[Port]Interface{}
		if err := c.each(ctx, Query{Class: "l1PhysIf"}, func(a Attributes) {
			p := portOf(a["dn"])
			ports[p] = Interface{Port: p, MTU: a["mtu"], Description: a["descr"]}
		}); err != nil {
			return nil, err
		}
		err := c.each(ctx, Query{Class: "ethpmPhysIf"}, func(a Attributes) {
			p := ports[portOf(a["dn"])]
			p.Port, p.State, p.Speed = portOf(a["dn"]), a["operSt"], a["operSpeed"]
			ports[p.Port] = p
		})
		return ports, err
	})
}

// read returns the remembered objects of a class, and reads them at the first call.
func read[T any](ctx context.Context, c *Client, q Query, of func(Attributes) T) ([]T, error) {
	return memo.Get(ctx, &c.answers, q.Class, func(ctx context.Context) ([]T, error) {
		var list []T
		err := c.each(ctx, q, func(a Attributes) { list = append(list, of(a)) })
		return list, err
	})
}

func (c *Client) each(ctx context.Context, q Query, each func(Attributes)) error {
	if err := c.Each(ctx, q, each); err != nil {
		return fmt.Errorf("list %s of the fabric: %w", q.Class, err)
	}
	return nil
}

var (
	nodeInName = regexp.MustCompile(`^topology/pod-[0-9]+/node-[0-9]+`)
	portInName = regexp.MustCompile(`/(?:if|phys)-\[([^\[\]]+)\]`)
)

// nodeOf returns the name of the node that an object is of.
func nodeOf(dn string) string { return nodeInName.FindString(dn) }

// portOf returns the port that an object is of: topology/pod-1/node-101/sys/phys-[eth1/33]/phys.
func portOf(dn string) Port {
	m := portInName.FindStringSubmatch(dn)
	if m == nil || nodeOf(dn) == "" {
		return Port{}
	}
	return Port{nodeOf(dn), strings.ToLower(m[1])}
}
