package topology

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"calipso.io/calipso/pkg/model"
)

//go:embed data/*.json
var data embed.FS

// LinkType is an entry of the catalogue of link types. Both directions of a link have one; links are stored in one of
// them, clique types may name either.
type LinkType struct {
	Type        string `json:"type"` // "<type of A>-<type of B>"
	EndPointA   string `json:"endPointA"`
	EndPointB   string `json:"endPointB"`
	Description string `json:"description"`
}

// DefaultLinkTypes returns the catalogue of link types that Calipso ships.
func DefaultLinkTypes() ([]LinkType, error) {
	return load[LinkType]("data/link_types.json")
}

// DefaultCliqueConstraints returns the clique constraints that Calipso ships.
func DefaultCliqueConstraints() ([]model.CliqueConstraint, error) {
	return load[model.CliqueConstraint]("data/clique_constraints.json")
}

// DefaultCliqueTypes returns the clique types that Calipso ships, with their ids. All are valid.
func DefaultCliqueTypes() ([]model.CliqueType, error) {
	types, err := load[model.CliqueType]("data/clique_types.json")
	if err != nil {
		return nil, err
	}
	linkTypes, err := DefaultLinkTypes()
	if err != nil {
		return nil, err
	}
	var problems []error
	for i := range types {
		ct := &types[i]
		ct.ID = model.DBID(ct.Environment, "clique_type", ct.FocalPointType, ct.Name)
		problems = append(problems, ValidateCliqueType(ct, linkTypes))
	}
	return types, errors.Join(problems...)
}

// ConstraintsFor returns the attributes that bind the cliques of a type of focal point; none when there is no rule.
func ConstraintsFor(constraints []model.CliqueConstraint, focalType string) []string {
	for _, c := range constraints {
		if c.FocalPointType == focalType {
			return c.Constraints
		}
	}
	return nil
}

// ValidateCliqueType checks that a clique type's link types are in the catalogue and that each can be reached: it begins
// at the focal point or where one before it ends. The error names every link type that is wrong, and why. Where implicit
// links are allowed a link type may join any two types of the catalogue.
func ValidateCliqueType(ct *model.CliqueType, linkTypes []LinkType) error {
	known, ends := map[string]bool{}, map[string]bool{}
	for _, lt := range linkTypes {
		known[lt.Type], ends[lt.EndPointA], ends[lt.EndPointB] = true, true, true
	}
	reached := []string{ct.FocalPointType}
	var problems []error
	for _, lt := range ct.LinkTypes {
		from, to, role := splitLinkType(lt)
		implicit := ct.UseImplicitLinks && ends[from] && ends[to]
		if !known[from+"-"+to] && !implicit {
			problems = append(problems, fmt.Errorf("%q is not a known link type", lt))
		} else if role != "" && !hasRoles(from, to, role[1:]) {
			problems = append(problems, fmt.Errorf("%q: only links of a switch and its ports have a role, one of %s", lt,
				strings.Join(model.SwitchRoles(), ", ")))
		} else if !slices.Contains(reached, from) {
			problems = append(problems, fmt.Errorf("%q begins at a %s, which nothing before it leads to", lt, from))
		}
		reached = append(reached, to)
	}
	if len(ct.LinkTypes) == 0 {
		problems = append(problems, errors.New("it has no link types"))
	}
	if len(problems) > 0 {
		return fmt.Errorf("clique type %q of %s (environment %q): %w",
			ct.Name, ct.FocalPointType, ct.Environment, errors.Join(problems...))
	}
	return nil
}

// hasRoles tells whether links between two types of objects tell the role of a port, and this is one.
func hasRoles(from, to, role string) bool {
	ends := []string{from, to}
	return slices.Contains(ends, model.TypeSwitch) && slices.Contains(ends, model.TypeSwitchPnic) && slices.Contains(model.SwitchRoles(), role)
}

func load[T any](name string) (list []T, err error) {
	content, err := data.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("read built-in data: %w", err)
	}
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&list); err != nil {
		return nil, fmt.Errorf("read built-in %s: %w", name, err)
	}
	return list, nil
}
