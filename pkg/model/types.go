package model

import "strings"

// Types of inventory objects.
const (
	TypeEnvironment      = "environment"
	TypeRegion           = "region"
	TypeProject          = "project"
	TypeAvailabilityZone = "availability_zone"
	TypeAggregate        = "aggregate"
	TypeHostRef          = "host_ref"
	TypeHost             = "host"
	TypeNetwork          = "network"
	TypePort             = "port"
	TypeNetworkAgent     = "network_agent"
	TypeVservice         = "vservice"
	TypeInstance         = "instance"
	TypeVnic             = "vnic"
	TypeVconnector       = "vconnector"
	TypeVedge            = "vedge"
	TypeOtep             = "otep"
	TypeHostPnic         = "host_pnic"
	TypeSwitch           = "switch"
	TypeSwitchPnic       = "switch_pnic"
)

// ObjectTypes returns the types of inventory objects, folders aside, from the outside to the inside of a cloud.
func ObjectTypes() []string {
	return []string{TypeEnvironment, TypeRegion, TypeProject, TypeAvailabilityZone, TypeAggregate, TypeHostRef, TypeHost,
		TypeNetwork, TypePort, TypeNetworkAgent, TypeVservice, TypeInstance, TypeVnic, TypeVconnector, TypeVedge, TypeOtep,
		TypeHostPnic, TypeSwitch, TypeSwitchPnic}
}

// Values of a vnic's attribute vnic_type.
const (
	VnicInstance = "instance_vnic"
	VnicVservice = "vservice_vnic"
)

// Values of a host's attribute host_type.
const (
	HostController = "Controller"
	HostCompute    = "Compute"
	HostNetwork    = "Network"
)

// FolderType returns the type of the folders that hold objects of the given plural: "vnics" gives "vnics_folder".
func FolderType(plural string) string { return plural + "_folder" }

// IsFolder tells whether a type is one of folders.
func IsFolder(objectType string) bool { return strings.HasSuffix(objectType, "_folder") }

// FolderID returns the id of the folder for the given plural below a parent: "host1", "vedges" gives "host1-vedges".
func FolderID(parentID, plural string) string { return parentID + "-" + plural }
