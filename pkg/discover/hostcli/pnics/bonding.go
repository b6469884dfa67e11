package pnics

import (
	"regexp"
	"strings"

	"calipso.io/calipso/pkg/discover/hostcli"
	"calipso.io/calipso/pkg/model"
)

// Bond is a bond of NICs, as the kernel's bonding driver describes it in /proc/net/bonding. Properties are texts, or
// maps of texts where the driver has a section.
type Bond struct {
	Name       string
	Properties map[string]any
	Members    []Member
}

// Member is a NIC in a bond.
type Member struct {
	Name       string
	Properties map[string]any
}

// bondKey is what the driver calls things, with "_" for ".".
var bondKey = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9 _/()-]*$`)

// ParseBond reads the file of one bond.
func ParseBond(name string, out []byte) (Bond, []model.Warning) {
	var warnings []model.Warning
	bond := Bond{Name: name, Properties: map[string]any{}}
	outer := bond.Properties // of the bond or the member that is being read
	inner := outer           // of the section in it that is being read, if any
	for line := range hostcli.Lines(out) {
		key, value, isProperty := strings.Cut(strings.TrimSpace(line), ":")
		key, value = strings.ReplaceAll(strings.TrimSpace(key), ".", "_"), strings.TrimSpace(value)
		switch {
		case key == "":
			inner = outer
		case !bondKey.MatchString(key) || key == "Slave Interface" && value == "":
			warnings = append(warnings, hostcli.Warning(hostcli.Bonding.Name, line, "neither a property nor a section"))
		case key == "Slave Interface":
			outer = map[string]any{}
			inner = outer
			bond.Members = append(bond.Members, Member{Name: value, Properties: outer})
		case isSection(key, value):
			inner = map[string]any{}
			outer[key] = inner
		case isProperty:
			inner[key] = value
		default:
			warnings = append(warnings, hostcli.Warning(hostcli.Bonding.Name, line, "neither a property nor a section"))
		}
	}
	return bond, warnings
}

// isSection recognises the headings "802.3ad info", "Active Aggregator Info:" and "details actor lacp pdu:".
func isSection(key, value string) bool {
	key = strings.ToLower(key)
	return value == "" && (strings.HasSuffix(key, " info") || strings.HasPrefix(key, "details "))
}

// up tells whether the bond has a link, as far as the driver says.
func (b Bond) up() (up, told bool) {
	status, told := b.Properties["MII Status"].(string)
	return status == "up", told
}
