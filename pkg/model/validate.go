package model

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Problem is something in an environment's document that is not as it must be.
type Problem struct {
	Path    string // of the value: "configuration[1].CLI.host"
	Message string // what is wrong, and what would be right; never tells a secret
}

// InvalidError is the error for a document with problems: all of them.
type InvalidError struct {
	Problems []Problem
}

// Error returns one line for each problem: "<path>: <message>".
func (e *InvalidError) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = strings.TrimPrefix(p.Path+": "+p.Message, ": ")
	}
	return strings.Join(lines, "\n")
}

// ValidateEnvironment checks an environment as it is to be stored; secrets may be sealed or masked. The error is an
// *InvalidError with all that is wrong.
func ValidateEnvironment(e *Environment) error {
	var c checker
	c.environment(e)
	return c.err()
}

// checker collects problems, one for a path.
type checker struct {
	problems []Problem
}

func (c *checker) has(path string) bool {
	return slices.ContainsFunc(c.problems, func(p Problem) bool { return p.Path == path })
}

func (c *checker) add(path, format string, args ...any) {
	if !c.has(path) {
		c.problems = append(c.problems, Problem{path, fmt.Sprintf(format, args...)})
	}
}

func (c *checker) err() error {
	if len(c.problems) == 0 {
		return nil
	}
	return &InvalidError{c.problems}
}

// Values of an environment's fields.
var (
	environmentTypes  = []string{EnvironmentOpenStack, "Kubernetes", "VMware", "Bare-metal"}
	operationalStates = []string{"stopped", "running", "error"}
	distributions     = []string{"Mirantis", "RDO", "Devstack", "Canonical", "Apex", "Packstack", "Stratoscale", "Mercury", "OpenStack"}
	mechanismDrivers  = []string{"OVS", "VPP", "LXB", "SRIOV", "Arista", "Nexus"}
	typeDrivers       = []string{"local", "vlan", "vxlan", "gre", "flat", "geneve"}
)

// The name is part of paths, whose parts "/" separates.
var environmentName = regexp.MustCompile(`^[A-Za-z0-9_.:@-]([A-Za-z0-9_.:@ -]{0,62}[A-Za-z0-9_.:@-])?$`)

func (c *checker) environment(e *Environment) {
	c.name(e.Name)
	if e.Type != "" {
		c.value("type", e.Type, oneOf("environment"))
	}
	if e.EnvironmentType != "" {
		c.value("environment_type", e.EnvironmentType, oneOf(environmentTypes...))
	}
	c.needed("distribution", e.Distribution, oneOf(distributions...))
	c.needed("distribution_version", e.DistributionVersion, aText)
	c.mechanismDrivers(e.MechanismDrivers)
	c.needed("type_drivers", e.TypeDrivers, oneOf(typeDrivers...))
	if e.AppPath != "" {
		c.value("app_path", e.AppPath, aPath)
	}
	if e.Operational != "" {
		c.value("operational", e.Operational, oneOf(operationalStates...))
	}
	if e.User != "" {
		c.value("user", e.User, aText)
	}
	c.auth(e.Auth)
	c.limits(e.Limits.values())
	c.sections(e)
	c.features(e)
}

func (c *checker) name(name string) {
	const right = `1 to 64 letters, digits, spaces (not at the ends) and any of _.:@-`
	c.needed("name", name, rule{right: right, ok: func(any) bool { return environmentName.MatchString(name) }})
	if name == "ANY" {
		c.add("name", `"ANY" stands for all environments: take another name`)
	}
}

func (c *checker) mechanismDrivers(drivers []string) {
	if len(drivers) == 0 {
		c.missing("mechanism_drivers", "a list of "+oneOf(mechanismDrivers...).right)
	}
	for i, driver := range drivers {
		path := fmt.Sprintf("mechanism_drivers[%d]", i)
		c.value(path, driver, oneOf(mechanismDrivers...))
		if slices.Contains(drivers[:i], driver) {
			c.add(path, "%q is there twice", driver)
		}
	}
}

func (c *checker) auth(auth *EnvAuth) {
	if auth == nil {
		return
	}
	if auth.ViewEnv == nil {
		c.missing("auth.view-env", "a list of user names")
	}
	if auth.EditEnv == nil {
		c.missing("auth.edit-env", "a list of user names")
	}
}

// features refuses what is not supported for some distributions.
func (c *checker) features(e *Environment) {
	for _, u := range unsupported {
		if e.Distribution != u.distribution || e.DistributionVersion != u.version || e.TypeDrivers != "vlan" ||
			!slices.Contains(e.MechanismDrivers, "OVS") {
			continue
		}
		for i, s := range e.Configuration {
			if s.Name() == u.section {
				c.add(sectionPath(i, s), "%s is not supported with %s %s: remove the section", u.feature, u.distribution, u.version)
			}
		}
	}
}

// unsupported lists what does not work, all of it with Open vSwitch and vlan.
var unsupported = []struct{ distribution, version, feature, section string }{
	{"Mercury", "10239", "monitoring", "Monitoring"},
	{"Mercury", "10307", "monitoring", "Monitoring"},
	{"Stratoscale", "2.1.6", "listening", SectionAMQP},
}
