package topology

import (
	_ "embed"
	"errors"
	"fmt"
	"slices"
	"strings"

	"calipso.io/calipso/pkg/document"
	"calipso.io/calipso/pkg/model"
)

// What is shipped. An operator's files may stand in its place or add to it.
var (
	//go:embed data/link_types.json
	DefaultLinkTypesData []byte
	//go:embed data/clique_types.json
	DefaultCliqueTypesData []byte
	//go:embed data/clique_constraints.json
	DefaultConstraintsData []byte
)

// LinkType is an entry of the catalogue of link types.
type LinkType = model.LinkType

// DefaultLinkTypes returns the catalogue of link types that Calipso ships.
func DefaultLinkTypes() ([]LinkType, error) {
	return ParseLinkTypes(shipped("link_types", DefaultLinkTypesData))
}

// DefaultCliqueConstraints returns the clique constraints that Calipso ships.
func DefaultCliqueConstraints() ([]model.CliqueConstraint, error) {
	return ParseConstraints(shipped("clique_constraints", DefaultConstraintsData))
}

// DefaultCliqueTypes returns the clique types that Calipso ships, with their ids. All are valid.
func DefaultCliqueTypes() ([]model.CliqueType, error) {
	linkTypes, err := DefaultLinkTypes()
	if err != nil {
		return nil, err
	}
	return ParseCliqueTypes(shipped("clique_types", DefaultCliqueTypesData), linkTypes)
}

func shipped(name string, content []byte) document.Source {
	return document.Source{File: name + " (built in)", Content: content}
}

// ParseLinkTypes reads link types in YAML or JSON. Each is "<type of A>-<type of B>" and has a description.
func ParseLinkTypes(source document.Source) ([]LinkType, error) {
	var types []LinkType
	doc, err := document.Read(source, &types)
	if err != nil {
		return nil, err
	}
	for i, lt := range types {
		switch {
		case lt.EndPointA == "" || lt.EndPointB == "" || lt.Type != lt.EndPointA+"-"+lt.EndPointB:
			return nil, doc.Errorf(document.Path{i, "type"}, "type %q must be endPointA-endPointB, which is %q", lt.Type, lt.EndPointA+"-"+lt.EndPointB)
		case lt.Description == "":
			return nil, doc.Errorf(document.Path{i}, "%s has no description", lt.Type)
		}
		types[i].ID = model.LinkTypeID(lt.Type)
	}
	return types, nil
}

// ParseCliqueTypes reads clique types in YAML or JSON, checks them (see ValidateCliqueType) and gives them their ids.
func ParseCliqueTypes(source document.Source, linkTypes []LinkType) ([]model.CliqueType, error) {
	var types []model.CliqueType
	doc, err := document.Read(source, &types)
	if err != nil {
		return nil, err
	}
	for i := range types {
		types[i].ID = CliqueTypeID(&types[i])
		if err := ValidateCliqueType(&types[i], linkTypes); err != nil {
			return nil, doc.Errorf(document.Path{i, "link_types"}, "%w", err)
		}
	}
	return types, nil
}

// CliqueTypeID derives a clique type's document id from its natural key.
func CliqueTypeID(ct *model.CliqueType) string {
	return model.DBID(ct.Environment, "clique_type", ct.FocalPointType, ct.Name)
}

// ParseConstraints reads clique constraints in YAML or JSON.
func ParseConstraints(source document.Source) ([]model.CliqueConstraint, error) {
	var constraints []model.CliqueConstraint
	doc, err := document.Read(source, &constraints)
	if err != nil {
		return nil, err
	}
	for i, c := range constraints {
		if c.FocalPointType == "" {
			return nil, doc.Errorf(document.Path{i}, "it has no focal_point_type")
		}
		if j := slices.IndexFunc(c.Constraints, func(attr string) bool { return attr != ConstraintNetwork }); j >= 0 {
			return nil, doc.Errorf(document.Path{i, "constraints"}, "%q is no attribute that cliques can be bound by; there is %s", c.Constraints[j], ConstraintNetwork)
		}
		constraints[i].ID = model.CliqueConstraintID(c.Environment, c.FocalPointType)
	}
	return constraints, nil
}

// ConstraintNetwork keeps a clique to the networks of its focal point.
const ConstraintNetwork = "network"

// ConstraintsFor returns the attributes that bind the cliques of a type of focal point in an environment: those of its own rule,
// else those of the first rule for all environments; none when there is no rule.
func ConstraintsFor(constraints []model.CliqueConstraint, environment, focalType string) []string {
	for _, of := range []string{environment, ""} {
		for _, c := range constraints {
			if c.FocalPointType == focalType && c.Environment == of {
				return c.Constraints
			}
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
