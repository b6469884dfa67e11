// Package ipaddr reads the output of `ip address show`.
package ipaddr

import (
	"net"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"calipso.io/calipso/pkg/discover"
	"calipso.io/calipso/pkg/discover/hostcli"
	"calipso.io/calipso/pkg/model"
)

// Interface is a network interface and its addresses.
type Interface struct {
	Name     string   // without what follows "@"
	Lower    string   // what follows the name's "@": the interface below, or the other end of a pair
	Flags    []string // UP, BROADCAST, …
	MTU      int      // 0 when not told
	Master   string   // the bridge or bond that it is in
	LinkType string   // ether, loopback, …
	MAC      string   // only of Ethernet interfaces
	IPv4     []netip.Prefix
	IPv6     []netip.Prefix // of global scope
	Data     string         // the lines about it, without those that change all the time
}

// Up tells whether the interface is administratively up.
func (i *Interface) Up() bool { return slices.Contains(i.Flags, "UP") }

// Has tells whether the interface has the given address.
func (i *Interface) Has(addr netip.Addr) bool {
	is := func(p netip.Prefix) bool { return p.Addr() == addr }
	return slices.ContainsFunc(i.IPv4, is) || slices.ContainsFunc(i.IPv6, is)
}

var header = regexp.MustCompile(`^\d+: ([^\s:@]+)(?:@([^\s:]+))?: (<([^>]*)>.*)$`)

// OfHost returns the interfaces of a host, with warnings about lines of `ip address show` that could not be read.
func OfHost(req *discover.Request) ([]Interface, error) {
	out, err := req.Output(hostcli.IPAddress)
	if err != nil {
		return nil, err
	}
	interfaces, warnings := Parse(hostcli.IPAddress.Name, out.Stdout)
	req.Warn(warnings...)
	return interfaces, hostcli.Unreadable(hostcli.IPAddress, len(interfaces), warnings)
}

// Parse returns the interfaces in their order. The source, the command as people know it, is for the warnings.
func Parse(source string, out []byte) (interfaces []Interface, warnings []model.Warning) {
	for line := range hostcli.Lines(out) {
		text := strings.TrimSpace(line)
		m := header.FindStringSubmatch(line)
		switch {
		case m != nil:
			interfaces = append(interfaces, begin(m))
		case text == "":
		case len(interfaces) == 0 || line == strings.TrimLeft(line, " \t"):
			warnings = append(warnings, hostcli.Warning(source, line, "not the first line of an interface"))
		default:
			if reason := interfaces[len(interfaces)-1].read(text); reason != "" {
				warnings = append(warnings, hostcli.Warning(source, line, reason))
			}
		}
	}
	return interfaces, warnings
}

// begin makes an interface from the parts of its first line.
func begin(m []string) Interface {
	i := Interface{Name: m[1], Lower: m[2], Flags: strings.Split(m[4], ","), Data: m[3]}
	words := strings.Fields(m[3])
	for n := 1; n+1 < len(words); n++ {
		switch words[n] {
		case "mtu":
			i.MTU, _ = strconv.Atoi(words[n+1])
		case "master":
			i.Master = words[n+1]
		}
	}
	return i
}

// read takes in one of the further lines; it returns what is wrong with it.
func (i *Interface) read(line string) (reason string) {
	word, rest, _ := strings.Cut(line, " ")
	value, rest, _ := strings.Cut(rest, " ")
	if word == "valid_lft" {
		return ""
	}
	i.Data += "\n" + line
	switch {
	case strings.HasPrefix(word, "link/") && i.LinkType == "":
		i.LinkType = strings.TrimPrefix(word, "link/")
		return i.readMAC(value)
	case word == "inet":
		prefix, err := parsePrefix(value)
		if err != nil || !prefix.Addr().Is4() {
			return "not an IPv4 address"
		}
		i.IPv4 = append(i.IPv4, prefix)
	case word == "inet6":
		prefix, err := parsePrefix(value)
		if err != nil || !prefix.Addr().Is6() {
			return "not an IPv6 address"
		}
		if strings.Contains(" "+rest+" ", " scope global ") {
			i.IPv6 = append(i.IPv6, prefix)
		}
	}
	return ""
}

func (i *Interface) readMAC(text string) (reason string) {
	if i.LinkType != "ether" {
		return ""
	}
	mac, err := net.ParseMAC(text)
	if err != nil || len(mac) != 6 {
		return "not a MAC address"
	}
	i.MAC = mac.String()
	return ""
}

// parsePrefix reads "10.0.0.1/24"; addresses of point-to-point interfaces stand without a length.
func parsePrefix(text string) (netip.Prefix, error) {
	if strings.Contains(text, "/") {
		return netip.ParsePrefix(text)
	}
	addr, err := netip.ParseAddr(text)
	if err != nil {
		return netip.Prefix{}, err
	}
	return addr.Prefix(addr.BitLen())
}
