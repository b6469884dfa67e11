package model

import "strings"

// SwitchID derives a switch's id from its name. Whoever reads of a switch makes the same id of it: a host that is cabled
// to it, or the fabric that it is a part of.
func SwitchID(name string) string { return "switch-" + encoded(name) }

// SwitchPnicID derives the id of a switch's port from the switch's id and the port's name: "eth1/33" of leaf-1 is
// switch-leaf-1-eth1__33. Some write the name in other letters than others do.
func SwitchPnicID(switchID, port string) string { return switchID + "-" + encoded(port) }

func encoded(name string) string { return strings.ReplaceAll(strings.ToLower(name), "/", "__") }

// Values of a switch_pnic's attribute role.
const (
	RoleHostlink = "hostlink" // leads to a host
	RoleUplink   = "uplink"   // of a leaf, leads to a spine
	RoleDownlink = "downlink" // of a spine, leads to a leaf
)

// SwitchRoles returns the roles of ports of switches.
func SwitchRoles() []string { return []string{RoleHostlink, RoleUplink, RoleDownlink} }
