package hosts

import (
	"fmt"
	"slices"
	"strings"

	"calipso.io/calipso/integration/lab/sim"
)

// ovsBridge is a bridge of Open vSwitch.
type ovsBridge struct {
	name  string
	ports []ovsPort
}

type ovsPort struct {
	name, kind, options string
	tag                 int
}

// ovsBridges are br-int with what is plugged in, br-tun with a tunnel to each other host, and br-ex with the uplink.
func ovsBridges(c *sim.Cloud, h *sim.Host) []ovsBridge {
	integration := ovsBridge{"br-int", []ovsPort{{name: "br-int", kind: "internal"}}}
	var external []ovsBridge
	for _, p := range c.Providers(h) {
		integration.ports = append(integration.ports, patch("int-"+p.Bridge, "phy-"+p.Bridge))
		external = append(external, providerBridges(p)...)
	}
	if c.Tunnels() {
		integration.ports = append(integration.ports, patch("patch-tun", "patch-int"))
		external = append([]ovsBridge{tunnelBridge(c, h)}, external...)
	}
	for _, p := range h.Plugs {
		if p.Switched() {
			integration.ports = append(integration.ports, plugPort(p))
		}
	}
	return append([]ovsBridge{integration}, external...)
}

func patch(name, peer string) ovsPort {
	return ovsPort{name: name, kind: "patch", options: "{peer=" + peer + "}"}
}

// providerBridges are the bridge of a physical network, with the uplink in it or in one of its own.
func providerBridges(p sim.Provider) []ovsBridge {
	b := ovsBridge{p.Bridge, []ovsPort{{name: p.Bridge, kind: "internal"}, patch("phy-"+p.Bridge, "int-"+p.Bridge)}}
	if p.Patched == "" {
		b.ports = append(b.ports, ovsPort{name: p.Uplink})
		return []ovsBridge{b}
	}
	there, back := p.Bridge+"--"+p.Patched, p.Patched+"--"+p.Bridge
	b.ports = append(b.ports, patch(there, back))
	return []ovsBridge{b, {p.Patched, []ovsPort{{name: p.Patched, kind: "internal"}, {name: p.Uplink}, patch(back, there)}}}
}

func plugPort(p *sim.Port) ovsPort {
	port := ovsPort{name: switchPort(p), tag: p.Tag}
	if p.Namespace() != "" {
		port.kind = "internal"
	}
	return port
}

// switchPort is the name of a Neutron port's port in br-int.
func switchPort(p *sim.Port) string {
	if p.Hybrid() {
		return "qvo" + p.ID[:11]
	}
	return p.Device()
}

func tunnelBridge(c *sim.Cloud, h *sim.Host) ovsBridge {
	b := ovsBridge{"br-tun", []ovsPort{
		patch("patch-int", "patch-tun"),
		{name: "br-tun", kind: "internal"},
	}}
	for _, other := range c.Hosts {
		if other == h {
			continue
		}
		a := other.TunnelIP.As4()
		b.ports = append(b.ports, ovsPort{
			name: fmt.Sprintf("%s-%x", c.Spec.Tunnel, a[:]), kind: c.Spec.Tunnel,
			options: fmt.Sprintf(`{df_default="true", egress_pkt_mark="0", in_key=flow, local_ip="%s", out_key=flow, remote_ip="%s"}`,
				h.TunnelIP, other.TunnelIP),
		})
	}
	return b
}

// datapath is what ovs-dpctl says of the host's datapath.
func datapath(c *sim.Cloud, h *sim.Host) []string {
	device := map[string]string{"vxlan": "vxlan_sys_4789", "geneve": "genev_sys_6081", "gre": "gre_sys"}[c.Spec.Tunnel]
	lines := []string{
		"port 0: " + h.OVS.Devices[0] + " (internal)", "port 1: br-int (internal)", "port 2: " + h.OVS.Uplink, "port 3: br-ex (internal)",
	}
	if c.Tunnels() {
		lines = append(lines, "port 4: br-tun (internal)", fmt.Sprintf("port 5: %s (%s: packet_type=ptap)", device, c.Spec.Tunnel))
	}
	for i, p := range c.Providers(h) {
		if i > 0 {
			lines = append(lines, "port 4: "+p.Bridge+" (internal)", "port 5: "+p.Uplink)
		}
		if p.Patched != "" {
			lines = append(lines, fmt.Sprintf("port %d: %s (internal)", 6+i, p.Patched))
		}
	}
	for _, p := range h.Plugs {
		if !p.Switched() {
			continue
		}
		internal := ""
		if p.Namespace() != "" {
			internal = " (internal)"
		}
		lines = append(lines, fmt.Sprintf("port %d: %s%s", p.Number, switchPort(p), internal))
	}
	return lines
}

