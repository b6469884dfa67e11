// Package groups says what the members of groups may do that a directory of users (LDAP, OpenID Connect) knows.
package groups

import (
	"errors"
	"os"
	"slices"
	"strings"

	"calipso.io/calipso/pkg/auth"
	"calipso.io/calipso/pkg/auth/ldap"
	"calipso.io/calipso/pkg/document"
)

// Grant is what somebody may do: roles for all environments, and environments that may be seen and changed.
type Grant struct {
	Roles []string `json:"roles"`
	View  []string `json:"view-env"`
	Edit  []string `json:"edit-env"`
}

// Mapping has what the members of each group may do. The nil Mapping has no groups.
type Mapping map[string]Grant

type entry struct {
	Group string `json:"group"`
	Grant
}

// Read reads a mapping from a YAML file: a list of {group, roles, view-env, edit-env}. All that is wrong with it is told, a
// line for each, with the file's name and the line.
func Read(path string) (Mapping, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var entries []entry
	doc, err := document.Read(document.Source{File: path, Content: content}, &entries)
	if err != nil {
		return nil, err
	}
	m, problems := Mapping{}, []error{}
	for i, e := range entries {
		key := keyOf(e.Group)
		problems = append(problems, e.check(doc.Place(i)))
		if _, twice := m[key]; twice {
			problems = append(problems, doc.Place(i).Errorf("group", "group: %q is there already", e.Group))
		}
		m[key] = e.Grant
	}
	return m, errors.Join(problems...)
}

func (e entry) check(at document.Place) error {
	var problems []error
	if strings.TrimSpace(e.Group) == "" {
		problems = append(problems, at.Errorf("group", "group: the group's name is missing"))
	}
	for _, role := range e.Roles {
		if !slices.Contains(auth.Roles(), role) {
			problems = append(problems, at.Errorf("roles", "roles: %q must be one of %s", role, strings.Join(auth.Roles(), ", ")))
		}
	}
	blank := func(name string) bool { return strings.TrimSpace(name) == "" }
	if slices.ContainsFunc(e.View, blank) {
		problems = append(problems, at.Errorf("view-env", "view-env: an environment's name is blank"))
	}
	if slices.ContainsFunc(e.Edit, blank) {
		problems = append(problems, at.Errorf("edit-env", "edit-env: an environment's name is blank"))
	}
	if len(e.Roles)+len(e.View)+len(e.Edit) == 0 {
		problems = append(problems, at.Errorf("group", "group: %q may do nothing: roles, view-env or edit-env is missing", e.Group))
	}
	return errors.Join(problems...)
}

// Of returns what somebody may do who is in these groups.
func (m Mapping) Of(names []string) Grant {
	var g Grant
	for _, name := range names {
		one := m[keyOf(name)]
		g.Roles, g.View, g.Edit = append(g.Roles, one.Roles...), append(g.View, one.View...), append(g.Edit, one.Edit...)
	}
	return Grant{distinct(g.Roles), distinct(g.View), distinct(g.Edit)}
}

func distinct(names []string) []string {
	slices.Sort(names)
	return slices.Compact(names)
}

// keyOf makes different ways to write a distinguished name the same. Other names are taken as they are.
func keyOf(name string) string {
	if canonical, ok := ldap.CanonicalDN(name); ok {
		return canonical
	}
	return name
}
