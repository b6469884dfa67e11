// Package plug tells which Neutron port a host's interface belongs to.
package plug

import (
	"slices"
	"strings"

	"calipso.io/calipso/pkg/model"
)

// Ports finds ports by what hosts know of them.
type Ports struct {
	byStart map[string][]*model.Object // by the first characters of their ids
	byMAC   map[string][]*model.Object
}

// Agents name interfaces after ports: a prefix of 3 characters, as in tap…, qvb… and qr-…, and the first StartLen of the
// port's id, for the kernel's names have at most 15.
const (
	prefixLen = 3
	StartLen  = 11
)

// Index takes in port objects.
func Index(ports []*model.Object) *Ports {
	p := &Ports{byStart: map[string][]*model.Object{}, byMAC: map[string][]*model.Object{}}
	for _, port := range ports {
		if len(port.ID) >= StartLen {
			start := port.ID[:StartLen]
			p.byStart[start] = append(p.byStart[start], port)
		}
		if mac := strings.ToLower(port.Str("mac_address")); mac != "" {
			p.byMAC[mac] = append(p.byMAC[mac], port)
		}
	}
	return p
}

// ByName returns the port that an interface is named after; nil when there is none, or more than one.
func (p *Ports) ByName(name string) *model.Object {
	if len(name) != prefixLen+StartLen {
		return nil
	}
	return only(p.byStart[name[prefixLen:]])
}

// Find returns the port that an interface is named after or else has the MAC address of; nil when there is none, or
// more than one. MAC addresses are unique only within a network.
func (p *Ports) Find(name, mac string) *model.Object {
	if port := p.ByName(name); port != nil {
		return port
	}
	return only(p.byMAC[strings.ToLower(mac)])
}

func only(ports []*model.Object) *model.Object {
	for _, p := range ports {
		if p.ID != ports[0].ID {
			return nil
		}
	}
	if len(ports) == 0 {
		return nil
	}
	return ports[0]
}

// Networks returns the ids of the networks that ports are in, each once, sorted. Nil ports are passed over.
func Networks(ports ...*model.Object) []string {
	var ids []string
	for _, port := range ports {
		if port != nil && port.Str("network_id") != "" {
			ids = append(ids, port.Str("network_id"))
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}