// ovsDpctl plays ovs-dpctl show.
func ovsDpctl(c *call) int {
	if !c.root {
		fmt.Fprintln(c.err, `ovs-appctl: cannot read pidfile "/var/run/openvswitch/ovs-vswitchd.pid" (Permission denied)`)
		return 1
	}
	fmt.Fprintf(c.out, "%[1]s@ovs-%[1]s:\n  lookups: hit:68 missed:68 lost:0\n  flows: 0\n", c.view.setup.Datapath)
	for _, line := range c.view.datapath {
		fmt.Fprintf(c.out, "  %s\n", line)
	}
	return 0
}

// ovsVsctl plays ovs-vsctl: show, and the names of bridges and ports.
func ovsVsctl(c *call) int {
	args := slices.DeleteFunc(slices.Clone(c.args[1:]), func(a string) bool { return a[:min(1, len(a))] == "-" })
	args = append(args, "", "")
	switch {
	case !c.root:
		fmt.Fprintln(c.err, "ovs-vsctl: unix:/var/run/openvswitch/db.sock: database connection failed (Permission denied)")
		return 1
	case args[0] == "show":
		c.showSwitch()
		return 0
	case args[0] == "list-br":
		return printSorted(c, names(c.view.switches, func(b ovsBridge) string { return b.name }))
	case args[0] == "list-ports" || args[0] == "list-ifaces":
		return listPorts(c, args[1])
	}
	fmt.Fprintf(c.err, "ovs-vsctl: unknown command '%s'; use --help for help\n", args[0])
	return 1
}

func (c *call) showSwitch() {
	fmt.Fprintf(c.out, "%s\n    Manager \"ptcp:6640:127.0.0.1\"\n        is_connected: true\n", c.view.switchID)
	for _, b := range c.view.switches {
		fmt.Fprintf(c.out, "    Bridge %s\n        Controller \"tcp:127.0.0.1:6633\"\n            is_connected: true\n", c.view.quoted(b.name))
		fmt.Fprint(c.out, "        fail_mode: secure\n")
		if c.view.setup.Datapath == "netdev" {
			fmt.Fprint(c.out, "        datapath_type: netdev\n")
		}
		for _, p := range b.ports {
			c.showPort(p)
		}
	}
}

func (c *call) showPort(p ovsPort) {
	fmt.Fprintf(c.out, "        Port %s\n", c.view.quoted(p.name))
	if p.tag != 0 {
		fmt.Fprintf(c.out, "            tag: %d\n", p.tag)
	}
	fmt.Fprintf(c.out, "            Interface %s\n", c.view.quoted(p.name))
	if p.kind != "" {
		fmt.Fprintf(c.out, "                type: %s\n", p.kind)
	}
	if p.options != "" {
		fmt.Fprintf(c.out, "                options: %s\n", p.options)
	}
}

// quoted writes a name as ovs-vsctl does: older ones quote what has a digit in it.
func (v *view) quoted(name string) string {
	if v.release < sim.Pike && strings.ContainsAny(name, "0123456789") {
		return `"` + name + `"`
	}
	return name
}

func listPorts(c *call, bridge string) int {
	for _, b := range c.view.switches {
		if b.name == bridge {
			ports := names(b.ports, func(p ovsPort) string { return p.name })
			return printSorted(c, slices.DeleteFunc(ports, func(p string) bool { return p == bridge }))
		}
	}
	fmt.Fprintf(c.err, "ovs-vsctl: no bridge named %s\n", bridge)
	return 1
}

func names[T any](list []T, name func(T) string) []string {
	var all []string
	for _, e := range list {
		all = append(all, name(e))
	}
	return all
}

func printSorted(c *call, lines []string) int {
	slices.Sort(lines)
	for _, line := range lines {
		fmt.Fprintln(c.out, line)
	}
	return 0
}
