package vpp

import (
	"net"
	"net/netip"
	"regexp"
	"strconv"
	"strings"

	"calipso.io/calipso/pkg/discover/hostcli"
	"calipso.io/calipso/pkg/discover/hostcmd"
	"calipso.io/calipso/pkg/model"
)

// Interface is an interface of VPP, or of its hardware.
type Interface struct {
	Name  string
	ID    string // its number in VPP
	State string // up or down
	// What follows is only told of hardware.
	Hardware string
	MAC      string // "" of those that have none
	Speed    string // as VPP writes it: "10 Gbps"
}

// member is what "show mode" says of an interface in a bridge domain.
type member struct{ iface, domain string }

// tunnel is a tunnel to another host.
type tunnel struct {
	kind, name    string // vxlan or gre
	local, remote netip.Addr
	vni           int // of vxlan
}

// ParseInterfaces reads the output of `vppctl show interface`: what does not begin with a blank is an interface, what does
// is one of its counters.
func ParseInterfaces(out []byte) ([]Interface, []model.Warning) {
	return parseTable(hostcli.VPPInterfaces, out, func(*Interface, string) {})
}

// ParseHardware reads the output of `vppctl show hardware-interfaces`.
func ParseHardware(out []byte) ([]Interface, []model.Warning) {
	return parseTable(hostcli.VPPHardware, out, func(i *Interface, line string) {
		if address, ok := strings.CutPrefix(line, "Ethernet address "); ok {
			if mac, err := net.ParseMAC(address); err == nil {
				i.MAC = mac.String()
			}
		}
		if speed, ok := strings.CutPrefix(line, "Link speed: "); ok {
			i.Speed = speed
		}
	})
}

// parseTable reads lines of name, number, state and more; those that are indented say more of the one before.
func parseTable(command hostcmd.Command, out []byte, more func(*Interface, string)) (list []Interface, warnings []model.Warning) {
	for line := range hostcli.Lines(out) {
		fields := strings.Fields(line)
		switch indented := strings.HasPrefix(line, " ") || strings.HasPrefix(line, "\t"); {
		case len(fields) == 0 || fields[0] == "Name":
		case indented && len(list) > 0:
			more(&list[len(list)-1], strings.TrimSpace(line))
		case !indented && len(fields) >= 3 && number.MatchString(fields[1]):
			i := Interface{Name: fields[0], ID: fields[1], State: fields[2]}
			if len(fields) > 3 {
				i.Hardware = strings.Join(fields[3:], " ")
			}
			list = append(list, i)
		default:
			warnings = append(warnings, hostcli.Warning(command.Name, line, "neither an interface nor something of one"))
		}
	}
	return list, warnings
}

var (
	number     = regexp.MustCompile(`^\d+$`)
	bridged    = regexp.MustCompile(`^l2 bridge (\S+) bd_id (\d+)\b`)
	otherMode  = regexp.MustCompile(`^(l3|l2 xconnect|l2 no-l2-output|l2) \S`)
	addressee  = regexp.MustCompile(`^(\S+) \((?:up|dn)\):`)
	vxlanLine  = regexp.MustCompile(`^\[(\d+)\] (?:instance (\d+) )?src (\S+) dst (\S+) (?:.*\s)?vni (\d+)\b`)
	noTunnels  = "No vxlan tunnels configured"
	greLine    = regexp.MustCompile(`^\[(\d+)\] (?:instance (\d+) )?src (\S+) dst (\S+) `)
	oldGRELine = regexp.MustCompile(`^\[(\d+)\]( )(\S+) \(src\) (\S+) \(dst\) `)
	noGRE      = regexp.MustCompile(`^No GRE tunnels configured|unknown input .*gre`) // gre may be a plugin that is not loaded
	binaryName = regexp.MustCompile(`^\S+ \S+`)
)

