// Package topology derives from an inventory what hangs together: links between objects, and cliques, the whole path
// around one object. It is made of pure functions and does no I/O.
package topology

import (
	"maps"
	"slices"

	"calipso.io/calipso/pkg/model"
)

// View is what FindLinks needs to know: one host's part of an environment's inventory.
type View struct {
	Env      *model.Environment
	Host     string
	Objects  []*model.Object          // all objects on that host, its ports too
	Networks map[string]*model.Object // all networks of the environment, by id

	// Cabled are the ports of switches that NICs of the host are cabled to (see CabledTo), and these switches.
	Cabled []*model.Object
}

// finder finds the links of one type on a host. It sets the ends, name, labels, state and attributes of each.
type finder struct {
	linkType string
	find     func(*index) []model.Link
}

func finders() []finder {
	return []finder{
		{"instance-vnic", instanceVnics},
		{"vservice-vnic", vserviceVnics},
		{"vnic-vconnector", vnicVconnectors},
		{"vnic-vedge", vnicVedges},
		{"vconnector-vedge", vconnectorVedges},
		{"vedge-otep", vedgeOteps},
		{"otep-vconnector", otepVconnectors},
		{"otep-host_pnic", otepPnics},
		{"vconnector-host_pnic", vconnectorPnics},
		{"vedge-host_pnic", vedgePnics},
		{"vnic-host_pnic", vnicPnics},
		{"host_pnic-host_pnic", pnicPnics},
		{"host_pnic-network", pnicNetworks},
		{"host_pnic-switch_pnic", pnicSwitchPnics},
		{"switch_pnic-switch_pnic", switchPnicSwitchPnics},
		{"switch-switch_pnic", switchSwitchPnics},
	}
}

// FindLinks finds links of all types that are known here: see Finders.
func FindLinks(view View) []model.Link { return Finders{}.FindLinks(view) }

// FindLinks returns the links of one host, sorted by id and without duplicates; LastScanned is left unset.
// What is related to an object that the view does not have gets no link. Nothing in the view is changed.
func (fs Finders) FindLinks(view View) []model.Link {
	ix := newIndex(view)
	links := map[string]model.Link{}
	for _, f := range fs.all(view) {
		for _, link := range f.find(ix) {
			link.LinkType = f.linkType
			link.Environment = view.Env.Name
			if link.Switch == "" {
				link.Host = view.Host // what joins two things of a switch is on no host
			}
			link.ID = model.LinkID(link.Environment, link.LinkType, link.Source, link.Target)
			if _, known := links[link.ID]; !known {
				links[link.ID] = link
			}
		}
	}
	found := make([]model.Link, 0, len(links))
	for _, id := range slices.Sorted(maps.Keys(links)) {
		found = append(found, links[id])
	}
	return found
}

// Join makes a link between two objects that is up and carries the given networks; nil: it does not tell.
func Join(source, target *model.Object, name string, networks []string) model.Link {
	return model.Link{
		LinkName: name, State: model.LinkUp,
		Source: source.DBID(), SourceID: source.ID,
		Target: target.DBID(), TargetID: target.ID,
		Attributes: model.LinkAttributes{Network: networks},
	}
}
