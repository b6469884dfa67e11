package hosts

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"calipso.io/calipso/integration/lab/sim"
)

// ip plays iproute2: addresses, links, routes and network namespaces.
func ip(c *call) int {
	args := c.args[1:]
	var options string
	for len(args) > 0 && strings.HasPrefix(args[0], "-") {
		options, args = options+args[0], args[1:]
	}
	object, rest := "", []string(nil)
	if len(args) > 0 {
		object, rest = args[0], args[1:]
	}
	switch {
	case object != "" && strings.HasPrefix("address", object):
		return ipShow(c, rest, printAddresses)
	case object != "" && strings.HasPrefix("link", object) && strings.Contains(options, "-j"):
		return ipShow(c, rest, printLinksJSON)
	case object != "" && strings.HasPrefix("link", object) && strings.Contains(options, "-d"):
		return ipShow(c, rest, printDetails)
	case object != "" && strings.HasPrefix("link", object) && strings.Contains(options, "-o"):
		return ipShow(c, rest, printLines)
	case object != "" && strings.HasPrefix("link", object):
		return ipShow(c, rest, printLinks)
	case object != "" && strings.HasPrefix("route", object):
		for _, route := range c.view.routes {
			fmt.Fprintln(c.out, route)
		}
		return 0
	case object == "netns":
		return ipNetns(c, rest)
	}
	fmt.Fprintf(c.err, "Object \"%s\" is unknown, try \"ip help\".\n", object)
	return 1
}

// ipShow prints all devices of the namespace, or the one that is named.
func ipShow(c *call, args []string, print func(io.Writer, []device)) int {
	if len(args) > 0 && slices.Contains([]string{"show", "list", "sh", "s", "ls"}, args[0]) {
		args = args[1:]
	}
	if len(args) > 0 && args[0] == "dev" {
		args = args[1:]
	}
	devices := c.devices()
	if len(args) > 1 && args[0] == "type" {
		kind := args[1]
		devices = slices.DeleteFunc(slices.Clone(devices), func(d device) bool { return d.kind != kind })
		args = args[2:]
	}
	if len(args) > 0 {
		at := slices.IndexFunc(devices, func(d device) bool { return d.name == args[0] })
		if at < 0 {
			fmt.Fprintf(c.err, "Device \"%s\" does not exist.\n", args[0])
			return 1
		}
		devices = devices[at : at+1]
	}
	print(c.out, devices)
	return 0
}

func printAddresses(w io.Writer, devices []device) {
	for _, d := range devices {
		fmt.Fprintf(w, "%s state %s group default qlen 1000\n", d.head(), d.state)
		fmt.Fprintln(w, d.link())
		for _, line := range d.addrs {
			fmt.Fprintf(w, "    %s\n       valid_lft forever preferred_lft forever\n", line)
		}
	}
}

func printLinks(w io.Writer, devices []device) {
	for _, d := range devices {
		fmt.Fprintf(w, "%s state %s mode DEFAULT group default qlen 1000\n%s\n", d.head(), d.state, d.link())
	}
}

// printLines prints each device on one line.
func printLines(w io.Writer, devices []device) {
	for _, d := range devices {
		fmt.Fprintf(w, "%s state %s mode DEFAULT group default qlen 1000\\%s\n", d.head(), d.state, d.link())
	}
}

// head is the beginning of a device's first line.
func (d *device) head() string {
	master := ""
	if d.master != "" {
		master = " master " + d.master
	}
	return fmt.Sprintf("%d: %s%s: <%s> mtu %d qdisc %s%s", d.index, d.name, d.peer, d.flags, d.mtu, d.qdisc, master)
}

// link is a device's second line.
func (d *device) link() string {
	kind, broadcast, nsid := "ether", "ff:ff:ff:ff:ff:ff", ""
	if d.name == "lo" {
		kind, broadcast = "loopback", d.mac
	}
	if d.nsid {
		nsid = " link-netnsid 0"
	}
	return fmt.Sprintf("    link/%s %s brd %s%s", kind, d.mac, broadcast, nsid)
}

// ipNetns lists namespaces, or runs a command in one.
func ipNetns(c *call, args []string) int {
	if why := c.noNamespaces(args); why != "" {
		fmt.Fprint(c.err, why)
		return 255
	}
	switch {
	case len(args) == 0 || args[0] == "list" || args[0] == "show":
		if c.hidesNamespaces() {
			return 0
		}
		for _, s := range c.view.spaces {
			if c.view.release < sim.Mitaka {
				fmt.Fprintln(c.out, s.name)
			} else {
				fmt.Fprintf(c.out, "%s (id: %d)\n", s.name, s.id)
			}
		}
		return 0
	case args[0] != "exec" || len(args) < 3:
		fmt.Fprintln(c.err, "No netns name specified")
		return 255
	case !slices.ContainsFunc(c.view.spaces, func(s space) bool { return s.name == args[1] }):
		fmt.Fprintf(c.err, "Cannot open network namespace \"%s\": No such file or directory\n", args[1])
		return 255
	case !c.root:
		fmt.Fprintf(c.err, "setting the network namespace \"%s\" failed: Operation not permitted\n", args[1])
		return 255
	}
	inner := *c.session
	inner.space = args[1]
	return inner.command(c.ctx, c.streams, args[2:])
}

// devices are those of the namespace that the command runs in.
func (c *call) devices() []device {
	for _, s := range c.view.spaces {
		if s.name == c.space {
			return s.devices
		}
	}
	return c.view.devices
}
