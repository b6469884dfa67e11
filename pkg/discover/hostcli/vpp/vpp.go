// Package vpp finds what VPP does on a host: its switch (vedge), its bridge domains (vconnectors), the NICs that it has
// (host_pnics), and the end of its tunnels (otep). On hosts without VPP there is nothing to find.
package vpp

import (
	"fmt"
	"strings"

	"calipso.io/calipso/pkg/discover"
	"calipso.io/calipso/pkg/discover/hostcli"
	"calipso.io/calipso/pkg/discover/hostcmd"
	"calipso.io/calipso/pkg/model"
)

// vedgeID is the id of the host's VPP as a vedge.
func vedgeID(host string) string { return host + "-VPP" }

// read takes a command's output apart. What can't be understood at all is an error, single lines are warnings.
func read[T any](req *discover.Request, command hostcmd.Command, parse func([]byte) (T, []model.Warning), count func(T) int) (T, error) {
	out, err := req.Output(command)
	if err != nil {
		var none T
		return none, err
	}
	parsed, warnings := parse(out.Stdout)
	req.Warn(warnings...)
	return parsed, hostcli.Unreadable(command, count(parsed), warnings)
}

func interfaces(req *discover.Request) ([]Interface, error) {
	return read(req, hostcli.VPPInterfaces, ParseInterfaces, func(l []Interface) int { return len(l) })
}

// hardware returns the hardware interfaces, by their names.
func hardware(req *discover.Request) (map[string]Interface, error) {
	list, err := read(req, hostcli.VPPHardware, ParseHardware, func(l []Interface) int { return len(l) })
	byName := map[string]Interface{}
	for _, i := range list {
		byName[i.Name] = i
	}
	return byName, err
}

func modes(req *discover.Request) ([]member, error) {
	return read(req, hostcli.VPPModes, parseModes, func(l []member) int { return len(l) })
}

// isNIC tells whether an interface is a NIC, by its name: GigabitEthernet0/8/0, TenGigabitEthernet5/0/0, BondEthernet0.
// VirtualEthernet0/0/0 is the other end of an instance's interface, and GigabitEthernet0/8/0.101 a VLAN of a NIC.
func isNIC(name string) bool {
	kind := strings.TrimRight(name, "0123456789abcdef/")
	return strings.HasSuffix(kind, "Ethernet") && !strings.HasPrefix(kind, "Virtual")
}

// parent returns the NIC that an interface is a VLAN of; the interface itself when it is none.
func parent(name string) string {
	before, _, _ := strings.Cut(name, ".")
	return before
}

func failed(what string, err error) error { return fmt.Errorf("%s of VPP: %w", what, err) }
