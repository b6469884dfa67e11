package openstack

import (
	"slices"

	"calipso.io/calipso/pkg/conn/cloud"
)

// Keys of extensions in Nova's servers that became part of it.
const (
	hostKey         = "OS-EXT-SRV-ATTR:host"
	instanceNameKey = "OS-EXT-SRV-ATTR:instance_name"
	zoneKey         = "OS-EXT-AZ:availability_zone"
	vmStateKey      = "OS-EXT-STS:vm_state"
	powerStateKey   = "OS-EXT-STS:power_state"
	macKey          = "OS-EXT-IPS-MAC:mac_addr"
	addressKindKey  = "OS-EXT-IPS:type"
)

func serverAttributes(server cloud.Item) map[string]any {
	attrs := map[string]any{
		"uuid": server.Str("id"), "local_name": server.Str(instanceNameKey),
		"flavor": flavor(server.Item("flavor")), "addresses": addresses(server.Item("addresses")),
		"metadata": pairs(server.Item("metadata")), "security_groups": securityGroups(server),
	}
	if image := server.Item("image").Str("id"); image != "" { // an instance on a volume has none
		attrs["image"] = map[string]any{"id": image}
	}
	for attr, key := range map[string]string{"status": "status", "key_name": "key_name", "user_id": "user_id", "created": "created",
		"availability_zone": zoneKey, "vm_state": vmStateKey, "task_state": cloud.TaskState, "power_state": powerStateKey} {
		if value := server[key]; value != nil {
			attrs[attr] = value
		}
	}
	return attrs
}

func flavor(f cloud.Item) map[string]any {
	attrs := attributes(f, "links", "extra_specs")
	if specs := f.Item("extra_specs"); specs != nil {
		attrs["extra_specs"] = pairs(specs)
	}
	return attrs
}

// addresses turns {network name: [address, …]} into a list.
func addresses(networks cloud.Item) []map[string]any {
	list := []map[string]any{}
	for _, network := range sortedKeys(networks) {
		for _, a := range networks.Items(network) {
			list = append(list, map[string]any{"network": network, "addr": a.Str("addr"), "version": a["version"],
				"mac_address": a.Str(macKey), "type": a.Str(addressKindKey)})
		}
	}
	return list
}

// securityGroups returns the names of an instance's groups. Nova gives each once per port.
func securityGroups(server cloud.Item) []string {
	names := []string{}
	for _, group := range server.Items("security_groups") {
		names = append(names, group.Str("name"))
	}
	slices.Sort(names)
	return slices.Compact(names)
}
