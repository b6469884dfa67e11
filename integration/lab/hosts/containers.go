package hosts

import (
	"fmt"
	"slices"
	"strings"

	"calipso.io/calipso/integration/lab/sim"
)

// container is a container of a host, with what is in it alone.
type container struct {
	name     string
	programs []string
	space    string // what the names of the network namespaces begin with that can be entered in it
}

// containersOf returns the containers that run on a host: those of Kolla or Mercury whose programs it has.
func containersOf(spec sim.Spec, v *view) []container {
	var list []container
	add := func(has bool, name, space string, programs ...string) {
		if has {
			list = append(list, container{name: name, programs: programs, space: space})
		}
	}
	openVSwitch := v.mechanism == sim.OpenVSwitch
	switch spec.Distribution {
	case "Kolla":
		add(true, "kolla_toolbox", "")
		add(v.compute, "nova_libvirt", "", "virsh")
		add(openVSwitch, "openvswitch_vswitchd", "", "ovs-vsctl", "ovs-dpctl")
		add(v.mechanism == sim.VPP, "neutron_vpp", "", "vppctl")
		add(!v.compute, "neutron_l3_agent", "qrouter-")
		add(!v.compute, "neutron_dhcp_agent", "qdhcp-")
	case "Mercury":
		add(v.compute, "novalibvirt_", "", "virsh")
		add(openVSwitch, "ovs_vswitch_", "", "ovs-vsctl", "ovs-dpctl", "brctl", "bridge")
		add(v.mechanism == sim.VPP, "neutron_vpp_", "", "vppctl")
		add(!v.compute, "neutron_l3_agent_", "qrouter-")
		add(!v.compute, "neutron_dhcp_agent_", "qdhcp-")
		for i := range list {
			list[i].name += spec.DistributionVersion
		}
	}
	return list
}

// containerWith returns the container that alone has a program; nil when there is none.
func (v *view) containerWith(program string) *container {
	for i := range v.containers {
		if slices.Contains(v.containers[i].programs, program) {
			return &v.containers[i]
		}
	}
	return nil
}

// docker plays docker ps and docker exec.
func docker(c *call) int {
	args := c.args[1:]
	if !c.root {
		fmt.Fprintln(c.err, "permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock")
		return 1
	}
	switch {
	case len(args) == 3 && args[0] == "ps" && args[1] == "--format":
		for _, running := range c.view.containers {
			fmt.Fprintln(c.out, strings.ReplaceAll(args[2], "{{.Names}}", running.name))
		}
		return 0
	case len(args) > 0 && args[0] == "exec":
		return dockerExec(c, args[1:])
	}
	fmt.Fprintln(c.err, "docker: this command is not simulated")
	return 1
}

func dockerExec(c *call, args []string) int {
	inner := *c.session
	for len(args) > 1 && strings.HasPrefix(args[0], "-") {
		inner.root = inner.root || args[0] == "--user" && args[1] == "root"
		args = args[2:]
	}
	if len(args) < 2 {
		fmt.Fprintln(c.err, `"docker exec" requires at least 2 arguments.`)
		return 1
	}
	i := slices.IndexFunc(c.view.containers, func(running container) bool { return running.name == args[0] })
	if i < 0 {
		fmt.Fprintf(c.err, "Error response from daemon: No such container: %s\n", args[0])
		return 1
	}
	inner.within = &c.view.containers[i]
	if inner.find(args[1]) == nil {
		fmt.Fprintf(c.err, "OCI runtime exec failed: exec failed: unable to start container process: exec: \"%s\": "+
			"executable file not found in $PATH: unknown\n", args[1])
		return 127
	}
	return inner.command(c.ctx, c.streams, args[1:])
}

// hidesNamespaces tells whether the network namespaces are not seen: agents in containers have made them, and this is
// none of these.
func (c *call) hidesNamespaces() bool {
	return len(c.view.containers) > 0 && (c.within == nil || c.within.space == "")
}

// noNamespaces says why a namespace can't be entered. Each agent's container sees all, and can enter its own.
func (c *call) noNamespaces(args []string) string {
	if len(args) < 2 || args[0] != "exec" || len(c.view.containers) == 0 {
		return ""
	}
	switch {
	case c.hidesNamespaces():
		return fmt.Sprintf("Cannot open network namespace \"%s\": No such file or directory\n", args[1])
	case !strings.HasPrefix(args[1], c.within.space):
		return fmt.Sprintf("setting the network namespace \"%s\" failed: Invalid argument\n", args[1])
	}
	return ""
}