// parseModes reads the output of `vppctl show mode`: which interfaces are in which bridge domains.
func parseModes(out []byte) (members []member, warnings []model.Warning) {
	for line := range hostcli.Lines(out) {
		line = strings.TrimSpace(line)
		if m := bridged.FindStringSubmatch(line); m != nil {
			members = append(members, member{m[1], m[2]})
		} else if line != "" && !otherMode.MatchString(line) {
			warnings = append(warnings, hostcli.Warning(hostcli.VPPModes.Name, line, "not an interface and its mode"))
		}
	}
	return members, warnings
}

// parseAddresses reads the output of `vppctl show interface address`: the addresses of each interface, in their order.
func parseAddresses(out []byte) (addresses map[string][]netip.Addr, warnings []model.Warning) {
	addresses = map[string][]netip.Addr{}
	current := ""
	for line := range hostcli.Lines(out) {
		fields := strings.Fields(line)
		if m := addressee.FindStringSubmatch(line); m != nil {
			current = m[1]
			continue
		}
		if len(fields) > 0 && (current == "" || !strings.HasPrefix(line, " ") && !strings.HasPrefix(line, "\t")) {
			warnings = append(warnings, hostcli.Warning(hostcli.VPPAddresses.Name, line, "neither an interface nor an address of one"))
			continue
		}
		// Older versions write the address alone, newer ones "L3 " before it; other words tell of other things.
		for _, word := range fields[:min(2, len(fields))] {
			if prefix, err := netip.ParsePrefix(word); err == nil {
				addresses[current] = append(addresses[current], prefix.Addr())
			}
		}
	}
	return addresses, warnings
}

// parseTunnels reads the output of `vppctl show vxlan tunnel`.
func parseTunnels(out []byte) ([]tunnel, []model.Warning) {
	none := func(line string) bool { return strings.HasPrefix(line, noTunnels) }
	return eachTunnel(out, hostcli.VPPTunnels.Name, "not a vxlan tunnel", none, readTunnel)
}

// parseGRE reads the output of `vppctl show gre tunnel`.
func parseGRE(out []byte) ([]tunnel, []model.Warning) {
	return eachTunnel(out, hostcli.VPPGRE.Name, "not a gre tunnel", noGRE.MatchString, readGRE)
}

// eachTunnel reads a tunnel from each line, except from blank ones and those that say that there is none.
func eachTunnel(out []byte, command, complaint string, none func(string) bool, read func(string) (tunnel, bool)) (tunnels []tunnel, warnings []model.Warning) {
	for line := range hostcli.Lines(out) {
		line = strings.TrimSpace(line)
		if line == "" || none(line) {
			continue
		}
		t, ok := read(line)
		if !ok {
			warnings = append(warnings, hostcli.Warning(command, line, complaint))
			continue
		}
		tunnels = append(tunnels, t)
	}
	return tunnels, warnings
}

// readTunnel reads a line; the tunnel's interface is called after its instance or, in older versions, its place.
func readTunnel(line string) (t tunnel, ok bool) {
	m := vxlanLine.FindStringSubmatch(line)
	if m == nil {
		return t, false
	}
	instance := m[2]
	if instance == "" {
		instance = m[1]
	}
	local, err := netip.ParseAddr(m[3])
	remote, err2 := netip.ParseAddr(m[4])
	vni, err3 := strconv.Atoi(m[5])
	return tunnel{"vxlan", "vxlan_tunnel" + instance, local, remote, vni}, err == nil && err2 == nil && err3 == nil
}

// readGRE reads "[0] instance 0 src 10.78.0.12 dst 10.78.0.13 …" or, of older versions, "[0] 10.78.0.12 (src) 10.78.0.13
// (dst) …".
func readGRE(line string) (t tunnel, ok bool) {
	m := greLine.FindStringSubmatch(line)
	if m == nil {
		m = oldGRELine.FindStringSubmatch(line)
	}
	if m == nil {
		return t, false
	}
	instance := strings.TrimSpace(m[2])
	if instance == "" {
		instance = m[1]
	}
	local, err := netip.ParseAddr(m[3])
	remote, err2 := netip.ParseAddr(m[4])
	return tunnel{kind: "gre", name: "gre" + instance, local: local, remote: remote}, err == nil && err2 == nil
}
