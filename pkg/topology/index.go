package topology

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"calipso.io/calipso/pkg/model"
)

// index is a host's objects, ready to be looked up.
type index struct {
	host     string
	networks map[string]*model.Object // all of the environment

	byType map[string][]*model.Object          // in the order of ids
	byID   map[string]map[string]*model.Object // by type and id
	nics   map[string]*model.Object            // physical NICs by the name of their interface
	ports  []port                              // of all vedges

	bridgeOf map[*model.Object]*model.Object // by vnic: the vconnector that it is plugged into
	present  []segment                       // of the networks whose traffic gets to this host
}

// port is an interface of a vedge.
type port struct {
	vedge         *model.Object
	id, name, tag string
	mac           string // in small letters; "" when the switch does not tell
}

// vpp tells whether the port is one of VPP: its name is VPP's own, and not that of a device of the host.
func (p port) vpp() bool { return p.vedge.Str("vedge_type") == "VPP" }

func newIndex(view View) *index {
	ix := &index{
		host: view.Host, networks: view.Networks,
		byType: map[string][]*model.Object{}, byID: map[string]map[string]*model.Object{},
		nics: map[string]*model.Object{},
	}
	ix.addObjects(slices.Concat(view.Objects, view.Cabled))
	ix.addNICs()
	ix.addPorts()
	ix.bridgeOf = ix.plugVnics()
	ix.present = ix.presentSegments()
	return ix
}

func (ix *index) addObjects(objects []*model.Object) {
	for _, o := range objects {
		if o == nil {
			continue
		}
		if ix.byID[o.Type] == nil {
			ix.byID[o.Type] = map[string]*model.Object{}
		}
		ix.byID[o.Type][o.ID] = o
		ix.byType[o.Type] = append(ix.byType[o.Type], o)
	}
	for _, list := range ix.byType {
		slices.SortStableFunc(list, func(a, b *model.Object) int { return cmp.Compare(a.ID, b.ID) })
	}
}

func (ix *index) addNICs() {
	for _, nic := range ix.byType[model.TypeHostPnic] {
		ix.nics[nic.Name] = nic
		if name := nic.Str("local_name"); name != "" {
			ix.nics[name] = nic
		}
	}
}

func (ix *index) addPorts() {
	for _, vedge := range ix.byType[model.TypeVedge] {
		for _, p := range vedge.Maps("ports") {
			if name := text(p["name"]); name != "" {
				ix.ports = append(ix.ports, port{vedge: vedge, id: text(p["id"]), name: name, tag: text(p["tag"]),
					mac: strings.ToLower(text(p["mac_address"]))})
			}
		}
	}
}

// vnic returns the vnic of an interface of the host, or nil.
func (ix *index) vnic(interfaceName string) *model.Object {
	return ix.byID[model.TypeVnic][ix.host+"-"+interfaceName]
}

// vnicOf returns the vnic that a port of a vedge is the other end of, or nil.
func (ix *index) vnicOf(p port) *model.Object {
	if !p.vpp() {
		return ix.vnic(p.name)
	}
	for _, vnic := range ix.byType[model.TypeVnic] {
		if p.mac != "" && macOf(vnic) == p.mac {
			return vnic
		}
	}
	return nil
}

// nicOf returns the NIC that a port of a vedge is, or is a VLAN of; nil when it is none.
func (ix *index) nicOf(p port) *model.Object {
	nic := ix.nics[p.name]
	if dot := strings.LastIndex(p.name, "."); nic == nil && p.vpp() && dot > 0 {
		nic = ix.nics[p.name[:dot]]
	}
	return nic
}

// vconnector returns the vconnector with a name, "<host>-<bridge>", or nil.
func (ix *index) vconnector(name string) *model.Object {
	for _, bridge := range ix.byType[model.TypeVconnector] {
		if name != "" && bridge.Name == name {
			return bridge
		}
	}
	return nil
}

// plugVnics finds the linux bridge of each vnic that is in one: by the name of the vnic's interface or, when no
// interface has that name, by its MAC address. A port of a vedge is not in a bridge, whatever has its address.
func (ix *index) plugVnics() map[*model.Object]*model.Object {
	plugged := map[*model.Object]*model.Object{}
	for _, bridge := range ix.byType[model.TypeVconnector] {
		for _, name := range bridge.Strs("interfaces_names") {
			if vnic := ix.vnic(name); vnic != nil {
				plugged[vnic] = bridge
			}
		}
	}
	onVedge := map[*model.Object]bool{}
	for _, p := range ix.ports {
		onVedge[ix.vnic(p.name)] = !p.vpp()
	}
	bridges := ix.bridgesByMAC()
	for _, vnic := range ix.byType[model.TypeVnic] {
		if bridge := bridges[macOf(vnic)]; bridge != nil && plugged[vnic] == nil && !onVedge[vnic] {
			plugged[vnic] = bridge
		}
	}
	return plugged
}

func (ix *index) bridgesByMAC() map[string]*model.Object {
	bridges := map[string]*model.Object{}
	for _, bridge := range ix.byType[model.TypeVconnector] {
		for _, i := range bridge.Maps("interfaces") {
			if mac := strings.ToLower(text(i["mac_address"])); mac != "" {
				bridges[mac] = bridge
			}
		}
	}
	return bridges
}

func macOf(o *model.Object) string { return strings.ToLower(o.Str("mac_address")) }

// text writes a value as discovery, JSON or a database gives it: a text or a number; anything else is "".
func text(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case int, int32, int64, uint, uint32, uint64:
		return fmt.Sprint(v)
	}
	return ""
}
