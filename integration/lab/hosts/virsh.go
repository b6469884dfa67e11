package hosts

import (
	"fmt"
	"slices"
	"strings"
)

// virsh plays libvirt's shell: list and dumpxml. Without root it shows the user's own domains, of which there are none.
func virsh(c *call) int {
	args := c.args[1:]
	for len(args) > 0 && strings.HasPrefix(args[0], "-") {
		if args[0] == "-c" || args[0] == "--connect" {
			args = args[1:]
		}
		args = args[min(1, len(args)):]
	}
	domains := c.view.domains
	switch {
	case c.root && !c.view.compute:
		fmt.Fprintln(c.out)
		fmt.Fprint(c.err, "error: failed to connect to the hypervisor\nerror: Failed to connect socket to "+
			"'/var/run/libvirt/libvirt-sock': No such file or directory\n")
		return 1
	case !c.root:
		domains = nil
	}
	args = append(args, "", "")
	switch args[0] {
	case "list":
		return virshList(c, domains, args)
	case "dumpxml":
		return virshDump(c, domains, args[1:])
	}
	fmt.Fprintf(c.err, "error: unknown command: '%s'\n", args[0])
	return 1
}

func virshList(c *call, domains []domain, args []string) int {
	if slices.Contains(args, "--name") || slices.Contains(args, "--uuid") {
		for _, d := range domains {
			if slices.Contains(args, "--uuid") {
				fmt.Fprintln(c.out, d.uuid)
			} else {
				fmt.Fprintln(c.out, d.name)
			}
		}
		fmt.Fprintln(c.out)
		return 0
	}
	name, state := len("Name"), len("State")
	for _, d := range domains {
		name, state = max(name, len(d.name)), len("running")
	}
	fmt.Fprintf(c.out, " %-5s%-*s%s\n%s\n", "Id", name+3, "Name", "State", strings.Repeat("-", 1+5+name+3+state+2))
	for _, d := range domains {
		fmt.Fprintf(c.out, " %-5d%-*s%s\n", d.id, name+3, d.name, "running")
	}
	fmt.Fprintln(c.out)
	return 0
}

func virshDump(c *call, domains []domain, args []string) int {
	which := args[0]
	if strings.HasPrefix(which, "-") && len(args) > 1 {
		which = args[1]
	}
	for _, d := range domains {
		if d.name == which || d.uuid == which || fmt.Sprint(d.id) == which {
			fmt.Fprintf(c.out, "%s\n", d.xml)
			return 0
		}
	}
	fmt.Fprintf(c.out, "\n")
	fmt.Fprintf(c.err, "error: failed to get domain '%s'\n", which)
	return 1
}
