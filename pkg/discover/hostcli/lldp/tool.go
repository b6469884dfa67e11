package lldp

import (
	"fmt"
	"strings"

	"calipso.io/calipso/pkg/discover/hostcli"
)

// parseTool reads the output of `lldptool -t -n` for one interface: headings that end in TLV, with indented lines below
// them. No neighbour gives no output.
func parseTool(name string, out []byte) ([]Neighbor, error) {
	n := Neighbor{Interface: name}
	var heading string
	for line := range hostcli.Lines(out) {
		value := strings.TrimSpace(line)
		switch {
		case value == "":
		case strings.HasPrefix(line, "\t") || strings.HasPrefix(line, " "):
			n.readTLV(heading, value)
		case strings.HasSuffix(value, " TLV") || strings.HasPrefix(value, "End of LLDPDU"):
			heading = strings.TrimSuffix(value, " TLV")
		default:
			return nil, fmt.Errorf("%s: neither a heading nor a value: %.100q", name, line)
		}
	}
	if heading == "" {
		return nil, nil
	}
	return []Neighbor{n}, nil
}

// readTLV takes in a line below a heading.
func (n *Neighbor) readTLV(heading, line string) {
	kind, value, _ := strings.Cut(line, ": ")
	kind, value = strings.ToLower(strings.TrimSpace(kind)), strings.TrimSpace(value)
	switch heading {
	case "Chassis ID":
		n.Chassis = value
	case "Port ID":
		n.PortType, n.PortID = kind, value
	case "Port Description":
		n.PortText = line
	case "System Name":
		n.System = line
	case "System Description":
		n.Description = strings.TrimSpace(n.Description + "\n" + line)
	case "System Capabilities":
		if kind == "enabled capabilities" && value != "" {
			n.Capabilities = strings.Split(strings.ReplaceAll(value, ", ", ","), ",")
		}
	case "Management Address":
		if kind == "ipv4" || kind == "ipv6" {
			n.Addresses = append(n.Addresses, value)
		}
	}
}
