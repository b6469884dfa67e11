package model

import (
	"maps"
	"slices"
)

// Hosts returns the entries of a CLI section's key hosts: logins for hosts that the gateway has no keys for. On input
// they may be a list of {name: …} or an object name → {…}; entries that are neither are left out.
func (s Section) Hosts() []Section {
	switch hosts := s["hosts"].(type) {
	case []any:
		return sectionList(hosts)
	case []map[string]any:
		return sectionList(hosts)
	case []Section:
		return hosts
	case map[string]any:
		return sectionMap(hosts)
	}
	return nil
}

func sectionList[E any](list []E) []Section {
	var sections []Section
	for _, entry := range list {
		if s, ok := asSection(entry); ok {
			sections = append(sections, s)
		}
	}
	return sections
}

func sectionMap(hosts map[string]any) []Section {
	var sections []Section
	for _, name := range slices.Sorted(maps.Keys(hosts)) {
		if s, ok := asSection(hosts[name]); ok {
			named := maps.Clone(s)
			named["name"] = name
			sections = append(sections, named)
		}
	}
	return sections
}

func asSection(v any) (Section, bool) {
	switch v := v.(type) {
	case Section:
		return v, v != nil
	case map[string]any:
		return v, v != nil
	}
	return nil, false
}
