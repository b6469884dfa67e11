package hosts

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"calipso.io/calipso/integration/lab/sim"
)

// device is a network device as a host's kernel shows it.
type device struct {
	index  int
	name   string
	peer   string // what stands after the name: "@if8", "@qvb…"
	flags  string // without the brackets
	mtu    int
	qdisc  string
	state  string
	master string
	mac    string
	nsid   bool     // the peer is in another namespace
	addrs  []string // lines of addresses, without "valid_lft"
	kind   string   // veth, tun, bridge, bond; empty for lo
	keeps  bool     // a tap that outlives its process
	pci    int      // slot; 0: a virtual device
	vlan   int      // of a VLAN
	detail string   // how a device of tunnels is set up
	vfs    []string // lines about virtual functions
}

// Flags of devices.
const (
	flagsUp      = "BROADCAST,MULTICAST,UP,LOWER_UP"
	flagsPromisc = "BROADCAST,MULTICAST,PROMISC,UP,LOWER_UP"
	flagsDown    = "BROADCAST,MULTICAST,PROMISC"
)

func loopback() device {
	return device{
		index: 1, name: "lo", flags: "LOOPBACK,UP,LOWER_UP", mtu: 65536, qdisc: "noqueue", state: "UNKNOWN",
		mac: "00:00:00:00:00:00", addrs: []string{"inet 127.0.0.1/8 scope host lo", "inet6 ::1/128 scope host "},
	}
}

// nicDevices are the host's network cards that the kernel has, and the bond if there is one.
func nicDevices(h *sim.Host) []device {
	var devices []device
	for i, n := range h.NICs {
		if n.VPP {
			continue
		}
		d := device{
			index: n.Index, name: n.Name, peer: fmt.Sprintf("@if%d", n.Peer), flags: flagsUp, mtu: 1500, qdisc: "noqueue",
			state: "UP", mac: n.MAC, nsid: true, kind: "veth", pci: 3 + i, vfs: virtualFunctions(h, n),
		}
		switch {
		case n.Name == h.TunnelDev.Name && h.TunnelDev.Bridge != "":
			d.master = h.TunnelDev.Bridge
		case n.Addr.IsValid():
			d.addrs = []string{inet(netip.PrefixFrom(n.Addr, h.NetBits), n.Name), linkLocal(n.MAC)}
		case h.Bond != nil && slices.Contains(h.Bond.Members, n.Name):
			d.master = h.Bond.Name
			if !h.Bond.Team {
				d.flags = "BROADCAST,MULTICAST,SLAVE,UP,LOWER_UP"
			}
		case n.Name == h.OVS.Uplink && h.Mechanism == sim.OpenVSwitch:
			d.flags, d.addrs = flagsPromisc, []string{linkLocal(n.MAC)}
		default:
			d.addrs = []string{linkLocal(n.MAC)}
		}
		devices = append(devices, d)
	}
	if h.Bond != nil {
		devices = append(devices, bondDevices(h)...)
	}
	if t := h.TunnelDev; t.Bridge != "" {
		devices = append(devices, device{
			index: t.Index, name: t.Bridge, flags: flagsUp, mtu: 1500, qdisc: "noqueue", state: "UP", mac: t.MAC, kind: "bridge",
			addrs: []string{inet(netip.PrefixFrom(h.TunnelIP, h.NetBits), t.Bridge), linkLocal(t.MAC)},
		})
	}
	return devices
}

// bondDevices are the bond, and the VLAN on it that has the tunnel address.
func bondDevices(h *sim.Host) []device {
	bond := device{
		index: h.Bond.Index, name: h.Bond.Name, flags: "BROADCAST,MULTICAST,MASTER,UP,LOWER_UP", mtu: 1500, qdisc: "noqueue",
		state: "UP", mac: h.Bond.MAC, kind: "bond", addrs: []string{linkLocal(h.Bond.MAC)},
	}
	if h.Bond.Team {
		bond.flags, bond.kind = flagsUp, "team"
	}
	t := h.TunnelDev
	if t.VLAN == 0 {
		return []device{bond}
	}
	return []device{bond, {
		index: t.Index, name: t.Name, peer: "@" + h.Bond.Name, flags: flagsUp, mtu: 1500, qdisc: "noqueue", state: "UP", mac: t.MAC,
		kind: "vlan", vlan: t.VLAN, addrs: []string{inet(netip.PrefixFrom(h.TunnelIP, h.NetBits), t.Name), linkLocal(t.MAC)},
	}}
}

