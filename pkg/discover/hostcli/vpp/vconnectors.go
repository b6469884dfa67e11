package vpp

import (
	"cmp"
	"context"
	"slices"

	"calipso.io/calipso/pkg/discover"
	"calipso.io/calipso/pkg/discover/hostcli"
	"calipso.io/calipso/pkg/discover/hostcli/plug"
	"calipso.io/calipso/pkg/discover/hostcmd"
	"calipso.io/calipso/pkg/model"
)

type vconnectors struct{}

// NewVconnectors makes the fetcher "cli.vpp.vconnectors". It finds one vconnector for each bridge domain; its interfaces
// have their MAC addresses, and its network the ids of the networks of the ports that are plugged into it.
func NewVconnectors() discover.Fetcher { return vconnectors{} }

func (vconnectors) Commands(*model.Environment, *model.Object) []hostcmd.Command {
	return []hostcmd.Command{hostcli.VPPModes, hostcli.VPPHardware}
}

func (vconnectors) Fetch(_ context.Context, req *discover.Request) ([]model.Object, error) {
	domains, err := readDomains(req)
	if err != nil {
		return nil, err
	}
	var found []model.Object
	for _, d := range domains {
		found = append(found, d.vconnector(req.Parent.ID))
	}
	return found, nil
}

// domain is a bridge domain.
type domain struct {
	id         string
	interfaces []Interface // with their names only, where they are no hardware
	networks   []string    // of what is plugged into it
}

// readDomains returns the bridge domains of the host, by their ids.
func readDomains(req *discover.Request) ([]domain, error) {
	members, err := modes(req)
	if err != nil {
		return nil, failed("list bridge domains", err)
	}
	if len(members) == 0 {
		return nil, nil
	}
	devices, err := hardware(req)
	if err != nil {
		return nil, failed("list hardware", err)
	}
	ports := plug.Index(req.Known(model.TypePort))
	slices.SortStableFunc(members, func(a, b member) int {
		return cmp.Or(cmp.Compare(len(a.domain), len(b.domain)), cmp.Compare(a.domain, b.domain), cmp.Compare(a.iface, b.iface))
	})
	var domains []domain
	for _, m := range members {
		if len(domains) == 0 || domains[len(domains)-1].id != m.domain {
			domains = append(domains, domain{id: m.domain})
		}
		last := &domains[len(domains)-1]
		device := devices[m.iface]
		device.Name = m.iface
		last.interfaces = append(last.interfaces, device)
		last.networks = slices.Concat(last.networks, plug.Networks(ports.Find("", device.MAC)))
	}
	for i := range domains {
		slices.Sort(domains[i].networks)
		domains[i].networks = slices.Compact(domains[i].networks)
	}
	return domains, nil
}

func (d domain) vconnector(host string) model.Object {
	list, names := []map[string]any{}, []string{}
	for _, i := range d.interfaces {
		entry := map[string]any{"name": i.Name, "mac_address": i.MAC}
		if i.ID != "" {
			entry["id"], entry["state"], entry["hardware"] = i.ID, i.State, i.Hardware
		}
		list, names = append(list, entry), append(names, i.Name)
	}
	attrs := map[string]any{"bd_id": d.id, "connector_type": "bridge-domain", "interfaces": list, "interfaces_names": names}
	if len(d.networks) > 0 {
		attrs["network"] = d.networks
	}
	return model.Object{
		Type: model.TypeVconnector, ID: host + "-vconnector-" + d.id, Name: "bridge-domain-" + d.id, Host: host,
		ParentType: model.FolderType("vconnectors"), ParentID: model.FolderID(host, "vconnectors"), Attrs: attrs,
	}
}
