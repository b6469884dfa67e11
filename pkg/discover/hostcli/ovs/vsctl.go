package ovs

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"calipso.io/calipso/pkg/discover/hostcli"
	"calipso.io/calipso/pkg/model"
)

// Bridge is a bridge of Open vSwitch.
type Bridge struct {
	Name       string
	Interfaces []Interface
}

// Interface is an interface of a bridge's port. All ports but bonds have one, of the same name.
type Interface struct {
	Name    string
	Port    string
	Type    string // "system" when Open vSwitch names none: a device of the host
	Tag     string // the port's VLAN within the bridge, "" for none
	Options map[string]string
}

// TypeInternal is the type of interfaces that Open vSwitch makes as devices of the host.
const TypeInternal = "internal"

// IsTunnel tells whether the interface sends to other hosts, wrapped.
func (i *Interface) IsTunnel() bool {
	return slices.Contains([]string{"vxlan", "gre", "geneve"}, i.Type)
}

// Has tells whether an interface is in the bridge.
func (b *Bridge) Has(name string) bool {
	return slices.ContainsFunc(b.Interfaces, func(i Interface) bool { return i.Name == name })
}

// IsInternal tells whether an interface of that name is in the bridge, and Open vSwitch made it.
func (b *Bridge) IsInternal(name string) bool {
	return slices.ContainsFunc(b.Interfaces, func(i Interface) bool { return i.Name == name && i.Type == TypeInternal })
}

var (
	// What options are called: the vocabulary of Open vSwitch.
	optionKey  = regexp.MustCompile(`^[a-z][a-z0-9_-]*$`)
	systemUUID = regexp.MustCompile(`^[0-9a-f-]{36}$`)
)

// ParseVsctl reads the output of `ovs-vsctl show`. Bridges and interfaces come sorted by name: the command's order
// is no order.
func ParseVsctl(out []byte) ([]Bridge, []model.Warning) {
	p := vsctlParser{}
	for line := range hostcli.Lines(out) {
		if reason := p.read(line); reason != "" {
			p.warnings = append(p.warnings, hostcli.Warning(hostcli.VsctlShow.Name, line, reason))
		}
	}
	slices.SortStableFunc(p.bridges, func(a, b Bridge) int { return cmp.Compare(a.Name, b.Name) })
	for _, b := range p.bridges {
		slices.SortStableFunc(b.Interfaces, func(a, b Interface) int { return cmp.Compare(a.Name, b.Name) })
	}
	return p.bridges, p.warnings
}

type vsctlParser struct {
	bridges  []Bridge
	warnings []model.Warning
	port     string // the port that is being read; "" when it is something else
	tag      string
	inside   bool // an interface of the port is being read
}

// read takes in a line; it returns what is wrong with it. There are thousands of them on each host of a large cloud, which
// has a tunnel between any two hosts; so this does without patterns.
func (p *vsctlParser) read(line string) (reason string) {
	text := strings.TrimSpace(line)
	if what, name, ok := strings.Cut(text, " "); ok && opens(what) {
		return p.open(what, unquote(name))
	}
	if key, value, ok := strings.Cut(text, ":"); ok && isWord(key) {
		return p.property(key, strings.TrimSpace(value))
	}
	if text != "" && !systemUUID.MatchString(text) {
		return "neither a bridge, a port, an interface nor a property"
	}
	return ""
}

// opens tells whether a line that begins with a word begins something, rather than says something of it.
func opens(word string) bool {
	switch word {
	case "Bridge", "Port", "Interface", "Manager", "Controller":
		return true
	}
	return false
}

// isWord tells whether a text can be the name of a property.
func isWord(text string) bool {
	return text != "" && strings.Trim(text, "abcdefghijklmnopqrstuvwxyz_") == ""
}

func (p *vsctlParser) open(what, name string) (reason string) {
	switch {
	case what == "Port" && len(p.bridges) == 0:
		return "a port outside of a bridge"
	case what == "Interface" && p.port == "":
		return "an interface outside of a port"
	case what == "Bridge":
		p.bridges = append(p.bridges, Bridge{Name: name})
	case what == "Interface":
		b := &p.bridges[len(p.bridges)-1]
		b.Interfaces = append(b.Interfaces, Interface{Name: name, Port: p.port, Type: "system", Tag: p.tag})
		p.inside = true
		return ""
	}
	p.port, p.tag, p.inside = "", "", false
	if what == "Port" {
		p.port = name
	}
	return ""
}

func (p *vsctlParser) property(key, value string) (reason string) {
	switch {
	case p.inside:
		b := &p.bridges[len(p.bridges)-1]
		i := &b.Interfaces[len(b.Interfaces)-1]
		switch key {
		case "type":
			i.Type = unquote(value)
		case "options":
			i.Options = parseOptions(value)
		}
	case p.port != "" && key == "tag":
		if _, err := strconv.Atoi(value); err != nil {
			return "not a VLAN's number"
		}
		p.tag = value
	}
	return ""
}

// option is one of `{df_default="true", out_key=flow}`.
var option = regexp.MustCompile(`([^\s{},=]+)=("(?:[^"\\]|\\.)*"|[^\s{},"]*)`)

func parseOptions(text string) map[string]string {
	options := map[string]string{}
	for _, m := range option.FindAllStringSubmatch(text, -1) {
		if optionKey.MatchString(m[1]) {
			options[m[1]] = unquote(m[2])
		}
	}
	return options
}

func unquote(text string) string {
	if s, err := strconv.Unquote(text); err == nil {
		return hostcli.Text(s)
	}
	return text
}
