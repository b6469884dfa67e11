// Package linuxbridge finds what Neutron's Linux bridge agent makes of a host besides bridges: the ends of its tunnels.
package linuxbridge

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strconv"

	"calipso.io/calipso/pkg/discover"
	"calipso.io/calipso/pkg/discover/hostcli"
	"calipso.io/calipso/pkg/discover/hostcli/agents"
	"calipso.io/calipso/pkg/discover/hostcli/ipaddr"
	"calipso.io/calipso/pkg/discover/hostcli/iplink"
	"calipso.io/calipso/pkg/discover/hostcmd"
	"calipso.io/calipso/pkg/model"
)

type oteps struct{}

// NewOteps makes the fetcher "cli.lxb.oteps". Where Neutron has a Linux bridge agent on the host it finds one otep for
// each vxlan or gre interface in a bridge, below the vconnector that was found before. Other than Open vSwitch, which has
// one end for all networks, Linux bridge has one for each network; of gre one for each other host with the network.
func NewOteps() discover.Fetcher { return oteps{} }

func (oteps) Commands(*model.Environment, *model.Object) []hostcmd.Command {
	return []hostcmd.Command{hostcli.IPLink, hostcli.IPAddress, hostcli.FDB}
}

func (oteps) Fetch(_ context.Context, req *discover.Request) ([]model.Object, error) {
	agent := agents.Find(req, agents.LinuxBridge)
	if agent == nil {
		return nil, nil
	}
	devices, err := iplink.OfHost(req)
	if err != nil {
		return nil, fmt.Errorf("find the interfaces of tunnels: %w", err)
	}
	f := finder{req: req, config: agents.ConfigOf(agent, req.Parent), remotes: remotes(req), holder: holders(req)}
	var found []model.Object
	for i := range devices {
		d := &devices[i]
		if d.Tunnel == nil || d.Master == "" {
			continue
		}
		if bridge := f.bridge(d.Master); bridge != nil {
			found = append(found, f.otep(d, bridge))
		}
	}
	return found, nil
}

// finder makes objects of what was read.
type finder struct {
	req     *discover.Request
	config  agents.Config
	remotes map[string][]netip.Addr
	holder  func(netip.Addr) string // the device that has an address, or ""
}

func (f *finder) bridge(name string) *model.Object {
	for _, bridge := range f.req.Known(model.TypeVconnector) {
		if bridge.Str("bridge_name") == name {
			return bridge
		}
	}
	return nil
}

func (f *finder) otep(d *iplink.Device, bridge *model.Object) model.Object {
	host := f.req.Parent.ID
	local := d.Tunnel.Local
	if !local.IsValid() {
		local = f.config.TunnelingIP
	}
	attrs := map[string]any{
		"overlay_type": d.Tunnel.Kind, "vconnector": bridge.Name, "mac_address": d.MAC, "mtu": d.MTU,
		"state": "DOWN", "data": d.Data, "ports": f.tunnels(d, local),
	}
	attrs[map[string]string{"vxlan": "vni", "gre": "key"}[d.Tunnel.Kind]] = d.Tunnel.ID
	if d.Up() {
		attrs["state"] = "UP"
	}
	if d.Tunnel.Port > 0 {
		attrs["udp_port"] = d.Tunnel.Port
	}
	if first := f.others(d); len(first) > 0 {
		attrs["bridge dst"] = first[0].String()
	}
	if local.IsValid() {
		attrs["ip_address"] = local.String()
	}
	if device := f.holder(local); device != "" {
		attrs["address_device"] = host + "-" + device
	} else {
		f.req.Warn(hostcli.Warning(hostcli.IPAddress.Name, d.Name, "no interface has its tunnel address"))
	}
	id := host + "-otep-" + d.Name
	return model.Object{Type: model.TypeOtep, ID: id, Name: id, Host: host,
		ParentType: model.TypeVconnector, ParentID: bridge.ID, Attrs: attrs}
}

// others returns the hosts that an interface sends to: the one that it is set up for, or those that the bridge has learned.
func (f *finder) others(d *iplink.Device) []netip.Addr {
	learned := f.remotes[d.Name]
	if one, err := netip.ParseAddr(d.Tunnel.Group); err == nil && !one.IsMulticast() && len(learned) == 0 {
		return []netip.Addr{one}
	}
	return learned
}

// tunnels lists the hosts that an interface sends to, in the form that tunnels of Open vSwitch have.
func (f *finder) tunnels(d *iplink.Device, local netip.Addr) []map[string]any {
	list := []map[string]any{}
	for _, remote := range f.others(d) {
		options := map[string]string{"remote_ip": remote.String(), "in_key": strconv.Itoa(d.Tunnel.ID)}
		if local.IsValid() {
			options["local_ip"] = local.String()
		}
		list = append(list, map[string]any{
			"name": d.Name + "-" + remote.String(), "interface": d.Name, "type": d.Tunnel.Kind, "options": options,
		})
	}
	return list
}

// remotes reads where each device sends to. Where that can't be read, the tunnels are missing, and there is a warning.
func remotes(req *discover.Request) map[string][]netip.Addr {
	out, err := req.Output(hostcli.FDB)
	if err != nil {
		req.Warn(hostcli.Warning(hostcli.FDB.Name, "", "the other ends of tunnels are not known: "+err.Error()))
		return nil
	}
	remotes, warnings := ParseFDB(out.Stdout)
	req.Warn(warnings...)
	return remotes
}

// holders returns a function that tells which device of the host has an address.
func holders(req *discover.Request) func(netip.Addr) string {
	interfaces, err := ipaddr.OfHost(req)
	if err != nil {
		req.Warn(hostcli.Warning(hostcli.IPAddress.Name, "", err.Error()))
	}
	return func(addr netip.Addr) string {
		n := slices.IndexFunc(interfaces, func(i ipaddr.Interface) bool { return addr.IsValid() && i.Has(addr) })
		if n < 0 {
			return ""
		}
		return interfaces[n].Name
	}
}
