package hosts

import (
	"fmt"
	"slices"
	"strings"
)

// brctl plays brctl show, which prints nothing where there are no bridges.
func brctl(c *call) int {
	if len(c.view.bridges) == 0 {
		return 0
	}
	fmt.Fprint(c.out, "bridge name\tbridge id\t\tSTP enabled\tinterfaces\n")
	for _, b := range c.view.bridges {
		fmt.Fprintf(c.out, "%s\t\t8000.%s\tno\t\t%s\n", b.name, strings.ReplaceAll(b.mac, ":", ""), b.members[0])
		for _, member := range b.members[1:] {
			fmt.Fprintf(c.out, "\t\t\t\t\t\t\t%s\n", member)
		}
	}
	return 0
}

// ethtool plays ethtool DEVICE.
func ethtool(c *call) int {
	name := c.args[len(c.args)-1]
	at := slices.IndexFunc(c.devices(), func(d device) bool { return d.name == name })
	if len(c.args) < 2 || at < 0 {
		fmt.Fprint(c.err, "netlink error: no device matches name (offset 24)\nnetlink error: No such device\n")
		fmt.Fprintln(c.out, "No data available")
		return 75
	}
	if !c.root {
		fmt.Fprintln(c.err, "netlink error: Operation not permitted")
	}
	detected, level := "yes", ""
	if c.devices()[at].state == "DOWN" {
		detected = "no"
	}
	if c.devices()[at].kind == "tun" {
		level = "        Current message level: 0x00000000 (0)\n                              \n"
	}
	fmt.Fprintf(c.out, ethtoolText, name, level, detected)
	return 0
}

const ethtoolText = `Settings for %s:
	Supported ports: [  ]
	Supported link modes:   Not reported
	Supported pause frame use: No
	Supports auto-negotiation: No
	Supported FEC modes: Not reported
	Advertised link modes:  Not reported
	Advertised pause frame use: No
	Advertised auto-negotiation: No
	Advertised FEC modes: Not reported
	Speed: 10000Mb/s
	Duplex: Full
	Auto-negotiation: off
	Port: Twisted Pair
	PHYAD: 0
	Transceiver: internal
	MDI-X: Unknown
%s	Link detected: %s
`
