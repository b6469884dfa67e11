package vservices

import (
	"regexp"
	"slices"
	"strings"

	"calipso.io/calipso/pkg/discover/hostcli"
	"calipso.io/calipso/pkg/model"
)

// Namespace is a network namespace that holds a service of Neutron.
type Namespace struct {
	Name string
	Kind Kind
	ID   string // of the network or router
}

// listed is a line of `ip netns list`: a name, and the number that the kernel gave the namespace, if it gave one.
var listed = regexp.MustCompile(`^\S+( \(id: \d+\))?\s*$`)

var safeName = regexp.MustCompile(`^[A-Za-z0-9_.:@-]+$`)

// Parse reads the output of `ip netns list`: the namespaces of DHCP servers and routers, sorted, each once. Other
// namespaces are passed over.
func Parse(out []byte) (namespaces []Namespace, warnings []model.Warning) {
	seen := map[string]bool{}
	for line := range hostcli.Lines(out) {
		fields := strings.Fields(line)
		if len(fields) == 0 || seen[fields[0]] {
			continue
		}
		namespace, ok := namespaceOf(fields[0])
		switch {
		case !listed.MatchString(line):
			warnings = append(warnings, hostcli.Warning(hostcli.Namespaces.Name, line, "not the name of a namespace"))
		case !ok:
		case !safeName.MatchString(namespace.ID):
			warnings = append(warnings, hostcli.Warning(hostcli.Namespaces.Name, line, "not the name of a network's or router's namespace"))
		default:
			seen[namespace.Name] = true
			namespaces = append(namespaces, namespace)
		}
	}
	slices.SortFunc(namespaces, func(a, b Namespace) int { return strings.Compare(a.Name, b.Name) })
	return namespaces, warnings
}

// namespaceOf takes a namespace's name apart; false when it is not one of Neutron's.
func namespaceOf(name string) (Namespace, bool) {
	for _, kind := range []Kind{dhcp, router} {
		if id, ok := strings.CutPrefix(name, kind.prefix); ok {
			return Namespace{Name: name, Kind: kind, ID: id}, true
		}
	}
	return Namespace{}, false
}
