package sim

import (
	"fmt"
	"net/netip"
	"slices"
)

// FabricNode is a machine of an ACI fabric.
type FabricNode struct {
	ID         int
	Name, Role string // role: leaf, spine or controller
	Model      string
	Serial     string
	MAC        string
	Address    netip.Addr // in the fabric
	Management netip.Addr
}

// DN is the distinguished name of the node.
func (n *FabricNode) DN() string { return fmt.Sprintf("topology/pod-1/node-%d", n.ID) }

// Path is how a port of the node describes itself.
func (n *FabricNode) Path(port string) string {
	return fmt.Sprintf("topology/pod-1/paths-%d/pathep-[%s]", n.ID, port)
}

// FabricEnd is a port of a node.
type FabricEnd struct {
	Node *FabricNode
	Port string // "eth1/33"
}

// Hostlink is a cable between a host and a leaf.
type Hostlink struct {
	FabricEnd
	Host *Host
	NIC  NIC
}

// Heard says whether the leaf hears the host by LLDP, and the host the leaf.
func (l Hostlink) Heard() bool { return l.Host.LLDP && !l.NIC.VPP }

// Bonded says whether the NIC is in a bond: then the leaf has learned its address on a port channel.
func (l Hostlink) Bonded() bool {
	return l.Host.Bond != nil && slices.Contains(l.Host.Bond.Members, l.NIC.Name)
}

// Fabric is what the hosts are cabled to.
type Fabric struct {
	Nodes     []*FabricNode
	Trunks    [][2]FabricEnd // leaf and spine
	Hostlinks []Hostlink
}

const (
	perFabricLeaf = 50 // hosts that are cabled to one pair of leafs
	fabricSpines  = 2
	firstUplink   = 181 // port of leafs
)

// Fabric returns the cloud's ACI fabric; nil when it has none. Every 50 hosts have a pair of leafs, which their NICs go to
// by turns, and each leaf has a cable to each of two spines.
func (c *Cloud) Fabric() *Fabric {
	if !c.Spec.Fabric {
		return nil
	}
	f := &Fabric{Nodes: []*FabricNode{fabricNode(1, "apic1", "controller", "APIC-SERVER-M3")}}
	var leafs, spines []*FabricNode
	for i := range 2 * ((len(c.Hosts)-1)/perFabricLeaf + 1) {
		leafs = append(leafs, fabricNode(101+i, fmt.Sprintf("leaf-%d", 101+i), "leaf", "N9K-C93180YC-FX"))
	}
	for i := range fabricSpines {
		spines = append(spines, fabricNode(201+i, fmt.Sprintf("Spine-%d", 201+i), "spine", "N9K-C9332C"))
	}
	for l, leaf := range leafs {
		for s, spine := range spines {
			f.Trunks = append(f.Trunks, [2]FabricEnd{
				{leaf, fmt.Sprintf("eth1/%d", firstUplink+s)}, {spine, fmt.Sprintf("eth1/%d", l+1)}})
		}
	}
	for at, h := range c.Hosts {
		for k, nic := range h.NICs {
			leaf := leafs[2*(at/perFabricLeaf)+k%2]
			f.Hostlinks = append(f.Hostlinks, Hostlink{FabricEnd{leaf, fmt.Sprintf("eth1/%d", at%perFabricLeaf*3+k/2+1)}, h, nic})
		}
	}
	f.Nodes = append(append(f.Nodes, leafs...), spines...)
	f.Trunks = f.Trunks[c.cut:]
	return f
}

// CutTrunk cuts the first of the cables in the fabric that there are.
func (c *Cloud) CutTrunk() {
	c.Lock()
	defer c.Unlock()
	c.cut++
}

func fabricNode(id int, name, role, model string) *FabricNode {
	return &FabricNode{
		ID: id, Name: name, Role: role, Model: model, Serial: fmt.Sprintf("FDO2121%04d", id), MAC: fmt.Sprintf("50:87:89:d4:%02x:%02x", id>>8, id&255),
		Address: nth(netip.MustParsePrefix("10.0.0.0/16"), 16*256+id), Management: nth(netip.MustParsePrefix("10.79.0.0/16"), id),
	}
}

// heardFrom are the leafs that a host hears by LLDP.
func (c *Cloud) heardFrom(h *Host) (neighbors []Neighbor) {
	for _, l := range c.Fabric().Hostlinks {
		if l.Host == h && l.Heard() {
			neighbors = append(neighbors, Neighbor{
				NIC: l.NIC.Name, System: l.Node.Name, Chassis: l.Node.MAC, Description: l.Node.DN(), Address: l.Node.Management,
				Bridge: true, Port: "E" + l.Port[1:], PortText: l.Node.Path(l.Port),
			})
		}
	}
	return neighbors
}

// addFabric adds the switches, and the cables that can be known of: what the leafs hear, and where they have learned the
// address of a NIC. Of a bond that is silent nothing can be told.
func (t *Truth) addFabric(f *Fabric) {
	for _, n := range f.Nodes {
		if n.Role != "controller" {
			t.Fabric = append(t.Fabric, n.Name)
		}
	}
	for _, ends := range f.Trunks {
		t.Trunks = append(t.Trunks, fmt.Sprintf("%s %s %s %s", ends[0].Node.Name, ends[0].Port, ends[1].Node.Name, ends[1].Port))
	}
	for _, l := range f.Hostlinks {
		if l.Heard() || !l.Bonded() {
			t.Cables = append(t.Cables, fmt.Sprintf("%s %s %s %s", l.Host.Name, l.NIC.Name, l.Node.Name, l.Port))
		}
	}
}
