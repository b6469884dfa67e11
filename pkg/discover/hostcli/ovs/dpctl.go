package ovs

import (
	"regexp"
	"strings"

	"calipso.io/calipso/pkg/discover/hostcli"
	"calipso.io/calipso/pkg/model"
)

// DatapathPort is a port of a datapath, which does the forwarding for all bridges of a host.
type DatapathPort struct {
	Number   string // in decimal
	Name     string
	Internal bool
}

var (
	datapathPort = regexp.MustCompile(`^\s+port (\d+): (\S+)(?: \((.*)\))?$`)
	// The datapath's name, or one of its counters.
	datapathOther = regexp.MustCompile(`^\S+:$|^\s+[a-z /-]+:`)
)

// ParseDpctl reads the output of `ovs-dpctl show`: the ports of all datapaths, in their order.
func ParseDpctl(out []byte) (ports []DatapathPort, warnings []model.Warning) {
	for line := range hostcli.Lines(out) {
		switch m := datapathPort.FindStringSubmatch(line); {
		case m != nil:
			ports = append(ports, DatapathPort{Number: m[1], Name: m[2], Internal: m[3] == TypeInternal})
		case strings.TrimSpace(line) != "" && !datapathOther.MatchString(line):
			warnings = append(warnings, hostcli.Warning(hostcli.DpctlShow.Name, line, "neither a datapath nor a port of one"))
		}
	}
	return ports, warnings
}