// virtualFunctions are the lines about a NIC's, those of ports first.
func virtualFunctions(h *sim.Host, n sim.NIC) []string {
	var lines []string
	for i := range n.VFs {
		mac, vlan := "00:00:00:00:00:00", ""
		for _, p := range h.Plugs {
			if p.Direct && p.VF == i {
				mac, vlan = p.MAC, fmt.Sprintf(" vlan %d,", p.Network.Segment)
			}
		}
		lines = append(lines, fmt.Sprintf("vf %d     link/ether %s brd ff:ff:ff:ff:ff:ff,%s spoof checking on, link-state auto, trust off", i, mac, vlan))
	}
	return lines
}

// switchDevices are Open vSwitch's own: its datapath and bridges.
func switchDevices(h *sim.Host) []device {
	var devices []device
	for i, name := range h.OVS.Devices {
		devices = append(devices, device{
			index: h.OVS.FirstDev + i, name: name, flags: flagsDown, mtu: 1500, qdisc: "noop", state: "DOWN",
			mac: h.OVS.MACs[i], kind: "tun", keeps: true,
		})
	}
	return devices
}

// spaceDevice is the device of a service's port in its namespace. Linux bridge has one end of a pair there, the others a
// device that the switch made.
func spaceDevice(p *sim.Port) device {
	d := device{
		index: p.Index, name: p.Device(), flags: flagsPromisc, mtu: p.Network.MTU, qdisc: "pfifo_fast", state: "UNKNOWN", mac: p.MAC,
		kind: "tun", keeps: true,
	}
	if p.Host.Mechanism == sim.LinuxBridge {
		d.index, d.peer, d.flags, d.qdisc, d.state, d.kind, d.nsid = 2, fmt.Sprintf("@if%d", p.Index), flagsUp, "noqueue", "UP", "veth", true
	}
	return d
}

// portDevices are the devices of a port on the host itself: one, or four when it is plugged hybrid. VPP and virtual
// functions have none.
func portDevices(p *sim.Port) []device {
	switch {
	case p.Direct || p.Host.Mechanism == sim.VPP:
		return nil
	case p.Host.Mechanism == sim.LinuxBridge:
		return []device{bridgedTap(p)}
	case p.Namespace() != "":
		return nil
	}
	mtu, mac := p.Network.MTU, "fe"+p.MAC[2:]
	tap := device{
		index: p.Index, name: p.Device(), flags: flagsPromisc, mtu: mtu, qdisc: "noqueue", state: "UNKNOWN", mac: mac,
		kind: "tun", addrs: []string{linkLocal(mac)},
	}
	if !p.Hybrid() {
		return []device{tap}
	}
	id := p.ID[:11]
	tap.index, tap.flags, tap.master = p.Index+3, flagsUp, "qbr"+id
	return []device{
		{index: p.Index, name: "qbr" + id, flags: flagsUp, mtu: mtu, qdisc: "noqueue", state: "UP", mac: p.BridgeMAC, kind: "bridge"},
		{
			index: p.Index + 1, name: "qvo" + id, peer: "@qvb" + id, flags: flagsPromisc, mtu: mtu, qdisc: "noqueue", state: "UP",
			mac: p.SwitchMAC, kind: "veth", addrs: []string{linkLocal(p.SwitchMAC)},
		},
		{
			index: p.Index + 2, name: "qvb" + id, peer: "@qvo" + id, flags: flagsUp, mtu: mtu, qdisc: "noqueue", state: "UP",
			mac: p.BridgeMAC, master: "qbr" + id, kind: "veth", addrs: []string{linkLocal(p.BridgeMAC)},
		},
		tap,
	}
}

// inet writes an IPv4 address as `ip address show` does.
func inet(p netip.Prefix, device string) string {
	a := p.Addr().As4()
	broadcast := binary.BigEndian.AppendUint32(nil, binary.BigEndian.Uint32(a[:])|uint32(1<<(32-p.Bits())-1))
	return fmt.Sprintf("inet %s brd %s scope global %s", p, netip.AddrFrom4([4]byte(broadcast)), device)
}

// linkLocal writes the IPv6 address that the kernel makes from a MAC.
func linkLocal(mac string) string {
	var b [6]byte
	fmt.Sscanf(strings.ReplaceAll(mac, ":", " "), "%x %x %x %x %x %x", &b[0], &b[1], &b[2], &b[3], &b[4], &b[5])
	a := netip.AddrFrom16([16]byte{0xfe, 0x80, 8: b[0] ^ 2, b[1], b[2], 0xff, 0xfe, b[3], b[4], b[5]})
	return fmt.Sprintf("inet6 %s/64 scope link ", a)
}
