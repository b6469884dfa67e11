// Package iplink reads the output of `ip -d link show`: what kinds of devices a host has, and how they are set up.
package iplink

import (
	"encoding/binary"
	"net"
	"net/netip"
	"regexp"
	"strconv"
	"strings"

	"calipso.io/calipso/pkg/discover"
	"calipso.io/calipso/pkg/discover/hostcli"
	"calipso.io/calipso/pkg/model"
)

// Device is a network device.
type Device struct {
	Name   string // without what follows "@"
	Lower  string // what follows the name's "@": the device below, or the other end of a pair
	Flags  []string
	MTU    int     // 0 when not told
	Master string  // the bridge or bond that it is in
	MAC    string  // only of Ethernet devices
	VLAN   int     // its id when the device is a VLAN of the one below, else 0
	Tunnel *Tunnel // nil when it is none
	VFs    []VF
	Data   string // the lines about the device itself
}

// Tunnel is how a device that wraps Ethernet frames is set up.
type Tunnel struct {
	Kind   string     // vxlan or gre
	ID     int        // VNI, or gre's key; 0: none
	Local  netip.Addr // where its tunnels end on this host; invalid when not told
	Device string     // whose address it has and by which it sends, or ""
	Group  string     // multicast group, or the one host at the other end; ""
	Port   int        // of UDP; 0 for gre
}

// VF is a virtual function of a NIC: what SR-IOV gives to one instance.
type VF struct {
	Number        int
	MAC           string // zeros when it was not set
	VLAN          int    // 0 when none is set
	SpoofChecking string // on or off, "" when not told; so the others
	LinkState     string
	Trust         string
}

var (
	header = regexp.MustCompile(`^\d+: ([^\s:@]+)(?:@([^\s:]+))?: (<([^>]*)>.*)$`)
	vf     = regexp.MustCompile(`^vf (\d+) +(?:MAC|link/ether) ([0-9A-Fa-f:]{17})\b(.*)$`)
)

// OfHost returns the devices of a host, with warnings about lines that could not be read.
func OfHost(req *discover.Request) ([]Device, error) {
	out, err := req.Output(hostcli.IPLink)
	if err != nil {
		return nil, err
	}
	devices, warnings := Parse(out.Stdout)
	req.Warn(warnings...)
	return devices, hostcli.Unreadable(hostcli.IPLink, len(devices), warnings)
}

// Parse returns the devices in their order.
func Parse(out []byte) (devices []Device, warnings []model.Warning) {
	for line := range hostcli.Lines(out) {
		text := strings.TrimSpace(line)
		m := header.FindStringSubmatch(line)
		switch {
		case m != nil:
			devices = append(devices, begin(m))
		case text == "":
		case len(devices) == 0 || line == strings.TrimLeft(line, " \t"):
			warnings = append(warnings, hostcli.Warning(hostcli.IPLink.Name, line, "not the first line of a device"))
		default:
			if reason := devices[len(devices)-1].read(text); reason != "" {
				warnings = append(warnings, hostcli.Warning(hostcli.IPLink.Name, line, reason))
			}
		}
	}
	return devices, warnings
}

// begin makes a device from the parts of its first line.
func begin(m []string) Device {
	said := pairs(m[3])
	mtu, _ := strconv.Atoi(said["mtu"])
	return Device{Name: m[1], Lower: m[2], Flags: strings.Split(m[4], ","), MTU: mtu, Master: said["master"], Data: m[3]}
}

// read takes in one of the further lines; it returns what is wrong with it. Lines of other kinds say nothing that is
// needed, and there are many of them.
func (d *Device) read(text string) (reason string) {
	kind, rest, _ := strings.Cut(text, " ")
	switch kind {
	case "link/ether":
		address, _, _ := strings.Cut(rest, " ")
		mac, err := net.ParseMAC(address)
		if err != nil || len(mac) != 6 {
			return "not a MAC address"
		}
		d.MAC = mac.String()
	case "vlan":
		if d.VLAN, _ = strconv.Atoi(pairs(rest)["id"]); d.VLAN < 1 || d.VLAN > 4094 {
			d.VLAN = 0
			return "not a VLAN's id"
		}
	case "vxlan":
		d.Tunnel = readVXLAN(rest)
	case "gretap":
		d.Tunnel = readGRE(rest)
	case "vf":
		return d.readVF(text)
	default:
		return ""
	}
	d.Data += "\n" + text
	return ""
}

func readVXLAN(text string) *Tunnel {
	said := pairs(text)
	v := &Tunnel{Kind: "vxlan", Device: said["dev"], Group: said["group"]}
	if v.Group == "" {
		v.Group = said["remote"]
	}
	v.ID, _ = strconv.Atoi(said["id"])
	v.Port, _ = strconv.Atoi(said["dstport"])
	v.Local, _ = netip.ParseAddr(said["local"])
	return v
}

// readGRE reads "remote 10.78.0.13 local 10.78.0.12 dev ens4 ttl inherit ikey 0.0.0.35 okey 0.0.0.35". Keys are numbers that
// are written as addresses; "any" stands for an address that is not set.
func readGRE(text string) *Tunnel {
	said := pairs(text)
	g := &Tunnel{Kind: "gre", Device: said["dev"]}
	if remote, err := netip.ParseAddr(said["remote"]); err == nil {
		g.Group = remote.String()
	}
	g.Local, _ = netip.ParseAddr(said["local"])
	if key, err := netip.ParseAddr(said["ikey"]); err == nil && key.Is4() {
		a := key.As4()
		g.ID = int(binary.BigEndian.Uint32(a[:]))
	} else {
		g.ID, _ = strconv.Atoi(said["ikey"])
	}
	return g
}

// readVF reads "vf 0 MAC fa:16:3e:00:00:01, vlan 101, spoof checking on, link-state auto", or what newer versions
// print: "vf 0     link/ether fa:16:3e:00:00:01 brd ff:ff:ff:ff:ff:ff, vlan 101, …".
func (d *Device) readVF(text string) (reason string) {
	m := vf.FindStringSubmatch(text)
	if m == nil {
		return "not a virtual function"
	}
	number, err := strconv.Atoi(m[1])
	mac, err2 := net.ParseMAC(m[2])
	if err != nil || err2 != nil {
		return "not a virtual function"
	}
	v := VF{Number: number, MAC: mac.String()}
	for part := range strings.SplitSeq(m[3], ",") {
		part = strings.TrimSpace(part)
		at := strings.LastIndex(part, " ")
		if at < 0 {
			continue
		}
		v.set(part[:at], part[at+1:])
	}
	d.VFs = append(d.VFs, v)
	return ""
}

func (v *VF) set(what, value string) {
	switch what {
	case "vlan":
		v.VLAN, _ = strconv.Atoi(value)
	case "spoof checking":
		v.SpoofChecking = value
	case "link-state":
		v.LinkState = value
	case "trust":
		v.Trust = value
	}
}

// pairs returns the word after each word.
func pairs(text string) map[string]string {
	said := map[string]string{}
	words := strings.Fields(text)
	for i := 0; i+1 < len(words); i++ {
		if _, told := said[words[i]]; !told {
			said[words[i]] = words[i+1]
		}
	}
	return said
}

// Up tells whether the device is administratively up.
func (d *Device) Up() bool {
	for _, flag := range d.Flags {
		if flag == "UP" {
			return true
		}
	}
	return false
}
