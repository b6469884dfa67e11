package pnics

import (
	"net/netip"
	"slices"
	"strings"

	"calipso.io/calipso/pkg/discover/hostcli/agents"
	"calipso.io/calipso/pkg/discover/hostcli/bridges"
	"calipso.io/calipso/pkg/discover/hostcli/ipaddr"
	"calipso.io/calipso/pkg/discover/hostcli/ovs"
)

// underlay tells which devices of a host lead to the networks outside.
type underlay struct {
	virtual    map[string]bool // devices; true for those that are virtual
	interfaces []ipaddr.Interface
	bonds      []Bond
	linux      []bridges.Bridge
	ovs        []ovs.Bridge
	configs    []agents.Config
}

// physicalNetworks returns the names of the physical networks that the host is in, sorted.
func (u *underlay) physicalNetworks() []string {
	var names []string
	for _, c := range u.configs {
		names = append(names, c.PhysicalNetworks()...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// ofPhysicalNetwork returns the devices that carry a physical network's traffic.
func (u *underlay) ofPhysicalNetwork(name string) []string {
	w := walk{underlay: u, seen: map[string]bool{}}
	for _, c := range u.configs {
		w.bridge(c.BridgeMappings[name])
		for _, device := range c.DeviceMappings[name] {
			if u.device(device) != nil {
				w.add(device)
			}
		}
	}
	return w.found
}

// ofTunnels returns the devices that carry the traffic of the host's tunnels: the one that has the tunnel address or,
// when a bridge has it, those in the bridge.
func (u *underlay) ofTunnels() []string {
	w := walk{underlay: u, seen: map[string]bool{}}
	for _, c := range u.configs {
		name := u.withAddress(c.TunnelingIP)
		switch bridge := u.ovsBridgeOf(name); {
		case name == "" || name == "lo":
		case bridge != nil && bridge.IsInternal(name):
			w.ovsBridge(bridge.Name)
		case u.linuxBridge(name) != nil:
			w.linuxBridge(name)
		default:
			w.add(name)
		}
	}
	return w.found
}

// isIntegration tells whether a bridge is the one that instances are plugged into, and so leads nowhere by itself.
func (u *underlay) isIntegration(bridge string) bool {
	return slices.ContainsFunc(u.configs, func(c agents.Config) bool { return c.IntegrationBridge == bridge })
}

// walk follows bridges to the devices in them: patch ports lead from one bridge of Open vSwitch to another, and its
// internal ports may be in a Linux bridge.
type walk struct {
	*underlay
	seen  map[string]bool // bridges
	found []string
}

// bridge follows a bridge that may be of either kind.
func (w *walk) bridge(name string) {
	w.ovsBridge(name)
	w.linuxBridge(name)
}

func (w *walk) ovsBridge(name string) {
	if w.seen["ovs "+name] || w.isIntegration(name) {
		return
	}
	w.seen["ovs "+name] = true
	n := slices.IndexFunc(w.ovs, func(b ovs.Bridge) bool { return b.Name == name })
	if n < 0 {
		return
	}
	for _, i := range w.ovs[n].Interfaces {
		peer := w.ovsBridgeOf(i.Options["peer"])
		switch linux, nic := w.linuxBridgeOf(i.Name), namedNIC(name, i.Name); {
		case i.Type == "patch" && peer != nil:
			w.ovsBridge(peer.Name)
		case w.device(nic) != nil:
			w.add(nic)
		case i.Type == "patch":
		case linux != "":
			w.linuxBridge(linux)
		case isDevice(i):
			w.add(i.Name)
		}
	}
}

func (w *walk) linuxBridge(name string) {
	bridge := w.underlay.linuxBridge(name)
	if w.seen["linux "+name] || bridge == nil {
		return
	}
	w.seen["linux "+name] = true
	for _, member := range bridge.Interfaces {
		if other := w.ovsBridgeOf(member); other != nil {
			w.ovsBridge(other.Name)
		} else if w.isPhysical(member, 0) {
			w.add(member)
		}
	}
}

// add takes in a device; for a member of a bond, the bond.
func (w *walk) add(name string) {
	for _, b := range w.bonds {
		if slices.ContainsFunc(b.Members, func(m Member) bool { return m.Name == name }) {
			name = b.Name
		}
	}
	if !slices.Contains(w.found, name) {
		w.found = append(w.found, name)
	}
}

// isPhysical tells whether a device is a NIC, a bond, or a VLAN of one of these.
func (u *underlay) isPhysical(name string, depth int) bool {
	if virtual, is := u.virtual[name]; is && !virtual {
		return true
	}
	if slices.ContainsFunc(u.bonds, func(b Bond) bool { return b.Name == name }) {
		return true
	}
	i := u.device(name)
	// The devices of a pair are each below the other.
	return i != nil && i.Lower != "" && depth < 4 && u.isPhysical(i.Lower, depth+1)
}

func (u *underlay) device(name string) *ipaddr.Interface {
	n := slices.IndexFunc(u.interfaces, func(i ipaddr.Interface) bool { return i.Name == name })
	if n < 0 {
		return nil
	}
	return &u.interfaces[n]
}

func (u *underlay) withAddress(addr netip.Addr) string {
	for _, i := range u.interfaces {
		if addr.IsValid() && i.Has(addr) {
			return i.Name
		}
	}
	return ""
}

func (u *underlay) linuxBridge(name string) *bridges.Bridge {
	n := slices.IndexFunc(u.linux, func(b bridges.Bridge) bool { return b.Name == name })
	if n < 0 {
		return nil
	}
	return &u.linux[n]
}

// linuxBridgeOf returns the name of the bridge that a device is in, or "".
func (u *underlay) linuxBridgeOf(device string) string {
	for _, b := range u.linux {
		if slices.Contains(b.Interfaces, device) {
			return b.Name
		}
	}
	return ""
}

// ovsBridgeOf returns the bridge of Open vSwitch that an interface is in; nil when it is in none.
func (u *underlay) ovsBridgeOf(name string) *ovs.Bridge {
	n := slices.IndexFunc(u.ovs, func(b ovs.Bridge) bool { return b.Has(name) })
	if n < 0 {
		return nil
	}
	return &u.ovs[n]
}

// namedNIC returns the NIC that the name of a bridge's port tells of: Mirantis, until its version 8.0, joins the bridge
// br-prv to that of eth1, br-eth1, by a port br-prv--br-eth1, whose other end need not be known. It is "" for other names.
func namedNIC(bridge, port string) string {
	nic, ok := strings.CutPrefix(port, bridge+"--br-")
	if !ok {
		return ""
	}
	return nic
}

// plugs are what names of devices begin with that agents plug into bridges.
var plugs = []string{"tap", "qvo", "qvb", "qr-", "qg-", "sg-", "ha-", "int-", "phy-", "vhu", "vnet"}

// isDevice tells whether an interface of Open vSwitch is a device that leads out of the host.
func isDevice(i ovs.Interface) bool {
	if i.Type != "system" && i.Type != "dpdk" && i.Type != "afxdp" {
		return false
	}
	return !slices.ContainsFunc(plugs, func(p string) bool { return strings.HasPrefix(i.Name, p) })
}
