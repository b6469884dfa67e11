package hosts

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"calipso.io/calipso/integration/lab/sim"
)

// lldpctl plays lldpctl -f json, for root.
func lldpctl(c *call) int {
	if !c.root {
		fmt.Fprintf(c.err, "%s: 1: lldpctl: Permission denied\n", c.shell)
		return 126
	}
	var heard []map[string]any
	for i, n := range c.view.neighbors {
		heard = append(heard, map[string]any{n.NIC: neighborDoc(i, n)})
	}
	document := map[string]any{}
	switch len(heard) {
	case 0:
	case 1:
		document["interface"] = heard[0]
	default:
		document["interface"] = heard
	}
	text, _ := json.MarshalIndent(map[string]any{"lldp": document}, "", "  ")
	fmt.Fprintf(c.out, "%s\n", text)
	return 0
}

func neighborDoc(i int, n sim.Neighbor) map[string]any {
	port := map[string]any{"id": map[string]any{"type": "ifname", "value": n.Port}, "descr": cmp.Or(n.PortText, n.Port), "ttl": "120"}
	if n.PortMAC != "" {
		port["id"] = map[string]any{"type": "mac", "value": n.PortMAC}
	}
	return map[string]any{
		"via": "LLDP", "rid": fmt.Sprint(i + 1), "age": "0 day, 00:12:29", "port": port,
		"chassis": map[string]any{n.System: map[string]any{
			"id": map[string]any{"type": "mac", "value": n.Chassis}, "descr": n.Description,
			"mgmt-ip": []string{n.Address.String(), strings.Fields(strings.TrimSuffix(linkLocal(n.Chassis), "/64 scope link "))[1]},
			"capability": []map[string]any{
				{"type": "Bridge", "enabled": n.Bridge}, {"type": "Router", "enabled": false}, {"type": "Station", "enabled": !n.Bridge},
			},
		}},
	}
}

// teamdctl plays teamdctl TEAM state dump, for root.
func teamdctl(c *call) int {
	bond := c.view.bond
	if !c.root || len(c.args) < 4 || c.args[1] != bond.Name || c.args[2] != "state" || c.args[3] != "dump" {
		fmt.Fprintln(c.err, "Failed to connect to daemon.")
		return 1
	}
	ports := map[string]any{}
	for _, n := range c.view.members {
		ports[n.Name] = map[string]any{
			"ifinfo": map[string]any{"dev_addr": bond.MAC, "dev_addr_len": 6, "ifindex": n.Index, "ifname": n.Name},
			"link":   map[string]any{"duplex": "full", "speed": 10000, "up": true},
		}
	}
	text, _ := json.MarshalIndent(map[string]any{
		"ports": ports, "runner": map[string]any{"active": true, "fast_rate": false},
		"setup":       map[string]any{"daemonized": false, "debug_level": 0, "kernel_team_mode_name": "loadbalance", "runner_name": "lacp"},
		"team_device": map[string]any{"ifinfo": map[string]any{"dev_addr": bond.MAC, "ifindex": bond.Index, "ifname": bond.Name}},
	}, "", "    ")
	fmt.Fprintf(c.out, "%s\n", text)
	return 0
}

// hardware returns what is at a path below the link to a device's hardware. Only the NIC with virtual functions has one:
// the others are, as those of the real lab, none of a bus.
func (v *view) hardware(name string) *file {
	device, inside, _ := strings.Cut(strings.TrimPrefix(name, "/sys/class/net/"), "/")
	at, ok := v.byName[device]
	if !ok || len(v.devices[at].vfs) == 0 {
		return nil
	}
	f := &file{name: path.Base(name), mode: 0o644}
	switch inside {
	case "device":
		f.mode, f.target = fs.ModeSymlink|0o777, "../../../0000:3b:00.0"
	case "device/driver":
		f.mode, f.target = fs.ModeSymlink|0o777, "../../../../../bus/pci/drivers/i40e"
	case "device/sriov_totalvfs":
		f.text = "64\n"
	case "device/sriov_numvfs":
		f.text = fmt.Sprintln(len(v.devices[at].vfs))
	default:
		return nil
	}
	return f
}

// readlink plays readlink.
func readlink(c *call) int {
	names := slices.DeleteFunc(slices.Clone(c.args[1:]), func(a string) bool { return strings.HasPrefix(a, "-") })
	code := 0
	for _, name := range names {
		f := c.view.file(name)
		if f == nil || f.target == "" {
			code = 1
			continue
		}
		fmt.Fprintln(c.out, f.target)
	}
	return code
}
