package lldp

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"calipso.io/calipso/pkg/discover/hostcli"
)

// Neighbor is what a host hears by LLDP on one of its interfaces: who is at the other end of the cable.
type Neighbor struct {
	Interface    string
	Chassis      string // its id: most often a MAC address
	System       string // its name, "" when it tells none
	Description  string
	Addresses    []string // for its management
	Capabilities []string // those that are in use: Bridge, Router, Station, …
	PortType     string   // what kind of id PortID is: ifname, mac, local, …
	PortID       string
	PortText     string // how the port is described
}

// Name returns the name of the neighbour: its own, or else its id.
func (n *Neighbor) Name() string {
	if n.System != "" {
		return n.System
	}
	return n.Chassis
}

var (
	number = regexp.MustCompile(`^[0-9]+$`)
	word   = regexp.MustCompile(`^\S{1,64}$`)
	// What a leaf of an ACI fabric says of its port: topology/pod-1/paths-101/pathep-[eth1/33].
	aciPath = regexp.MustCompile(`^topology/.*\[([^\[\]]+)\]$`)
)

// Port returns the name of the neighbour's port. Most switches send the interface's name as the port's id; others send
// a number or a MAC address, and the name as its description.
func (n *Neighbor) Port() string {
	if m := aciPath.FindStringSubmatch(n.PortText); m != nil {
		return m[1]
	}
	named := n.PortType == "ifname" || n.PortType == "local" && !number.MatchString(n.PortID)
	if !named && word.MatchString(n.PortText) {
		return n.PortText
	}
	return n.PortID
}

// Parse reads the output of `lldpctl -f json`, in either of its forms: json, whose shape depends on how many of a thing
// there are and in which names are keys, and json0, in which everything is a list. An error says that it is neither.
func Parse(out []byte) ([]Neighbor, error) {
	var document struct {
		LLDP json.RawMessage `json:"lldp"`
	}
	if err := json.Unmarshal(out, &document); err != nil {
		return nil, fmt.Errorf("not the JSON that was expected: %w", err)
	}
	if document.LLDP == nil {
		return nil, fmt.Errorf(`not the JSON that was expected: it has no "lldp"`)
	}
	var neighbors []Neighbor
	for _, lldp := range list(document.LLDP) {
		for _, i := range named(lldp["interface"]) {
			if !isLLDP(i.value) {
				continue
			}
			for _, chassis := range named(i.value["chassis"]) {
				neighbors = append(neighbors, neighbor(i.name, chassis, list(i.value["port"])))
			}
		}
	}
	return neighbors, nil
}

// isLLDP tells whether a neighbour was heard by LLDP: lldpd may listen to protocols of single vendors, too.
func isLLDP(i object) bool { return text(i["via"]) == "" || text(i["via"]) == "LLDP" }

func neighbor(name string, chassis entry, ports []object) Neighbor {
	n := Neighbor{Interface: name, System: chassis.name, Description: text(chassis.value["descr"])}
	_, n.Chassis = id(chassis.value["id"])
	for _, address := range texts(chassis.value["mgmt-ip"]) {
		if _, err := netip.ParseAddr(address); err == nil {
			n.Addresses = append(n.Addresses, address)
		}
	}
	for _, capability := range list(chassis.value["capability"]) {
		if string(bytes.TrimSpace(capability["enabled"])) == "true" {
			n.Capabilities = append(n.Capabilities, text(capability["type"]))
		}
	}
	for _, port := range ports {
		n.PortType, n.PortID = id(port["id"])
		n.PortText = text(port["descr"])
	}
	return n
}

// What follows reads values that may be there once or several times, by a name or without one.

type object map[string]json.RawMessage

// entry is an object with its name, "" when it has none.
type entry struct {
	name  string
	value object
}

// list returns the objects of a list, or the one that stands in place of a list.
func list(raw json.RawMessage) []object {
	parts := []json.RawMessage{raw}
	_ = json.Unmarshal(raw, &parts) // when it is no list, it stays the one part
	var objects []object
	for _, part := range parts {
		var o object
		if json.Unmarshal(part, &o) == nil && o != nil {
			objects = append(objects, o)
		}
	}
	return objects
}

// named returns objects with their names: that are their keys, {"ens3": {…}}, or in them: {"name": "ens3", …}. In json,
// what stands below a key may be a list again.
func named(raw json.RawMessage) (entries []entry) {
	for _, o := range list(raw) {
		if o["id"] != nil || o["name"] != nil {
			entries = append(entries, entry{text(o["name"]), o})
			continue
		}
		for _, key := range keys(o) {
			for _, value := range list(o[key]) {
				entries = append(entries, entry{hostcli.Text(key), value})
			}
		}
	}
	return entries
}

// keys returns the keys of an object in an order.
func keys(o object) []string { return slices.Sorted(maps.Keys(o)) }

// text returns a text: as such, or as {"value": …}, or as a list of one of these.
func text(raw json.RawMessage) string {
	if all := texts(raw); len(all) > 0 {
		return all[0]
	}
	return ""
}

func texts(raw json.RawMessage) []string {
	var one string
	if json.Unmarshal(raw, &one) == nil {
		return []string{printable(one)}
	}
	var many []json.RawMessage
	if json.Unmarshal(raw, &many) == nil {
		var all []string
		for _, each := range many {
			all = append(all, texts(each)...)
		}
		return all
	}
	var value struct {
		Value *string `json:"value"`
	}
	if json.Unmarshal(raw, &value) == nil && value.Value != nil {
		return []string{printable(*value.Value)}
	}
	return nil
}

// printable makes a text that may have several lines fit to be shown.
func printable(s string) string {
	lines := slices.Collect(hostcli.Lines([]byte(s)))
	return strings.TrimSpace(strings.Join(lines, "\n"))
}

// id reads {"type": "mac", "value": …}.
func id(raw json.RawMessage) (kind, value string) {
	for _, o := range list(raw) {
		return text(o["type"]), text(o["value"])
	}
	return "", ""
}
