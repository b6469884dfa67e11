package openstack

import (
	"net/netip"
	"strings"

	"calipso.io/calipso/pkg/discover"
	"calipso.io/calipso/pkg/model"
)

// hostNames knows the names of hosts. Nova, Neutron and the hypervisors may write the name of one host differently:
// in other letters, or one with its domain and the other without.
type hostNames struct {
	exact map[string]string   // in small letters → the name
	short map[string][]string // first label of names with a domain, in small letters → the names
}

func newHostNames() *hostNames {
	return &hostNames{exact: map[string]string{}, short: map[string][]string{}}
}

// knownHosts returns the names of the hosts that are known to a step.
func knownHosts(req *discover.Request) *hostNames {
	n := newHostNames()
	for _, host := range req.Known(model.TypeHost) {
		n.add(host.ID)
	}
	return n
}

func (n *hostNames) add(name string) {
	small := strings.ToLower(name)
	n.exact[small] = name
	if label, domain := split(small); domain {
		n.short[label] = append(n.short[label], name)
	}
}

// find returns the host that is meant by a name. A full name stands for the host whose known name is its first label;
// a name without a domain for the host whose known name begins with it, if there is only one.
func (n *hostNames) find(name string) (host string, ok bool) {
	small := strings.ToLower(name)
	if host, ok = n.exact[small]; ok {
		return host, true
	}
	label, domain := split(small)
	if domain {
		host, ok = n.exact[label]
		return host, ok
	}
	if same := n.short[label]; len(same) == 1 {
		return same[0], true
	}
	return "", false
}

// resolve returns the host that is meant by a name, and the name itself when no such host is known.
func (n *hostNames) resolve(name string) string {
	if host, ok := n.find(name); ok {
		return host
	}
	return name
}

// split returns the first label of a name, and whether a domain follows. An address is all of a name.
func split(name string) (label string, domain bool) {
	if _, err := netip.ParseAddr(name); err == nil {
		return name, false
	}
	label, _, domain = strings.Cut(name, ".")
	return label, domain && label != ""
}
