package hosts

import (
	"encoding/binary"
	"fmt"
	"net/netip"

	"calipso.io/calipso/integration/lab/sim"
)

// bridgeIndex is the interface index of a network's bridge; that of what leads out of the host follows.
func bridgeIndex(h *sim.Host, n *sim.Network) int { return 100000 + 2*h.Tag(n) }

// bridgeMAC follows from the network, as its bridge's name does.
func bridgeMAC(n *sim.Network) string {
	return fmt.Sprintf("2a:%s:%s:%s:%s:%s", n.ID[0:2], n.ID[2:4], n.ID[4:6], n.ID[6:8], n.ID[9:11])
}

// addBridges adds what the Linux bridge agent makes: a bridge for each network, with what leads out of the host.
func (v *view) addBridges(c *sim.Cloud, h *sim.Host) {
	for _, n := range h.Bridged() {
		bridge := linuxBridge{name: n.Bridge(), mac: bridgeMAC(n)}
		v.devices = append(v.devices, device{
			index: bridgeIndex(h, n), name: bridge.name, flags: flagsUp, mtu: n.MTU, qdisc: "noqueue", state: "UP", mac: bridge.mac, kind: "bridge",
		})
		for _, p := range h.Plugs {
			if p.Network == n && !p.Direct {
				bridge.members = append(bridge.members, p.Tap())
			}
		}
		bridge.members = append(bridge.members, v.addExits(c, h, n)...)
		v.bridges = append(v.bridges, bridge)
	}
}

// addExits adds the devices by which a network's traffic leaves the host, and returns their names: those of tunnels, a VLAN
// of the uplink, or the uplink itself.
func (v *view) addExits(c *sim.Cloud, h *sim.Host, n *sim.Network) []string {
	uplink := h.Uplink(n)
	d := device{
		index: bridgeIndex(h, n) + 1, flags: flagsUp, mtu: n.MTU, qdisc: "noqueue", state: "UP", mac: "2e" + bridgeMAC(n)[2:], master: n.Bridge(),
	}
	switch {
	case n.Tunnelled():
		return v.addTunnels(c, h, n, d)
	case n.Type == "flat":
		for i := range v.devices {
			if v.devices[i].name == uplink {
				v.devices[i].master = n.Bridge()
			}
		}
		return []string{uplink}
	}
	d.name, d.peer, d.kind, d.vlan = fmt.Sprintf("%s.%d", uplink, n.Segment), "@"+uplink, "vlan", n.Segment
	v.devices = append(v.devices, d)
	return []string{d.name}
}

// addTunnels adds the devices of a network's tunnels, each like the given one.
func (v *view) addTunnels(c *sim.Cloud, h *sim.Host, n *sim.Network, like device) (names []string) {
	for i, exit := range c.Exits(h, n) {
		d := like
		d.name, d.kind = exit.Name, "vxlan"
		d.detail = fmt.Sprintf("vxlan id %d local %s dev %s srcport 0 0 dstport 8472 nolearning proxy l2miss l3miss ttl auto ageing 300 "+
			"udpcsum noudp6zerocsumtx noudp6zerocsumrx ", n.Segment, h.TunnelIP, h.TunnelDev.Holder())
		if exit.Remote != nil {
			d.index, d.kind, d.mac = 200000+1000*h.Tag(n)+i, "gretap", fmt.Sprintf("%s:%02x", d.mac[:14], i)
			d.detail = fmt.Sprintf("gretap remote %s local %s dev %s ttl inherit ikey %[4]s okey %[4]s ",
				exit.Remote.TunnelIP, h.TunnelIP, h.TunnelDev.Holder(), dotted(n.Segment))
		} else {
			for _, other := range c.Peers(h, n) {
				v.fdb = append(v.fdb, fmt.Sprintf("00:00:00:00:00:00 dev %s dst %s self permanent", d.name, other.TunnelIP))
			}
		}
		v.devices, names = append(v.devices, d), append(names, d.name)
	}
	return names
}

// dotted writes a number as an IP address, as keys of gre are.
func dotted(n int) string {
	return netip.AddrFrom4([4]byte(binary.BigEndian.AppendUint32(nil, uint32(n)))).String()
}

// bridgedTap is the device of a port in its network's bridge: an instance's, or the other end of what is in a namespace.
func bridgedTap(p *sim.Port) device {
	d := device{
		index: p.Index, name: p.Tap(), flags: flagsUp, mtu: p.Network.MTU, qdisc: "noqueue", state: "UNKNOWN", mac: "fe" + p.MAC[2:],
		kind: "tun", master: p.Network.Bridge(),
	}
	if p.Namespace() != "" {
		d.peer, d.state, d.kind, d.nsid = "@if2", "UP", "veth", true
	}
	d.addrs = []string{linkLocal(d.mac)}
	return d
}

// bridge plays bridge fdb show.
func bridge(c *call) int {
	if len(c.args) < 2 || c.args[1] != "fdb" {
		fmt.Fprintf(c.err, "Object %q is unknown, try \"bridge help\".\n", c.args[len(c.args)-1])
		return 1
	}
	for _, d := range c.devices() {
		if d.kind == "veth" || d.kind == "bridge" {
			fmt.Fprintf(c.out, "33:33:00:00:00:01 dev %s self permanent\n", d.name)
		}
		if d.kind != "bridge" && d.master != "" {
			fmt.Fprintf(c.out, "%s dev %s master %s permanent\n", d.mac, d.name, d.master)
		}
	}
	for _, line := range c.view.fdb {
		fmt.Fprintln(c.out, line)
	}
	return 0
}
