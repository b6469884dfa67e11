package hosts

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"calipso.io/calipso/integration/lab/sim"
)

// vpp is what there is of VPP on a host.
type vpp struct {
	interfaces []vppInterface
	tunnels    []string    // the lines of show vxlan tunnel
	gre        []string    // and of show gre tunnel
	peers      []*sim.Host // the other ends of these
	old        bool        // it prints as versions of before 2017 did
}

// vppInterface is an interface of VPP.
type vppInterface struct {
	name   string
	mac    string // "" when it is no hardware, or has none
	speed  string
	addr   netip.Prefix
	domain int // the bridge domain that it is in; 0: none
	sub    bool
	down   bool
}

// newVPP has the NICs, a bridge domain for each network, and a tunnel to each host with that network.
func newVPP(c *sim.Cloud, h *sim.Host) vpp {
	v := vpp{interfaces: []vppInterface{{name: "local0", down: true}}, old: c.Release < sim.Ocata}
	for _, n := range h.NICs {
		if n.VPP {
			i := vppInterface{name: n.Name, mac: n.MAC, speed: "10 Gbps"}
			if n.Addr.IsValid() {
				i.addr = netip.PrefixFrom(n.Addr, h.NetBits)
			}
			v.interfaces = append(v.interfaces, i)
		}
	}
	for _, n := range h.Bridged() {
		v.addDomain(c, h, n)
	}
	for _, p := range h.Plugs {
		v.interfaces = append(v.interfaces, vppInterface{name: p.Interface(), mac: p.MAC, domain: p.Tag})
	}
	return v
}

// addDomain adds what leads out of the host in a network's bridge domain.
func (v *vpp) addDomain(c *sim.Cloud, h *sim.Host, n *sim.Network) {
	domain := h.Tag(n)
	switch {
	case n.Type == "gre":
		for _, other := range c.Peers(h, n) {
			v.interfaces = append(v.interfaces, vppInterface{name: fmt.Sprintf("gre%d.%d", v.greTo(h, other), domain), domain: domain, sub: true})
		}
	case n.Tunnelled():
		for _, other := range c.Peers(h, n) {
			number := len(v.tunnels)
			line := fmt.Sprintf("[%d] instance %d src %s dst %s src_port 4789 dst_port 4789 vni %d fib-idx 0 sw-if-idx %d encap-dpo-idx %d ",
				number, number, h.TunnelIP, other.TunnelIP, n.Segment, 100+number, number)
			if v.old {
				line = fmt.Sprintf("[%d] src %s dst %s vni %d encap fib index 0 sw_if_index %d decap_next l2 ", number, h.TunnelIP, other.TunnelIP, n.Segment, 100+number)
			}
			v.tunnels = append(v.tunnels, line)
			v.interfaces = append(v.interfaces, vppInterface{name: fmt.Sprintf("vxlan_tunnel%d", number), domain: domain})
		}
	case n.Type == "flat":
		for i := range v.interfaces {
			if v.interfaces[i].name == h.Uplink(n) {
				v.interfaces[i].domain = domain
			}
		}
	default:
		v.interfaces = append(v.interfaces, vppInterface{name: fmt.Sprintf("%s.%d", h.Uplink(n), n.Segment), domain: domain, sub: true})
	}
}

// greTo returns the number of the tunnel to another host. There is one for all networks, each of which has a sub-interface.
func (v *vpp) greTo(h, other *sim.Host) int {
	if at := slices.Index(v.peers, other); at >= 0 {
		return at
	}
	number := len(v.peers)
	line := fmt.Sprintf("[%d] instance %d src %s dst %s fib-idx 0 sw-if-idx %d payload TEB point-to-point ", number, number, h.TunnelIP, other.TunnelIP, 100+number)
	if v.old {
		line = fmt.Sprintf("[%d] %s (src) %s (dst) payload TEB outer_fib_index 0", number, h.TunnelIP, other.TunnelIP)
	}
	v.peers, v.gre = append(v.peers, other), append(v.gre, line)
	v.interfaces = append(v.interfaces, vppInterface{name: fmt.Sprintf("gre%d", number)})
	return number
}

