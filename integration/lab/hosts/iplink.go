package hosts

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// printLinksJSON prints devices as `ip -d -j link show` does.
func printLinksJSON(w io.Writer, devices []device) {
	links := []map[string]any{}
	for _, d := range devices {
		links = append(links, d.json(devices))
	}
	json.NewEncoder(w).Encode(links)
}

func (d *device) json(all []device) map[string]any {
	kind, broadcast := "ether", "ff:ff:ff:ff:ff:ff"
	if d.name == "lo" {
		kind, broadcast = "loopback", d.mac
	}
	link := map[string]any{
		"ifindex": d.index, "ifname": d.name, "flags": strings.Split(d.flags, ","), "mtu": d.mtu, "qdisc": d.qdisc,
		"operstate": d.state, "linkmode": "DEFAULT", "group": "default", "txqlen": 1000, "link_type": kind, "address": d.mac,
		"broadcast": broadcast, "promiscuity": strings.Count(d.flags, "PROMISC"), "allmulti": 0, "min_mtu": 68, "max_mtu": 65535,
		"inet6_addr_gen_mode": "eui64", "num_tx_queues": 1, "num_rx_queues": 1, "gso_max_size": 65536, "gso_max_segs": 65535,
		"tso_max_size": 65536, "tso_max_segs": 65535, "gro_max_size": 65536,
	}
	if d.nsid {
		var peer int
		fmt.Sscanf(d.peer, "@if%d", &peer)
		link["link_index"], link["link_netnsid"] = peer, 0
	} else if d.peer != "" {
		link["link"] = d.peer[1:]
	}
	if d.master != "" {
		link["master"] = d.master
	}
	if d.kind != "" {
		link["linkinfo"] = d.info(all)
	}
	return link
}

// info says what kind of device it is, and what it is in its master.
func (d *device) info(all []device) map[string]any {
	info := map[string]any{"info_kind": d.kind}
	switch d.kind {
	case "tun":
		info["info_data"] = map[string]any{
			"type": "tap", "pi": false, "vnet_hdr": !d.keeps, "multi_queue": false, "persist": d.keeps,
		}
	case "bridge":
		info["info_data"] = map[string]any{
			"forward_delay": 0, "hello_time": 200, "max_age": 2000, "ageing_time": 0, "stp_state": 0, "priority": 32768,
			"vlan_filtering": 0, "bridge_id": bridgeID(d.mac), "root_id": bridgeID(d.mac), "root_port": 0, "root_path_cost": 0,
		}
	case "bond":
		info["info_data"] = map[string]any{"mode": "802.3ad", "miimon": 100, "updelay": 0, "downdelay": 0, "lacp_rate": "slow"}
	}
	for _, master := range all {
		if master.name == d.master && d.master != "" {
			info["info_slave_kind"] = master.kind
			info["info_slave_data"] = map[string]any{"state": "forwarding", "priority": 32, "cost": 2, "bridge_id": bridgeID(master.mac)}
		}
	}
	return info
}

// bridgeID writes a bridge's id as ip does, which leaves out leading zeros.
func bridgeID(mac string) string {
	parts := strings.Split(mac, ":")
	for i, p := range parts {
		if p[0] == '0' {
			parts[i] = p[1:]
		}
	}
	return "8000." + strings.Join(parts, ":")
}
