package pnics

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"calipso.io/calipso/pkg/discover/hostcli"
)

// team is what is needed of the state that teamd tells.
type team struct {
	Setup struct {
		Runner string `json:"runner_name"`
	} `json:"setup"`
	Runner struct {
		ActivePort string `json:"active_port"`
	} `json:"runner"`
	Ports map[string]struct {
		Link struct {
			Duplex string `json:"duplex"`
			Speed  int    `json:"speed"` // Mbit/s
			Up     bool   `json:"up"`
		} `json:"link"`
	} `json:"ports"`
}

// ParseTeam reads what teamd says of a team, in JSON, as a bond, which a team is to all but the kernel. An error
// says that it can't be read.
func ParseTeam(name string, out []byte) (Bond, error) {
	var t team
	if err := json.Unmarshal(out, &t); err != nil {
		return Bond{}, fmt.Errorf("not the JSON that was expected: %w", err)
	}
	bond := Bond{Name: name, Properties: map[string]any{"MII Status": "down"}}
	if t.Setup.Runner != "" {
		bond.Properties["Team Runner"] = hostcli.Text(t.Setup.Runner)
	}
	if t.Runner.ActivePort != "" {
		bond.Properties["Currently Active Slave"] = hostcli.Text(t.Runner.ActivePort)
	}
	for _, port := range slices.Sorted(maps.Keys(t.Ports)) {
		link := t.Ports[port].Link
		status := "down"
		if link.Up {
			status, bond.Properties["MII Status"] = "up", "up"
		}
		bond.Members = append(bond.Members, Member{Name: hostcli.Text(port), Properties: map[string]any{
			"MII Status": status, "Speed": fmt.Sprintf("%d Mbps", link.Speed), "Duplex": hostcli.Text(link.Duplex),
		}})
	}
	return bond, nil
}