// vppctl plays VPP's shell, for root.
func vppctl(c *call) int {
	if !c.root {
		fmt.Fprintln(c.err, "clib_socket_init: connect (fd 3, '/run/vpp/cli.sock'): Permission denied")
		return 1
	}
	v := &c.view.vpp
	switch what := strings.Join(c.args[1:], " "); what {
	case "show version":
		v.showVersion(c)
	case "show interface":
		v.showInterfaces(c)
	case "show interface address":
		v.showAddresses(c)
	case "show hardware-interfaces":
		v.showHardware(c)
	case "show mode":
		v.showModes(c)
	case "show vxlan tunnel":
		printTunnels(c, "No vxlan tunnels configured...", v.tunnels)
	case "show gre tunnel":
		printTunnels(c, "No GRE tunnels configured...", v.gre)
	default: // VPP's shell does not fail
		fmt.Fprintf(c.out, "unknown input `%s'\n", what)
	}
	return 0
}

func printTunnels(c *call, none string, lines []string) {
	if len(lines) == 0 {
		lines = []string{none}
	}
	for _, line := range lines {
		fmt.Fprintln(c.out, line)
	}
}

func (v *vpp) showVersion(c *call) {
	if v.old {
		fmt.Fprintln(c.out, "vpp v16.09-rc0~157-g203c632 built by localadmin on ubuntu0 at Sun Jun 26 16:35:15 PDT 2016")
		return
	}
	fmt.Fprintln(c.out, "vpp v22.10-release built by root on 8d3cd7c7e8b5 at 2022-10-26T16:03:00")
}

func (i vppInterface) state() string {
	if i.down {
		return "down"
	}
	return "up"
}

func (v *vpp) showInterfaces(c *call) {
	if v.old {
		fmt.Fprint(c.out, "              Name               Idx       State          Counter          Count     \n")
		for number, i := range v.interfaces {
			fmt.Fprintf(c.out, "%-33s %-10d %4s       rx packets              %12d\n", i.name, number, i.state(), 1000+number)
			fmt.Fprintf(c.out, "%53sdrops                   %12d\n", "", number)
		}
		return
	}
	fmt.Fprint(c.out, "              Name               Idx    State  MTU (L3/IP4/IP6/MPLS)     Counter          Count     \n")
	for number, i := range v.interfaces {
		fmt.Fprintf(c.out, "%-33s %-6d %4s          9000/0/0/0     rx packets              %12d\n", i.name, number, i.state(), 1000+number)
		fmt.Fprintf(c.out, "%68sdrops                   %12d\n", "", number)
	}
}

func (v *vpp) showAddresses(c *call) {
	for _, i := range v.interfaces {
		state := map[bool]string{true: "dn", false: "up"}[i.down]
		fmt.Fprintf(c.out, "%s (%s):\n", i.name, state)
		bridge, address := "  L2 bridge bd-id %d idx 1 shg 0  \n", "  L3 %s\n"
		if v.old {
			bridge, address = "  l2 bridge bd_id %d shg 0\n", "  %s\n"
		}
		if i.domain > 0 {
			fmt.Fprintf(c.out, bridge, i.domain)
		}
		if i.addr.IsValid() {
			fmt.Fprintf(c.out, address, i.addr)
		}
	}
}

func (v *vpp) showHardware(c *call) {
	fmt.Fprint(c.out, "              Name                Idx   Link  Hardware\n")
	for number, i := range v.interfaces {
		if i.sub {
			continue
		}
		fmt.Fprintf(c.out, "%-34s %-5d %-5s %s\n", i.name, number, i.state(), i.name)
		if i.speed != "" {
			fmt.Fprintf(c.out, "  Link speed: %s\n  RX Queues:\n    queue thread         mode      \n    0     vpp_wk_0 (1)   polling   \n", i.speed)
		}
		if i.mac != "" {
			fmt.Fprintf(c.out, "  Ethernet address %s\n", i.mac)
		}
	}
}

func (v *vpp) showModes(c *call) {
	for _, i := range v.interfaces {
		if i.domain > 0 {
			fmt.Fprintf(c.out, "l2 bridge %s bd_id %d shg 0\n", i.name, i.domain)
		} else {
			fmt.Fprintf(c.out, "l3 %s  \n", i.name)
		}
	}
}
