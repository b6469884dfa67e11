package pnics

import (
	"slices"
	"strings"

	"calipso.io/calipso/pkg/discover/hostcli"
	"calipso.io/calipso/pkg/model"
)

// ethtoolKeys are the settings that become attributes of their own.
var ethtoolKeys = []string{
	"Supported ports", "Supported link modes", "Supported pause frame use", "Supports auto-negotiation", "Supported FEC modes",
	"Advertised link modes", "Advertised pause frame use", "Advertised auto-negotiation", "Advertised FEC modes",
	"Link partner advertised link modes", "Link partner advertised pause frame use",
	"Link partner advertised auto-negotiation", "Link partner advertised FEC modes",
	"Speed", "Lanes", "Duplex", "Auto-negotiation", "master-slave cfg", "master-slave status", "Port", "PHYAD",
	"Transceiver", "MDI-X", "Supports Wake-on", "Wake-on", "Current message level", "Link detected", "Link Down Events", "SQI",
}

// Setting is a line of ethtool's output, with those that continue it.
type Setting struct {
	Key    string
	Values []string
}

// keyIndent is how far settings are indented; lines that go further continue the setting before.
const keyIndent = 8

// ParseEthtool reads the output of `ethtool` for one NIC.
func ParseEthtool(out []byte) (settings []Setting, warnings []model.Warning) {
	for line := range hostcli.Lines(out) {
		text := strings.TrimSpace(line)
		key, value, isSetting := strings.Cut(text, ":")
		switch indent := indentation(line); {
		case text == "" || indent == 0: // the heading, or "No data available"
		case indent <= keyIndent && isSetting:
			settings = append(settings, Setting{Key: key, Values: nonEmpty(value)})
		case indent > keyIndent && len(settings) > 0:
			last := &settings[len(settings)-1]
			last.Values = append(last.Values, text)
		default:
			warnings = append(warnings, hostcli.Warning(hostcli.Ethtool.Name, line, "not a setting"))
		}
	}
	return settings, warnings
}

// addEthtool makes attributes of settings; settings that are not well known are kept in a list.
func addEthtool(attrs map[string]any, settings []Setting) {
	var other []map[string]any
	for _, s := range settings {
		switch {
		case len(s.Values) == 0:
		case s.Key == "SecureOn password": // nobody's business
		case slices.Contains(ethtoolKeys, s.Key):
			attrs[s.Key] = s.value()
		default:
			other = append(other, map[string]any{"name": s.Key, "value": s.value()})
		}
	}
	if len(other) > 0 {
		attrs["ethtool_other"] = other
	}
}

// value returns a text, or a list where there are several lines.
func (s Setting) value() any {
	if len(s.Values) == 1 {
		return s.Values[0]
	}
	return s.Values
}

func nonEmpty(value string) []string {
	if value = strings.TrimSpace(value); value != "" {
		return []string{value}
	}
	return nil
}

// indentation returns how many columns of blanks a line begins with.
func indentation(line string) (columns int) {
	for _, r := range line {
		switch r {
		case ' ':
			columns++
		case '\t':
			columns += 8 - columns%8
		default:
			return columns
		}
	}
	return columns
}
