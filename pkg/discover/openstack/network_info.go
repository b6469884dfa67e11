package openstack

import (
	"calipso.io/calipso/pkg/conn/cloud"
	"calipso.io/calipso/pkg/model"
)

// networkInfo describes a port of an instance as Nova's instance_info_caches.network_info does.
func (s surroundings) networkInfo(port cloud.Item) map[string]any {
	return map[string]any{
		"id": port.Str("id"), "address": port.Str("mac_address"), "devname": tap(port.Str("id")),
		"type": port.Str("binding:vif_type"), "vnic_type": port.Str("binding:vnic_type"),
		"active": port.Str("status") == "ACTIVE", "details": port["binding:vif_details"], "profile": port["binding:profile"],
		"ovs_interfaceid": port.Str("id"), "network": s.portNetwork(port),
	}
}

// tap returns the name that Nova gives the interface of a port: Linux allows 15 characters, with the end.
func tap(port string) string { return "tap" + port[:min(11, len(port))] }

func (s surroundings) portNetwork(port cloud.Item) map[string]any {
	network := s.networks[port.Str("network_id")]
	meta := map[string]any{"tenant_id": projectOf(network)}
	for key, from := range map[string]string{"mtu": "mtu", "physical_network": "provider:physical_network"} {
		if value := network[from]; value != nil {
			meta[key] = value
		}
	}
	description := map[string]any{"id": port.Str("network_id"), "label": network.Str("name"), "meta": meta, "subnets": s.portSubnets(port)}
	if bridge := port.Item("binding:vif_details").Str("bridge_name"); bridge != "" {
		description["bridge"] = bridge
	}
	return description
}

// portSubnets returns the subnets that a port has addresses in, in the order of its addresses.
func (s surroundings) portSubnets(port cloud.Item) []map[string]any {
	list, index := []map[string]any{}, map[string]int{}
	for _, fixed := range port.Items("fixed_ips") {
		id := fixed.Str("subnet_id")
		subnet := s.subnets[id]
		i, ok := index[id]
		if !ok {
			i = len(list)
			index[id] = i
			list = append(list, subnetInfo(subnet))
		}
		ips, _ := list[i]["ips"].([]map[string]any)
		list[i]["ips"] = append(ips, addressInfo(fixed.Str("ip_address"), "fixed", subnet))
	}
	return list
}

func subnetInfo(subnet cloud.Item) map[string]any {
	info := map[string]any{"cidr": subnet.Str("cidr"), "version": subnet["ip_version"]}
	dns := []map[string]any{}
	for _, server := range model.Strings(subnet["dns_nameservers"]) {
		dns = append(dns, addressInfo(server, "dns", subnet))
	}
	info["dns"] = dns
	if gateway := subnet.Str("gateway_ip"); gateway != "" {
		info["gateway"] = addressInfo(gateway, "gateway", subnet)
	}
	return info
}

func addressInfo(address, kind string, subnet cloud.Item) map[string]any {
	return map[string]any{"address": address, "type": kind, "version": subnet["ip_version"]}
}
