// Package faults names what can be wrong with a simulated cloud.
package faults

import (
	"slices"
	"strings"
)

// Set is all that is wrong with one environment. The zero value is a healthy one. A Set is not changed once it is in
// use, but replaced.
type Set struct {
	API map[string]API // by the beginning of the request's path, like "/v2.0/ports"

	RefuseAPI, RefuseSSH, RefuseSQL, RefuseAPIC bool // logins there fail as if the password, or key, were wrong

	APICUses int // for how many requests a token of the APIC is good; 0: for all of ten minutes

	Closed []string // listeners that are closed: keystone, nova, neutron, mysql, ssh, apic

	Hosts map[string]Host // what the gateway gets when it connects to a host, by the host's name

	Missing map[string][]string          // commands that are not there, by host name; AllHosts for every one
	Output  map[string]map[string]Output // what goes wrong with a command, by host name (or AllHosts) and command, like "ovs-vsctl" or "ip address"

	RefuseSudo      bool // sudo wants a password on all hosts
	NewHostKey      bool // the gateway shows another SSH host key than before
	NoNeutronSchema bool // the database has no schema for Neutron
}

// AllHosts stands for every host.
const AllHosts = "*"

// API is what is wrong with an API's answers.
type API string

// The faults of APIs.
const (
	Error500      API = "500"       // an error of the service
	HTML          API = "html"      // a web page where JSON should be, with status 200
	TruncatedJSON API = "truncated" // half of the answer
	HangingAPI    API = "hang"      // no answer until the client gives up
	LostRows      API = "rows"      // of the APIC: half of the objects, and the number of all
)

// Host is what is wrong with a host's SSH server.
type Host string

// The faults of hosts.
const (
	Unreachable Host = "timeout" // connecting times out; the time is not really waited for
	Refused     Host = "refused" // connecting is refused
	HangingHost Host = "hang"    // logging in works, commands never end
)

// Output is what is wrong with a command's output.
type Output string

// The faults of commands.
const (
	Garbage   Output = "garbage"   // bytes that mean nothing, exit status 0
	Truncated Output = "truncated" // half of the output, exit status 0
	Fails     Output = "fails"     // a message on stderr, exit status 1
	Hangs     Output = "hangs"     // never ends
)

// APIFault returns what is wrong with answers to a path, or "". The longest beginning counts.
func (s *Set) APIFault(path string) API {
	var longest string
	for prefix := range s.API {
		if strings.HasPrefix(path, prefix) && len(prefix) >= len(longest) {
			longest = prefix
		}
	}
	return s.API[longest]
}

// MissingCommand says whether a command is missing on a host.
func (s *Set) MissingCommand(host, command string) bool {
	return slices.Contains(s.Missing[host], command) || slices.Contains(s.Missing[AllHosts], command)
}

// OutputFault returns what is wrong with a command line on a host, or "".
func (s *Set) OutputFault(host, line string) Output {
	for _, h := range []string{host, AllHosts} {
		for command, fault := range s.Output[h] {
			if line == command || strings.HasPrefix(line, command+" ") {
				return fault
			}
		}
	}
	return ""
}

// IsClosed says whether a listener is closed.
func (s *Set) IsClosed(listener string) bool { return slices.Contains(s.Closed, listener) }
