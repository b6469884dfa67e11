package hosts

import (
	"fmt"
	"strings"

	"calipso.io/calipso/integration/lab/faults"
)

// sshOptions are what ssh was called with.
type sshOptions struct {
	quiet, noInput bool
	user, host     string
	line           string // the command, or ""
}

// parseSSH reads ssh's arguments.
func parseSSH(args []string) sshOptions {
	var o sshOptions
	for len(args) > 0 && strings.HasPrefix(args[0], "-") && args[0] != "--" {
		option := args[0]
		args = args[1:]
		o.quiet = o.quiet || option == "-q"
		o.noInput = o.noInput || option == "-n"
		// An option that takes a value has it attached or in the next argument.
		if strings.ContainsRune("BbcDEeFIiJLlmOopQRSWw", rune(option[len(option)-1])) && len(option) == 2 && len(args) > 0 {
			if option == "-l" {
				o.user = args[0]
			}
			args = args[1:]
		}
	}
	if len(args) > 0 && args[0] == "--" {
		args = args[1:]
	}
	if len(args) > 0 {
		o.host, o.line = args[0], strings.Join(args[1:], " ")
	}
	if user, host, ok := strings.Cut(o.host, "@"); ok {
		o.user, o.host = user, host
	}
	return o
}

// ssh logs in to another host with the keys of this one.
func ssh(c *call) int {
	o := parseSSH(c.args[1:])
	fail := func(format string, args ...any) int {
		if !o.quiet {
			fmt.Fprintf(c.err, format+"\r\n", args...)
		}
		return 255
	}
	if o.host == "" {
		return fail("usage: ssh destination [command [argument ...]]")
	}
	host := c.hosts.Find(o.host)
	if host == "" && o.host == "localhost" {
		host = c.view.name
	}
	switch fault := c.hosts.cfg.Faults().Hosts[host]; {
	case host == "":
		return fail("ssh: Could not resolve hostname %s: Temporary failure in name resolution", o.host)
	case fault == faults.Unreachable:
		return fail("ssh: connect to host %s port 22: Connection timed out", o.host)
	case fault == faults.Refused:
		return fail("ssh: connect to host %s port 22: Connection refused", o.host)
	}
	c.hosts.cfg.Hop()
	io := c.streams
	if o.noInput {
		io.in = strings.NewReader("")
	}
	if o.user == "" {
		o.user = c.user
	}
	return c.hosts.session(host, o.user).login(c.ctx, io, o.line)
}
