package example

import (
	"net/netip"
	"strings"

	"calipso.io/calipso/pkg/discover/hostcli"
	"calipso.io/calipso/pkg/model"
)

// Route is a line of a routing table.
type Route struct {
	Destination string // "default", or a network: 10.0.0.0/24
	Gateway     string // "" where the destination is reached directly
	Device      string
}

// Parse reads the output of `ip route show`. Lines that it can't read become warnings.
func Parse(out []byte) (routes []Route, warnings []model.Warning) {
	for line := range hostcli.Lines(out) {
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		r := Route{Destination: words[0], Gateway: after(words, "via"), Device: after(words, "dev")}
		if !isDestination(r.Destination) || r.Device == "" {
			warnings = append(warnings, hostcli.Warning(show.Name, line, "not a route"))
			continue
		}
		routes = append(routes, r)
	}
	return routes, warnings
}

// after returns the word after a keyword; "" when there is none.
func after(words []string, key string) string {
	for i, word := range words[:len(words)-1] {
		if word == key {
			return words[i+1]
		}
	}
	return ""
}

func isDestination(text string) bool {
	if text == "default" {
		return true
	}
	_, prefixErr := netip.ParsePrefix(text)
	_, addrErr := netip.ParseAddr(text) // a single host
	return prefixErr == nil || addrErr == nil
}
