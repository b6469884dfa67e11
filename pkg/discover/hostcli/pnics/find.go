package pnics

import (
	"maps"
	"slices"

	"calipso.io/calipso/pkg/discover/hostcli/ipaddr"
	"calipso.io/calipso/pkg/discover/hostcli/iplink"
	"calipso.io/calipso/pkg/model"
)

// finder makes objects of what was read.
type finder struct {
	host string
	*underlay
	links    []iplink.Device
	hardware map[string]Hardware  // by device
	settings map[string][]Setting // by device
	numbers  map[string]string    // of ports of Open vSwitch
}

func (f *finder) pnics() []model.Object {
	physicalNetworks := map[string][]string{}
	for _, network := range f.physicalNetworks() {
		for _, device := range f.ofPhysicalNetwork(network) {
			physicalNetworks[device] = append(physicalNetworks[device], network)
		}
	}
	tunnel := f.ofTunnels()

	var found []model.Object
	names := f.names(slices.Concat(slices.Collect(maps.Keys(physicalNetworks)), tunnel))
	for _, name := range names {
		pnic := f.pnic(name)
		if i := f.device(name); i != nil && slices.Contains(names, i.Lower) {
			pnic.Set("lower", i.Lower)
		}
		if networks := physicalNetworks[name]; len(networks) > 0 {
			pnic.Set("physical_networks", networks)
		}
		if slices.Contains(tunnel, name) {
			pnic.Set("tunnel", true)
		}
		found = append(found, pnic)
	}
	return found
}

// names returns the names of all physical devices, sorted: those given, NICs, bonds and their members.
func (f *finder) names(names []string) []string {
	for name, virtual := range f.virtual {
		if !virtual {
			names = append(names, name)
		}
	}
	for _, b := range f.bonds {
		names = append(names, b.Name)
		for _, m := range b.Members {
			names = append(names, m.Name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func (f *finder) pnic(name string) model.Object {
	attrs := map[string]any{"local_name": name, "state": "DOWN"}
	if i := f.device(name); i != nil {
		addInterface(attrs, i)
	}
	addEthtool(attrs, f.settings[name])
	addHardware(attrs, f.hardware[name])
	f.addLink(attrs, name)
	if number := f.numbers[name]; number != "" {
		attrs["port_id"] = number
	}
	for _, b := range f.bonds {
		if b.Name == name {
			f.addBond(attrs, b)
		}
		if slices.ContainsFunc(b.Members, func(m Member) bool { return m.Name == name }) {
			attrs["EtherChannel"], attrs["EtherChannel Master"] = true, f.id(b.Name)
		}
	}
	return model.Object{
		Type: model.TypeHostPnic, ID: f.id(name), Name: name, Host: f.host,
		ParentType: "pnics_folder", ParentID: model.FolderID(f.host, "host_pnics"), Attrs: attrs,
	}
}

// addLink adds what a NIC is divided into, or is a division of.
func (f *finder) addLink(attrs map[string]any, name string) {
	n := slices.IndexFunc(f.links, func(d iplink.Device) bool { return d.Name == name })
	if n < 0 {
		return
	}
	if vlan := f.links[n].VLAN; vlan > 0 {
		attrs["vlan_id"] = vlan
	}
	if vfs := f.links[n].VFs; len(vfs) > 0 {
		list := make([]map[string]any, 0, len(vfs))
		for _, v := range vfs {
			list = append(list, virtualFunction(v))
		}
		attrs["vfs"] = list
	}
}

func virtualFunction(v iplink.VF) map[string]any {
	said := map[string]any{"vf": v.Number, "mac_address": v.MAC}
	if v.VLAN > 0 {
		said["vlan"] = v.VLAN
	}
	for key, value := range map[string]string{"spoof_checking": v.SpoofChecking, "link_state": v.LinkState, "trust": v.Trust} {
		if value != "" {
			said[key] = value
		}
	}
	return said
}

// id derives a NIC's id from its name and MAC address.
func (f *finder) id(name string) string {
	if mac := f.mac(name); mac != "" {
		return name + "-" + mac
	}
	return f.host + "-" + name + "-unknown_mac"
}

func (f *finder) mac(name string) string {
	if i := f.device(name); i != nil {
		return i.MAC
	}
	return ""
}

func addInterface(attrs map[string]any, i *ipaddr.Interface) {
	attrs["mac_address"], attrs["data"] = i.MAC, i.Data
	if i.MTU > 0 {
		attrs["mtu"] = i.MTU
	}
	if i.Up() {
		attrs["state"] = "UP"
	}
	if len(i.IPv4) > 0 {
		attrs["IP Address"] = i.IPv4[0].Addr().String()
	}
	if len(i.IPv6) > 0 {
		attrs["IPv6 Address"] = i.IPv6[0].Addr().String()
	}
}

// addBond adds what the bonding driver says; all that it says of the bond begins with a capital or a digit. Where
// ethtool says the same, ethtool is believed.
func (f *finder) addBond(attrs map[string]any, b Bond) {
	for key, value := range b.Properties {
		if attrs[key] == nil && key < "a" {
			attrs[key] = value
		}
	}
	if up, told := b.up(); told && attrs["Link detected"] == nil {
		attrs["Link detected"] = map[bool]string{true: "yes", false: "no"}[up]
	}
	members := []map[string]any{}
	for _, m := range b.Members {
		member := maps.Clone(m.Properties)
		member["name"], member["mac_address"] = m.Name, f.mac(m.Name)
		members = append(members, member)
	}
	attrs["EtherChannel"], attrs["EtherChannel Master"], attrs["members"] = true, "", members
}
