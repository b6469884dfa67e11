package hosts

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"calipso.io/calipso/integration/lab/sim"
)

// view is what there is on a host, at one version of the cloud.
type view struct {
	name    string
	compute bool

	mechanism sim.Mechanism
	release   sim.Release
	setup     sim.Distribution
	lldp      bool // it listens for neighbours
	neighbors []sim.Neighbor
	fdb       []string // the lines of bridge fdb
	vpp       vpp

	containers []container
	files      map[string]string

	devices  []device
	byName   map[string]int // places in devices
	spaces   []space
	bridges  []linuxBridge
	switches []ovsBridge
	switchID string
	datapath []string // the lines of ovs-dpctl
	domains  []domain
	bond     *sim.Bond
	members  []sim.NIC // of the bond
	routes   []string
}

// space is a network namespace.
type space struct {
	name    string
	id      int
	devices []device
}

// linuxBridge is a bridge as brctl shows it.
type linuxBridge struct {
	name, mac string
	members   []string
}

// newView looks at a host. The cloud must be locked for reading.
func newView(c *sim.Cloud, h *sim.Host) *view {
	v := &view{
		name: h.Name, compute: !h.Controller, bond: h.Bond, switchID: h.OVS.ID, byName: map[string]int{},
		mechanism: h.Mechanism, release: c.Release, setup: c.Setup, lldp: h.LLDP, neighbors: c.Neighbors(h),
	}
	v.devices = slices.Concat([]device{loopback()}, nicDevices(h))
	for _, n := range h.NICs {
		if h.Bond != nil && slices.Contains(h.Bond.Members, n.Name) {
			v.members = append(v.members, n)
		}
		if n.Addr.IsValid() && !n.VPP {
			v.route(n.Name, n.Addr, h.NetBits)
		}
	}
	if t := h.TunnelDev; t.VLAN != 0 || t.Bridge != "" {
		v.route(t.Holder(), h.TunnelIP, h.NetBits)
	}
	if t := h.TunnelDev; t.Bridge != "" {
		v.bridges = append(v.bridges, linuxBridge{name: t.Bridge, mac: t.MAC, members: []string{t.Name}})
	}
	switch h.Mechanism {
	case sim.OpenVSwitch:
		v.devices = append(v.devices, switchDevices(h)...)
		v.switches, v.datapath = ovsBridges(c, h), datapath(c, h)
	case sim.LinuxBridge:
		v.addBridges(c, h)
	case sim.VPP:
		v.vpp = newVPP(c, h)
	}
	for _, p := range h.Plugs {
		v.plug(c, p)
	}
	for i, d := range v.devices {
		v.byName[d.name] = i
	}
	slices.SortFunc(v.spaces, func(a, b space) int { return b.id - a.id }) // the newest first, nearly as the kernel has it
	slices.SortFunc(v.bridges, func(a, b linuxBridge) int { return strings.Compare(a.name, b.name) })
	v.containers = containersOf(c.Spec, v)
	for _, i := range h.Domains {
		v.domains = append(v.domains, newDomain(c, i))
	}
	return v
}

// route adds the route to the network of an address.
func (v *view) route(device string, addr netip.Addr, bits int) {
	net := netip.PrefixFrom(addr, bits).Masked()
	v.routes = append(v.routes, fmt.Sprintf("%s dev %s proto kernel scope link src %s ", net, device, addr))
}

// plug adds a port's devices.
func (v *view) plug(c *sim.Cloud, p *sim.Port) {
	if name := p.Namespace(); name != "" {
		inside := spaceDevice(p)
		inside.addrs = spaceAddresses(c, p)
		v.space(name, p.Host.NamespaceID(name)).add(inside)
	}
	devices := portDevices(p)
	v.devices = append(v.devices, devices...)
	if p.Hybrid() {
		v.bridges = append(v.bridges, linuxBridge{
			name: devices[0].name, mac: p.BridgeMAC, members: []string{devices[2].name, devices[3].name},
		})
	}
}

// space returns the namespace of that name, a new one if it isn't there.
func (v *view) space(name string, id int) *space {
	for i := range v.spaces {
		if v.spaces[i].name == name {
			return &v.spaces[i]
		}
	}
	v.spaces = append(v.spaces, space{name: name, id: id, devices: []device{loopback()}})
	return &v.spaces[len(v.spaces)-1]
}

func (s *space) add(d device) { s.devices = append(s.devices, d) }

// spaceAddresses are the addresses of a device in a namespace. Metadata's address comes before or after the subnet's:
// both are seen in real clouds.
func spaceAddresses(c *sim.Cloud, p *sim.Port) []string {
	own := inet(netip.PrefixFrom(p.Address, p.Network.CIDR.Bits()), p.Device())
	metadata := inet(netip.MustParsePrefix("169.254.169.254/32"), p.Device())
	switch {
	case p.DeviceOwner == sim.OwnerGateway:
		return slices.Concat([]string{own}, floatingAddresses(c, p), []string{linkLocal(p.MAC)})
	case p.DeviceOwner != sim.OwnerDHCP:
		return []string{own, linkLocal(p.MAC)}
	case p.Number%2 == 0:
		own, metadata = metadata, own
	}
	return []string{own, metadata, "inet6 fe80::a9fe:a9fe/64 scope link ", linkLocal(p.MAC)}
}

// floatingAddresses are on the gateway of the router.
func floatingAddresses(c *sim.Cloud, gateway *sim.Port) []string {
	var lines []string
	for _, r := range c.Routers {
		if r.Gateway != gateway {
			continue
		}
		for _, f := range r.Floating {
			lines = append(lines, inet(netip.PrefixFrom(f.Port.Address, 32), gateway.Device()))
		}
	}
	return lines
}
