package hosts

import (
	"fmt"
	"io"
)

// printDetails prints devices as `ip -d link show` does.
func printDetails(w io.Writer, devices []device) {
	for _, d := range devices {
		fmt.Fprintf(w, "%s state %s mode DEFAULT group default qlen 1000\n%s", d.head(), d.state, d.link())
		if d.name == "lo" {
			fmt.Fprintf(w, " promiscuity 0  allmulti 0 minmtu 0 maxmtu 0 %s\n", queues)
			continue
		}
		fmt.Fprint(w, " promiscuity 0  allmulti 0 minmtu 68 maxmtu 65535 \n")
		d.printKind(w, devices)
		for _, line := range d.vfs {
			fmt.Fprintf(w, "    %s\n", line)
		}
	}
}

const queues = "addrgenmode eui64 numtxqueues 1 numrxqueues 1 gso_max_size 65536 gso_max_segs 65535 " +
	"tso_max_size 524280 tso_max_segs 65535 gro_max_size 65536 "

// printKind prints what kind of device it is and, of those in a bridge, what it is there.
func (d *device) printKind(w io.Writer, all []device) {
	detail := map[string]string{
		"veth": "veth ", "bond": "bond mode 802.3ad miimon 100 updelay 0 downdelay 0 ", "team": "team ",
		"tun":   fmt.Sprintf("tun type tap pi off vnet_hdr %s persist %s ", onOff(!d.keeps), onOff(d.keeps)),
		"vlan":  fmt.Sprintf("vlan protocol 802.1Q id %d <REORDER_HDR> ", d.vlan),
		"vxlan": d.detail, "gretap": d.detail, "bridge": fmt.Sprintf(bridgeDetail, bridgeID(d.mac), bridgeID(d.mac)),
	}[d.kind]
	for _, master := range all {
		if d.master == "" || master.name != d.master {
			continue
		}
		slave := master.kind + "_slave "
		if master.kind == "bridge" {
			slave = fmt.Sprintf(slaveDetail, bridgeID(master.mac), bridgeID(master.mac))
		}
		fmt.Fprintf(w, "    %s\n", detail)
		detail = slave
	}
	fmt.Fprintf(w, "    %s%s\n", detail, queues)
}

func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}

const bridgeDetail = "bridge forward_delay 0 hello_time 200 max_age 2000 ageing_time 0 stp_state 0 priority 32768 vlan_filtering 0 " +
	"bridge_id %s designated_root %s root_port 0 root_path_cost 0 topology_change 0 topology_change_detected 0 hello_timer    0.00 " +
	"tcn_timer    0.00 topology_change_timer    0.00 gc_timer    0.00 group_fwd_mask 0 group_address 01:80:c2:00:00:00 mcast_snooping 0 " +
	"no_linklocal_learn 0 mcast_vlan_snooping 0 mcast_router 1 mcast_query_use_ifaddr 0 mcast_querier 0 mcast_hash_elasticity 16 " +
	"mcast_hash_max 4096 mcast_last_member_count 2 mcast_startup_query_count 2 mcast_last_member_interval 100 " +
	"mcast_membership_interval 26000 mcast_querier_interval 25500 mcast_query_interval 12500 mcast_query_response_interval 1000 " +
	"mcast_startup_query_interval 3124 mcast_stats_enabled 0 mcast_igmp_version 2 mcast_mld_version 1 nf_call_iptables 0 " +
	"nf_call_ip6tables 0 nf_call_arptables 0 "

const slaveDetail = "bridge_slave state forwarding priority 32 cost 2 hairpin off guard off root_block off fastleave off learning on flood on " +
	"port_id 0x8001 port_no 0x1 designated_port 32769 designated_cost 0 designated_bridge %s designated_root %s hold_timer    0.00 " +
	"message_age_timer    0.00 forward_delay_timer    0.00 topology_change_ack 0 config_pending 0 proxy_arp off proxy_arp_wifi off " +
	"mcast_router 1 mcast_fast_leave off mcast_flood on bcast_flood on mcast_to_unicast off neigh_suppress off group_fwd_mask 0 " +
	"group_fwd_mask_str 0x0 vlan_tunnel off isolated off locked off "
