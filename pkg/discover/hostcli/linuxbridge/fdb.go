package linuxbridge

import (
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"calipso.io/calipso/pkg/discover/hostcli"
	"calipso.io/calipso/pkg/model"
)

var fdbEntry = regexp.MustCompile(`^(?:[0-9a-f]{2}:){5}[0-9a-f]{2} dev (\S+)(?: (.*))?$`)

// ParseFDB reads the output of `bridge fdb show`: for each device the hosts that it sends to, in their order and each
// once. Only tunnels have such.
func ParseFDB(out []byte) (remotes map[string][]netip.Addr, warnings []model.Warning) {
	remotes = map[string][]netip.Addr{}
	for line := range hostcli.Lines(out) {
		m := fdbEntry.FindStringSubmatch(strings.TrimSpace(line))
		if m == nil {
			if strings.TrimSpace(line) != "" {
				warnings = append(warnings, hostcli.Warning(hostcli.FDB.Name, line, "not an entry of a forwarding database"))
			}
			continue
		}
		words := strings.Fields(m[2])
		at := slices.Index(words, "dst")
		if at < 0 || at+1 == len(words) {
			continue
		}
		remote, err := netip.ParseAddr(words[at+1])
		if err != nil {
			warnings = append(warnings, hostcli.Warning(hostcli.FDB.Name, line, "not an address"))
		} else if !slices.Contains(remotes[m[1]], remote) {
			remotes[m[1]] = append(remotes[m[1]], remote)
		}
	}
	return remotes, warnings
}
