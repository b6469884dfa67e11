// Package pnics finds a host's physical NICs.
package pnics

import (
	"bytes"
	"context"
	"fmt"

	"calipso.io/calipso/pkg/discover"
	"calipso.io/calipso/pkg/discover/hostcli"
	"calipso.io/calipso/pkg/discover/hostcli/agents"
	"calipso.io/calipso/pkg/discover/hostcli/bridges"
	"calipso.io/calipso/pkg/discover/hostcli/ipaddr"
	"calipso.io/calipso/pkg/discover/hostcli/iplink"
	"calipso.io/calipso/pkg/discover/hostcli/ovs"
	"calipso.io/calipso/pkg/discover/hostcmd"
	"calipso.io/calipso/pkg/model"
)

type fetcher struct{}

// New makes the fetcher "cli.pnics". It finds one host_pnic per device of the host that is physical: that is no
// virtual device, or is a bond or a member of one, or that the cloud's configuration says leads outside: it is in the
// bridge of a physical network or carries the host's tunnels. Its attribute physical_networks names the physical
// networks whose traffic it carries; tunnel is true when it carries tunnels. A bond names its members, a VLAN the
// device below it (lower), and a NIC with SR-IOV its virtual functions (vfs).
func New() discover.Fetcher { return fetcher{} }

func (fetcher) Commands(*model.Environment, *model.Object) []hostcmd.Command {
	return []hostcmd.Command{hostcli.SysClassNet, hostcli.IPAddress, hostcli.IPLink, hostcli.Hardware, hostcli.Ethtool,
		hostcli.Bonding, hostcli.Teams, hostcli.Bridges, hostcli.VsctlShow, hostcli.DpctlShow}
}

func (fetcher) Fetch(_ context.Context, req *discover.Request) ([]model.Object, error) {
	devices, err := req.Output(hostcli.SysClassNet)
	if err != nil {
		return nil, fmt.Errorf("list network devices: %w", err)
	}
	u := &underlay{}
	var warnings []model.Warning
	u.virtual, warnings = ParseSysfs(devices.Stdout)
	req.Warn(warnings...)
	if len(u.virtual) == 0 { // there is at least the loopback device
		return nil, fmt.Errorf("list network devices: %s: there is none in what it printed", hostcli.SysClassNet.Name)
	}
	if u.interfaces, err = ipaddr.OfHost(req); err != nil {
		return nil, fmt.Errorf("read addresses of network devices: %w", err)
	}
	f := finder{host: req.Parent.ID, underlay: u}
	u.configs = agents.Configs(req)
	if agents.Find(req, agents.OpenVSwitch) != nil {
		// Without the bridges nobody knows which NIC leads to which network, and paths would break off there.
		if u.ovs, err = ovs.Bridges(req); err != nil {
			return nil, err
		}
		f.numbers = numbers(req)
	}
	if len(u.configs) > 0 {
		u.linux = linuxBridges(req)
	}
	if f.links, err = iplink.OfHost(req); err != nil && agents.Find(req, agents.SRIOV) != nil {
		return nil, fmt.Errorf("read virtual functions of NICs: %w", err)
	} else if err != nil {
		req.Warn(hostcli.Warning(hostcli.IPLink.Name, "", err.Error()))
	}
	u.bonds = append(bonds(req), teams(req)...)
	f.settings, f.hardware = settings(req), hardware(req)
	return f.pnics(), nil
}

// What follows reads what adds to the devices: where it can't be read there is a warning, and it is missing.

func bonds(req *discover.Request) (list []Bond) {
	for _, s := range sections(req, hostcli.Bonding) {
		bond, warnings := ParseBond(s.Name, s.Body)
		req.Warn(warnings...)
		list = append(list, bond)
	}
	return list
}

func teams(req *discover.Request) (list []Bond) {
	for _, s := range sections(req, hostcli.Teams) {
		team, err := ParseTeam(s.Name, s.Body)
		if err != nil {
			req.Warn(hostcli.Warning(hostcli.Teams.Name, s.Name, err.Error()))
			continue
		}
		list = append(list, team)
	}
	return list
}

func hardware(req *discover.Request) map[string]Hardware {
	byDevice := map[string]Hardware{}
	for _, s := range sections(req, hostcli.Hardware) {
		hardware, warnings := ParseHardware(s.Body)
		req.Warn(warnings...)
		byDevice[s.Name] = hardware
	}
	return byDevice
}

func settings(req *discover.Request) map[string][]Setting {
	byDevice := map[string][]Setting{}
	told := false
	for _, s := range sections(req, hostcli.Ethtool) {
		list, warnings := ParseEthtool(s.Body)
		req.Warn(warnings...)
		byDevice[s.Name] = list
		told = told || len(list) > 0
	}
	if why := bytes.TrimSpace(req.Outputs[hostcli.Ethtool.Name].Stderr); len(byDevice) > 0 && !told && len(why) > 0 {
		req.Warn(hostcli.Warning(hostcli.Ethtool.Name, "", "no device has settings: "+string(why)))
	}
	return byDevice
}

func sections(req *discover.Request, command hostcmd.Command) []hostcmd.Section {
	out, err := req.Output(command)
	if err != nil {
		req.Warn(hostcli.Warning(command.Name, "", err.Error()))
	}
	sections, warnings := hostcli.Sections(command, out)
	req.Warn(warnings...)
	return sections
}

func linuxBridges(req *discover.Request) []bridges.Bridge {
	out, err := req.Output(hostcli.Bridges)
	if err != nil {
		req.Warn(hostcli.Warning(hostcli.Bridges.Name, "", err.Error()))
		return nil
	}
	list, warnings, err := bridges.Parse(out.Stdout)
	if err != nil {
		req.Warn(hostcli.Warning(hostcli.Bridges.Name, "", err.Error()))
	}
	req.Warn(warnings...)
	return list
}

// numbers returns the numbers of Open vSwitch's ports, by their names.
func numbers(req *discover.Request) map[string]string {
	byName := map[string]string{}
	for _, p := range ovs.DatapathPorts(req) {
		byName[p.Name] = p.Number
	}
	return byName
}
