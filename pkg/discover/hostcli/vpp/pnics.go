package vpp

import (
	"context"
	"net/netip"
	"slices"

	"calipso.io/calipso/pkg/discover"
	"calipso.io/calipso/pkg/discover/hostcli"
	"calipso.io/calipso/pkg/discover/hostcmd"
	"calipso.io/calipso/pkg/model"
)

type pnics struct{}

// NewPnics makes the fetcher "cli.vpp.pnics". It finds the NICs that VPP has, below the vedge that was found before: the
// kernel does not see them. Their attribute physical_networks names the physical networks of what is plugged into the
// bridge domains that they, or VLANs of them, are in; tunnel is true when the tunnels' address is on them.
func NewPnics() discover.Fetcher { return pnics{} }

func (pnics) Commands(*model.Environment, *model.Object) []hostcmd.Command {
	return []hostcmd.Command{hostcli.VPPHardware, hostcli.VPPModes, hostcli.VPPAddresses, hostcli.VPPTunnels, hostcli.VPPGRE}
}

func (pnics) Fetch(_ context.Context, req *discover.Request) ([]model.Object, error) {
	host := req.Parent.ID
	at := slices.IndexFunc(req.Known(model.TypeVedge), func(o *model.Object) bool { return o.ID == vedgeID(host) })
	if at < 0 {
		return nil, nil
	}
	devices, err := hardware(req)
	if err != nil {
		return nil, failed("list hardware", err)
	}
	// Without the bridge domains nobody knows which NIC leads to which network, and paths would break off there.
	domains, err := readDomains(req)
	if err != nil {
		return nil, err
	}
	addresses, err := readAddresses(req)
	if err != nil {
		return nil, failed("list addresses", err)
	}
	tunnels, err := readTunnels(req)
	if err != nil {
		return nil, failed("list tunnels", err)
	}
	folder := discover.Folder(model.TypeVedge, vedgeID(host), "host_pnics", "VPP-pNICs")
	folder.Type, folder.Host = "pnics_folder", host
	found := []model.Object{folder}
	for _, port := range req.Known(model.TypeVedge)[at].Maps("ports") {
		name, _ := port["name"].(string)
		if !isNIC(name) {
			continue
		}
		nic := pnic(folder, devices[name], port)
		addAddress(&nic, addresses, tunnels)
		if physnets := physicalNetworks(req, name, domains); len(physnets) > 0 {
			nic.Set("physical_networks", physnets)
		}
		found = append(found, nic)
	}
	return found, nil
}

func pnic(folder model.Object, device Interface, port map[string]any) model.Object {
	name, _ := port["name"].(string)
	attrs := map[string]any{"local_name": name, "mac_address": device.MAC, "index": port["id"], "state": "DOWN", "Link detected": "no"}
	if port["state"] == "up" {
		attrs["state"] = "UP"
	}
	if device.State == "up" {
		attrs["Link detected"] = "yes"
	}
	if device.Speed != "" {
		attrs["Speed"] = device.Speed
	}
	return model.Object{Type: model.TypeHostPnic, ID: folder.Host + "-pnic-" + name, Name: name, Host: folder.Host,
		ParentType: folder.Type, ParentID: folder.ID, Attrs: attrs}
}

// addAddress adds a NIC's first address, and whether tunnels end at an address of it or of one of its VLANs.
func addAddress(nic *model.Object, addresses map[string][]netip.Addr, tunnels []tunnel) {
	if own := addresses[nic.Name]; len(own) > 0 {
		key := "IP Address"
		if own[0].Is6() {
			key = "IPv6 Address"
		}
		nic.Set(key, own[0].String())
	}
	for name, own := range addresses {
		for _, t := range tunnels {
			if parent(name) == nic.Name && slices.Contains(own, t.local) {
				nic.Set("tunnel", true)
			}
		}
	}
}

// physicalNetworks returns the physical networks of what shares a bridge domain with a NIC or a VLAN of it.
func physicalNetworks(req *discover.Request, nic string, domains []domain) []string {
	var names []string
	for _, d := range domains {
		if !slices.ContainsFunc(d.interfaces, func(i Interface) bool { return parent(i.Name) == nic }) {
			continue
		}
		for _, n := range req.Known(model.TypeNetwork) {
			if name := n.Str("provider:physical_network"); name != "" && slices.Contains(d.networks, n.ID) {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func readAddresses(req *discover.Request) (map[string][]netip.Addr, error) {
	return read(req, hostcli.VPPAddresses, parseAddresses, func(m map[string][]netip.Addr) int { return len(m) })
}

// readTunnels returns the host's tunnels, those of vxlan first.
func readTunnels(req *discover.Request) ([]tunnel, error) {
	count := func(l []tunnel) int { return len(l) }
	tunnels, err := read(req, hostcli.VPPTunnels, parseTunnels, count)
	if err != nil {
		return nil, err
	}
	gre, err := read(req, hostcli.VPPGRE, parseGRE, count)
	return append(tunnels, gre...), err
}
