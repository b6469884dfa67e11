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

// ValidateEnvironment checks an environment as it is to be stored; secrets may be sealed or masked. The drivers may be those
// of the constants, too. The error is an *InvalidError with all that is wrong.
func ValidateEnvironment(e *Environment, constants Constants) error {
	c := checker{constants: constants}
	c.environment(e)
	return c.err()
}

// checker collects problems, one for a path.
type checker struct {
	constants Constants
	problems  []Problem
}

// oneOf is the rule for one of the values, or of those of a constant.
func (c *checker) oneOf(values []string, constant string) rule {
	more := slices.DeleteFunc(c.constants.Values(constant), func(v string) bool { return slices.Contains(values, v) })
	return oneOf(slices.Concat(values, more)...)
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
	c.needed("distribution", e.Distribution, aText)
	c.needed("distribution_version", e.DistributionVersion, aText)
	c.mechanismDrivers(e.MechanismDrivers)
	c.needed("type_drivers", e.TypeDrivers, c.oneOf(TypeDrivers(), ConstantTypeDrivers))
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
	if e.ReconcileMinutes != nil {
		c.value("reconcile_minutes", *e.ReconcileMinutes, someMinutes)
	}
	c.sections(e)
}

func (c *checker) name(name string) {
	const right = `1 to 64 letters, digits, spaces (not at the ends) and any of _.:@-`
	c.needed("name", name, rule{right: right, ok: func(any) bool { return environmentName.MatchString(name) }})
	if name == "ANY" {
		c.add("name", `"ANY" stands for all environments: take another name`)
	}
}

func (c *checker) mechanismDrivers(drivers []string) {
	known := c.oneOf(MechanismDrivers(), ConstantMechanismDrivers)
	if len(drivers) == 0 {
		c.missing("mechanism_drivers", "a list of "+known.right)
	}
	for i, driver := range drivers {
		path := fmt.Sprintf("mechanism_drivers[%d]", i)
		c.value(path, driver, known)
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
