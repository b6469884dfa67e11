package hosts

import (
	"fmt"
	"net/netip"
	"strings"

	"calipso.io/calipso/integration/lab/sim"
)

// vpp is what there is of VPP on a host.
type vpp struct {
	interfaces []vppInterface
	tunnels    []string // the lines of show vxlan tunnel
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
	v := vpp{interfaces: []vppInterface{{name: "local0", down: true}}}
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
	case n.Tunnelled():
		for _, other := range c.Peers(h, n) {
			number := len(v.tunnels)
			v.tunnels = append(v.tunnels, fmt.Sprintf("[%d] instance %d src %s dst %s src_port 4789 dst_port 4789 vni %d fib-idx 0 sw-if-idx %d encap-dpo-idx %d ",
				number, number, h.TunnelIP, other.TunnelIP, n.Segment, 100+number, number))
			v.interfaces = append(v.interfaces, vppInterface{name: fmt.Sprintf("vxlan_tunnel%d", number), domain: domain})
		}
	case n.Type == "flat":
		for i := range v.interfaces {
			if v.interfaces[i].name == h.OVS.Uplink {
				v.interfaces[i].domain = domain
			}
		}
	default:
		v.interfaces = append(v.interfaces, vppInterface{name: fmt.Sprintf("%s.%d", h.OVS.Uplink, n.Segment), domain: domain, sub: true})
	}
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
		fmt.Fprintln(c.out, "vpp v22.10-release built by root on 8d3cd7c7e8b5 at 2022-10-26T16:03:00")
	case "show interface":
		v.showInterfaces(c)
	case "show interface address":
		v.showAddresses(c)
	case "show hardware-interfaces":
		v.showHardware(c)
	case "show mode":
		v.showModes(c)
	case "show vxlan tunnel":
		if len(v.tunnels) == 0 {
			fmt.Fprintln(c.out, "No vxlan tunnels configured...")
		}
		for _, line := range v.tunnels {
			fmt.Fprintln(c.out, line)
		}
	default: // VPP's shell does not fail
		fmt.Fprintf(c.out, "unknown input `%s'\n", what)
	}
	return 0
}

func (i vppInterface) state() string {
	if i.down {
		return "down"
	}
	return "up"
}

func (v *vpp) showInterfaces(c *call) {
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
		if i.domain > 0 {
			fmt.Fprintf(c.out, "  L2 bridge bd-id %d idx 1 shg 0  \n", i.domain)
		}
		if i.addr.IsValid() {
			fmt.Fprintf(c.out, "  L3 %s\n", i.addr)
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
