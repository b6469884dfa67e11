package bridges

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"calipso.io/calipso/pkg/discover/hostcli"
	"calipso.io/calipso/pkg/model"
)

// Bridge is a Linux bridge.
type Bridge struct {
	Name       string
	ID         string // as brctl writes it: 8000.0242ac110002
	STP        string // "yes" or "no": whether the spanning tree protocol runs
	Interfaces []string
}

// Parse reads the output of `brctl show`, or of `ip -d -j link show`, which stands in for it. Bridges and their
// interfaces come sorted by name. JSON that can't be read is an error: there is nothing to save of it.
func Parse(out []byte) (bridges []Bridge, warnings []model.Warning, err error) {
	if bytes.HasPrefix(bytes.TrimSpace(out), []byte("[")) {
		bridges, err = parseJSON(out)
	} else {
		bridges, warnings = parseTable(out)
	}
	slices.SortStableFunc(bridges, func(a, b Bridge) int { return cmp.Compare(a.Name, b.Name) })
	for _, b := range bridges {
		slices.Sort(b.Interfaces)
	}
	return bridges, warnings, err
}

// parseTable reads brctl's table: a bridge's further interfaces stand on lines of their own, below its first.
func parseTable(out []byte) (bridges []Bridge, warnings []model.Warning) {
	for line := range hostcli.Lines(out) {
		fields := strings.Fields(line)
		further := strings.HasPrefix(line, "\t") || strings.HasPrefix(line, " ")
		switch {
		case len(fields) == 0 || strings.HasPrefix(line, "bridge name\t"):
		case further && len(fields) == 1 && len(bridges) > 0:
			last := &bridges[len(bridges)-1]
			last.Interfaces = append(last.Interfaces, fields[0])
		case !further && (len(fields) == 3 || len(fields) == 4) && strings.Contains(fields[1], "."):
			bridges = append(bridges, Bridge{Name: fields[0], ID: fields[1], STP: fields[2], Interfaces: fields[3:]})
		default:
			warnings = append(warnings, hostcli.Warning(hostcli.Bridges.Name, line, "neither a bridge nor an interface of one"))
		}
	}
	return bridges, warnings
}

// link is what is needed of an element of ip's JSON.
type link struct {
	Name   string `json:"ifname"`
	Master string `json:"master"`
	Info   struct {
		Kind string `json:"info_kind"`
		Data struct {
			BridgeID string `json:"bridge_id"`
			STPState int    `json:"stp_state"`
		} `json:"info_data"`
	} `json:"linkinfo"`
}

func parseJSON(out []byte) ([]Bridge, error) {
	var links []link
	if err := json.Unmarshal(out, &links); err != nil {
		return nil, fmt.Errorf("ip -d -j link show: not the JSON that was expected: %w", err)
	}
	members := map[string][]string{}
	for i := range links {
		l := &links[i]
		l.Name, l.Master = hostcli.Text(l.Name), hostcli.Text(l.Master)
		members[l.Master] = append(members[l.Master], l.Name)
	}
	var bridges []Bridge
	for _, l := range links {
		if l.Info.Kind == "bridge" {
			stp := "no"
			if l.Info.Data.STPState != 0 {
				stp = "yes"
			}
			bridges = append(bridges, Bridge{Name: l.Name, ID: hostcli.Text(bridgeID(l.Info.Data.BridgeID)), STP: stp, Interfaces: members[l.Name]})
		}
	}
	return bridges, nil
}

// bridgeID turns ip's form of a bridge's id into brctl's. ip leaves out leading zeros of each part: 8000.9e:c8:30:b8:ca:6
// is 8000.9ec830b8ca06.
func bridgeID(text string) string {
	priority, mac, _ := strings.Cut(text, ".")
	parts := strings.Split(mac, ":")
	for i, part := range parts {
		parts[i] = hexadecimal(part, 2)
	}
	return hexadecimal(priority, 4) + "." + strings.Join(parts, "")
}

func hexadecimal(text string, digits int) string {
	n, err := strconv.ParseUint(text, 16, 16)
	if err != nil {
		return text
	}
	return fmt.Sprintf("%0*x", digits, n)
}
