// Package variance knows which clouds are supported, and for what: the variances of distribution, its version, mechanism
// driver and type driver.
package variance

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"calipso.io/calipso/pkg/document"
	"calipso.io/calipso/pkg/model"
)

// Table is what is supported: supported_environments.yaml explains its form.
type Table []Row

// Row stands for every combination of its values.
type Row struct {
	Environment Environment `json:"environment"`
	Features    Features    `json:"features"`
}

// Environment is what environments are told apart by.
type Environment struct {
	Distribution     []string `json:"distribution"`
	Versions         []string `json:"distribution_version"` // "*": any
	MechanismDrivers []string `json:"mechanism_drivers"`
	TypeDrivers      []string `json:"type_drivers"`
}

// Features is what can be done with an environment.
type Features struct {
	Scanning   bool `json:"scanning"`
	Listening  bool `json:"listening"`
	Monitoring bool `json:"monitoring"`
}

// Names of features, for messages.
const (
	Scanning   = "scanning"
	Listening  = "listening"
	Monitoring = "monitoring"
)

// Has tells whether a feature is one of these.
func (f Features) Has(feature string) bool {
	return map[string]bool{Scanning: f.Scanning, Listening: f.Listening, Monitoring: f.Monitoring}[feature]
}

// DefaultTable is the table that is used when the operator gives none.
//
//go:embed supported_environments.yaml
var DefaultTable []byte

// Parse reads a table in YAML, or in the JSON of the collection supported_environments. Errors say in which line.
func Parse(source document.Source) (Table, error) {
	var table Table
	doc, err := document.Read(source, &table)
	if err != nil {
		return nil, err
	}
	for i, row := range table {
		for key, values := range map[string][]string{
			"distribution": row.Environment.Distribution, "distribution_version": row.Environment.Versions,
			"mechanism_drivers": row.Environment.MechanismDrivers, "type_drivers": row.Environment.TypeDrivers,
		} {
			if len(values) == 0 {
				return nil, doc.Errorf(document.Path{i, "environment", key}, "the row has no %s", key)
			}
		}
	}
	return table, nil
}

// Features returns what can be done with an environment: nothing when no row has it.
func (t Table) Features(env *model.Environment) Features {
	for _, driver := range env.MechanismDrivers {
		if row := t.find(env, driver); row != nil {
			return row.Features
		}
	}
	return Features{}
}

// find returns the row for an environment and one of its mechanism drivers; nil when there is none. Of the rows for
// versions before the environment's, it is that for the latest.
func (t Table) find(env *model.Environment, driver string) *Row {
	var best *Row
	latest := ""
	for i := range t {
		e := &t[i].Environment
		if !slices.Contains(e.Distribution, env.Distribution) || !slices.Contains(e.MechanismDrivers, driver) ||
			!slices.Contains(e.TypeDrivers, env.TypeDrivers) {
			continue
		}
		for _, version := range e.Versions {
			if version == "*" || model.VersionFits(version, env.DistributionVersion) {
				return &t[i]
			}
			if isLater(env.DistributionVersion, version) && (best == nil || isLater(version, latest)) {
				best, latest = &t[i], version
			}
		}
	}
	return best
}

// isLater tells whether a version is known to come after another.
func isLater(version, other string) bool {
	order, ok := model.CompareVersions(version, other)
	return ok && order > 0
}

// UnsupportedError says that a feature is not there for a variance, and for which it is.
type UnsupportedError struct {
	Variance string
	Feature  string
	Nearest  []string // at most three supported variances
}

// Error names the variance, the feature and what is nearest.
func (e *UnsupportedError) Error() string {
	text := fmt.Sprintf("%s is not supported with %s", e.Feature, e.Variance)
	if len(e.Nearest) > 0 {
		text += "; the nearest that are: " + strings.Join(e.Nearest, "; ")
	}
	return text
}

// Check returns an *UnsupportedError when an environment can't be used for a feature. An empty table
// refuses nothing, and environments of other types than OpenStack are not in it.
func (t Table) Check(env *model.Environment, feature string) error {
	if len(t) == 0 || env.Kind() != model.EnvironmentOpenStack || t.Features(env).Has(feature) {
		return nil
	}
	return &UnsupportedError{Feature: feature, Nearest: t.nearest(env, feature),
		Variance: describe(env.Distribution, env.DistributionVersion, strings.Join(env.MechanismDrivers, ", "), env.TypeDrivers)}
}

func describe(distribution, version, mechanism, types string) string {
	if version == "*" {
		version = "(any version)"
	}
	return fmt.Sprintf("%s %s, %s, %s", distribution, version, mechanism, types)
}
