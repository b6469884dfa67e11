package api

import (
	"fmt"
	"strings"

	"calipso.io/calipso/integration/lab/sim"
)

// fabricObjects returns the objects of a class, and whether there is such a class. The cloud must be locked for reading.
func (s *Server) fabricObjects(class string) (rows []map[string]string, known bool) {
	f := s.cfg.Cloud.Fabric()
	switch class {
	case "fabricNode":
		return each(f.Nodes, fabricNodeRow), true
	case "topSystem":
		return each(f.Nodes, topSystemRow), true
	case "lldpAdjEp":
		return adjacencies(f), true
	case "l1PhysIf":
		return each(fabricPorts(f), l1PhysIfRow), true
	case "ethpmPhysIf":
		return each(fabricPorts(f), ethpmPhysIfRow), true
	case "epmMacEp":
		return s.learned(f), true
	}
	return nil, false
}

func each[T any](list []T, row func(T) map[string]string) (rows []map[string]string) {
	for _, e := range list {
		rows = append(rows, row(e))
	}
	return rows
}

func fabricNodeRow(n *sim.FabricNode) map[string]string {
	state, software := "active", "n9000-14.2(7f)"
	if n.Role == "controller" {
		state, software = "unknown", "4.2(7f)"
	}
	return map[string]string{
		"dn": n.DN(), "id": fmt.Sprint(n.ID), "name": n.Name, "role": n.Role, "model": n.Model, "serial": n.Serial, "vendor": "Cisco Systems, Inc",
		"fabricSt": state, "adSt": "on", "version": software, "apicType": "apic", "nodeType": "unspecified", "status": "", "childAction": "",
	}
}

func topSystemRow(n *sim.FabricNode) map[string]string {
	return map[string]string{
		"dn": n.DN() + "/sys", "id": fmt.Sprint(n.ID), "name": n.Name, "role": n.Role, "podId": "1", "serial": n.Serial, "state": "in-service",
		"address": n.Address.String(), "oobMgmtAddr": n.Management.String(), "inbMgmtAddr": "0.0.0.0", "fabricDomain": "fabric1", "status": "",
	}
}

func adjacency(at sim.FabricEnd, chassis, system, description, port, portKind, portText, capability string) map[string]string {
	return map[string]string{
		"dn": at.Node.DN() + "/sys/lldp/inst/if-[" + at.Port + "]/adj-1", "id": "1", "chassisIdT": "mac", "chassisIdV": chassis,
		"sysName": system, "sysDesc": description, "portIdT": portKind, "portIdV": port, "portDesc": portText, "capability": capability,
		"enCap": capability, "ttl": "120", "mgmtIp": "0.0.0.0", "status": "",
	}
}

// adjacencies are what the fabric's ports hear: each other, hosts of the cloud, the APIC, and a machine that is none of the
// cloud's.
func adjacencies(f *sim.Fabric) (rows []map[string]string) {
	fabric := func(at, from sim.FabricEnd) {
		rows = append(rows, adjacency(at, from.Node.MAC, from.Node.Name, from.Node.DN(), "E"+from.Port[1:], "if-name",
			from.Node.Path(from.Port), "bridge,router"))
	}
	for _, ends := range f.Trunks {
		fabric(ends[0], ends[1])
		fabric(ends[1], ends[0])
	}
	for _, l := range f.Hostlinks {
		if l.Heard() {
			rows = append(rows, adjacency(l.FabricEnd, l.Host.NICs[0].MAC, l.Host.Name, "Debian GNU/Linux 12 (bookworm)", l.NIC.MAC, "mac",
				l.NIC.Name, "bridge"))
		}
	}
	controller, leaf := f.Nodes[0], f.Nodes[1]
	fabric(sim.FabricEnd{Node: leaf, Port: "eth1/200"}, sim.FabricEnd{Node: controller, Port: "eth2/1"})
	fabric(sim.FabricEnd{Node: controller, Port: "eth2/1"}, sim.FabricEnd{Node: leaf, Port: "eth1/200"})
	return append(rows, adjacency(sim.FabricEnd{Node: leaf, Port: "eth1/199"}, "00:25:b5:00:00:01", "esx-7", "VMware ESX",
		"00:25:b5:00:00:02", "mac", "vmnic0", "station"))
}

// fabricPorts are the ports that something is plugged into.
func fabricPorts(f *sim.Fabric) (ports []sim.FabricEnd) {
	for _, ends := range f.Trunks {
		ports = append(ports, ends[0], ends[1])
	}
	for _, l := range f.Hostlinks {
		ports = append(ports, l.FabricEnd)
	}
	return ports
}

func l1PhysIfRow(p sim.FabricEnd) map[string]string {
	return map[string]string{
		"dn": p.Node.DN() + "/sys/phys-[" + p.Port + "]", "id": p.Port, "adminSt": "up", "descr": "", "mtu": "9000", "speed": "inherit",
		"layer": "Layer2", "mode": "trunk", "autoNeg": "on", "switchingSt": "enabled", "status": "",
	}
}

func ethpmPhysIfRow(p sim.FabricEnd) map[string]string {
	return map[string]string{
		"dn": p.Node.DN() + "/sys/phys-[" + p.Port + "]/phys", "operSt": "up", "operSpeed": "10G", "operDuplex": "full", "operMtu": "9000",
		"operStQual": "none", "usage": "epg", "status": "",
	}
}

// learned are the addresses that leafs have seen: of NICs, of the instances behind them on networks without a tunnel, and
// of a machine that is none of the cloud's.
func (s *Server) learned(f *sim.Fabric) (rows []map[string]string) {
	add := func(at sim.FabricEnd, mac, flags string) {
		rows = append(rows, map[string]string{
			"dn":   at.Node.DN() + "/sys/ctx-[vxlan-2883584]/bd-[vxlan-15925207]/vlan-[vlan-111]/db-ep/mac-" + strings.ToUpper(mac),
			"addr": strings.ToUpper(mac), "ifId": at.Port, "flags": flags, "pcTag": "49155", "createTs": "2026-01-05T08:00:00.000+00:00",
			"modTs": "never", "name": "", "status": "", "childAction": "",
		})
	}
	for _, l := range f.Hostlinks {
		at := l.FabricEnd
		if l.Bonded() {
			at.Port = "po7"
		}
		add(at, l.NIC.MAC, "local,mac")
		for _, p := range l.Host.Plugs {
			if l.Host.OVS.Uplink == l.NIC.Name && p.DeviceOwner == sim.OwnerInstance && !p.Network.Tunnelled() {
				add(at, p.MAC, "local,mac")
			}
		}
	}
	other := sim.FabricEnd{Node: f.Nodes[2], Port: "tunnel12"} // learned by another leaf
	add(other, s.cfg.Cloud.Hosts[0].NICs[0].MAC, "peer-attached")
	add(sim.FabricEnd{Node: f.Nodes[1], Port: "eth1/199"}, "00:25:b5:00:00:02", "local,mac")
	return rows
}
