package example

import (
	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/topology"
)

// Finder finds the links from routes to the NICs by which they leave their host.
func Finder() topology.Finder {
	return topology.Finder{LinkType: "route-host_pnic", Find: routePnics}
}

func routePnics(view topology.View) (links []model.Link) {
	nics := map[string]*model.Object{}
	for _, o := range view.Objects {
		if o.Type == model.TypeHostPnic {
			nics[o.Str("local_name")] = o
		}
	}
	for _, o := range view.Objects {
		if nic := nics[o.Str("device")]; o.Type == TypeRoute && nic != nil {
			links = append(links, topology.Join(o, nic, o.Name, nil))
		}
	}
	return links
}
