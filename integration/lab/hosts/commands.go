package hosts

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"calipso.io/calipso/integration/lab/faults"
	"calipso.io/calipso/integration/lab/sim"
)

// call is one command that is run.
type call struct {
	*session
	streams
	ctx  context.Context
	args []string // with the command's name
}

// command returns what plays a command; nil when no host has it.
func command(name string) func(*call) int {
	switch name {
	case "arch":
		return func(c *call) int { return c.print("x86_64") }
	case "brctl":
		return brctl
	case "bridge":
		return bridge
	case "cat":
		return cat
	case "docker":
		return docker
	case "ethtool":
		return ethtool
	case "hostname":
		return func(c *call) int { return c.print(c.view.name) }
	case "id":
		return id
	case "ip":
		return ip
	case "lldpctl":
		return lldpctl
	case "ls":
		return ls
	case "ovs-dpctl":
		return ovsDpctl
	case "ovs-vsctl":
		return ovsVsctl
	case "readlink":
		return readlink
	case "sh", "bash":
		return sh
	case "ssh":
		return ssh
	case "sudo":
		return sudo
	case "teamdctl":
		return teamdctl
	case "timeout":
		return timeout
	case "true":
		return func(*call) int { return 0 }
	case "uname":
		return uname
	case "virsh":
		return virsh
	case "vppctl":
		return vppctl
	case "which":
		return which
	}
	return nil
}

// find returns what plays a command on this host; nil when it does not have it.
func (s *session) find(name string) func(*call) int {
	if owner := s.view.containerWith(name); owner != nil && s.within != owner {
		return nil
	}
	has, optional := map[string]bool{
		"docker":    len(s.view.containers) > 0 && s.within == nil,
		"ovs-vsctl": s.view.mechanism == sim.OpenVSwitch, "ovs-dpctl": s.view.mechanism == sim.OpenVSwitch,
		"vppctl": s.view.mechanism == sim.VPP, "lldpctl": s.view.lldp, "teamdctl": s.view.bond != nil && s.view.bond.Team,
	}[name]
	if optional && !has || s.hosts.cfg.Faults().MissingCommand(s.view.name, name) {
		return nil
	}
	return command(name)
}

func (c *call) print(line string) int {
	fmt.Fprintln(c.out, line)
	return 0
}

func (s *session) command(ctx context.Context, io streams, args []string) int {
	return s.commandAt(ctx, io, args, 1)
}

// commandAt runs a command that stands in the given line of a script.
func (s *session) commandAt(ctx context.Context, io streams, args []string, line uint) int {
	s.hosts.cfg.Count()
	set, name := s.hosts.cfg.Faults(), path.Base(args[0])
	run := s.find(name)
	if run == nil {
		fmt.Fprintf(io.err, "%s: %d: %s: not found\n", s.shell, line, args[0])
		return 127
	}
	c := &call{session: s, streams: io, ctx: ctx, args: args}
	if set.Hosts[s.view.name] == faults.HangingHost && name != "ssh" {
		return hang(ctx)
	}
	return c.faulty(set.OutputFault(s.view.name, strings.Join(args, " ")), run)
}

// hang waits for the session's end.
func hang(ctx context.Context) int {
	<-ctx.Done()
	return 255
}

// faulty runs a command with something wrong.
func (c *call) faulty(fault faults.Output, run func(*call) int) int {
	switch fault {
	case faults.Hangs:
		return hang(c.ctx)
	case faults.Fails:
		fmt.Fprintf(c.err, "%s: Input/output error\n", c.args[0])
		return 1
	case faults.Garbage:
		io.WriteString(c.out, garbage)
		return 0
	case faults.Truncated:
		out, whole := c.out, new(bytes.Buffer)
		c.out = whole
		code := run(c)
		out.Write(whole.Bytes()[:whole.Len()/2])
		return code
	}
	return run(c)
}

const garbage = "\x00\xff\xfe{{{ <<< \t\t:::\n\n    }}} \x1b[31m 8000.zz <domain\n99999999999999999999: : <UP,>\n" +
	"Port \"\n            tag: x\n\xc3\x28 port -1: :\n"

// sudo runs a command as root.
func sudo(c *call) int {
	args := c.args[1:]
	for len(args) > 0 && strings.HasPrefix(args[0], "-") {
		if slices.Contains([]string{"-u", "-g", "-p"}, args[0]) {
			args = args[1:]
		}
		args = args[min(1, len(args)):]
	}
	if len(args) == 0 {
		fmt.Fprintln(c.err, "usage: sudo -h | -K | -k | -V")
		return 1
	}
	if c.hosts.cfg.Faults().RefuseSudo && !c.root {
		fmt.Fprintln(c.err, "sudo: a password is required")
		return 1
	}
	inner := *c.session
	inner.root = true
	if inner.find(path.Base(args[0])) == nil {
		fmt.Fprintf(c.err, "sudo: %s: command not found\n", args[0])
		return 1
	}
	return inner.command(c.ctx, c.streams, args)
}

// timeout runs a command; the time does not matter here.
func timeout(c *call) int {
	args := c.args[1:]
	for len(args) > 0 && strings.HasPrefix(args[0], "-") {
		args = args[1:]
	}
	if len(args) < 2 {
		fmt.Fprintln(c.err, "timeout: missing operand")
		return 125
	}
	return c.session.command(c.ctx, c.streams, args[1:])
}

// sh runs a script from stdin (-s), from its argument (-c) or from a file.
func sh(c *call) int {
	inner := *c.session
	inner.shell = "sh"
	args := c.args[1:]
	for i, arg := range args {
		switch {
		case arg == "-c" && i+1 < len(args):
			return inner.script(c.ctx, c.streams, strings.NewReader(args[i+1]), args[min(i+3, len(args)):])
		case arg == "-s":
			rest := args[i+1:]
			if len(rest) > 0 && rest[0] == "--" {
				rest = rest[1:]
			}
			return inner.script(c.ctx, c.streams, c.in, rest)
		case !strings.HasPrefix(arg, "-"):
			fmt.Fprintf(c.err, "sh: 0: cannot open %s: No such file\n", arg)
			return 2
		}
	}
	return inner.script(c.ctx, c.streams, c.in, nil)
}

func uname(c *call) int {
	switch strings.Join(c.args[1:], " ") {
	case "-n":
		return c.print(c.view.name)
	case "-m":
		return c.print("x86_64")
	case "-r":
		return c.print("6.1.0-18-amd64")
	case "-a":
		return c.print("Linux " + c.view.name + " 6.1.0-18-amd64 #1 SMP PREEMPT_DYNAMIC Debian 6.1.76-1 x86_64 GNU/Linux")
	}
	return c.print("Linux")
}

func id(c *call) int {
	switch {
	case len(c.args) > 1 && c.args[1] == "-u" && c.root:
		return c.print("0")
	case len(c.args) > 1 && c.args[1] == "-u":
		return c.print("1001")
	case c.root:
		return c.print("uid=0(root) gid=0(root) groups=0(root)")
	}
	return c.print(fmt.Sprintf("uid=1001(%[1]s) gid=1001(%[1]s) groups=1001(%[1]s)", c.user))
}

func which(c *call) int {
	code := 0
	for _, name := range c.args[1:] {
		if c.find(name) == nil {
			code = 1
			continue
		}
		fmt.Fprintln(c.out, "/usr/bin/"+name)
	}
	return code
}
