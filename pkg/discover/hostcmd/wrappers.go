package hostcmd

import (
	_ "embed"
	"maps"
	"regexp"
	"slices"
	"strings"

	"calipso.io/calipso/pkg/document"
	"calipso.io/calipso/pkg/model"
)

// Wrappers say how commands reach their programs where a distribution keeps these in containers: wrappers.yaml explains
// their form. The first that applies counts.
type Wrappers []Wrapper

// Wrapper is for some environments and hosts.
type Wrapper struct {
	When       model.Conditions    `json:"when"`
	Sudo       *bool               `json:"sudo"` // false: no sudo before what needs root
	Options    []string            `json:"options"`
	Containers map[string][]string `json:"containers"` // by the names of commands
}

// Containers are where a command is run.
type Containers struct {
	Options []string // of docker exec
	Names   []string // patterns: "*" stands for any letters
}

// DefaultWrappers are those that are used when the operator gives none.
//
//go:embed wrappers.yaml
var DefaultWrappers []byte

var (
	namePattern = regexp.MustCompile(`^[A-Za-z0-9_.*-]+$`)
	execOption  = regexp.MustCompile(`^[A-Za-z0-9_./=-]+$`)
)

// ParseWrappers reads wrappers in YAML. What is wrong with them is told with its line: a condition or a command that
// there is not, or a name or an option that can't be one.
func ParseWrappers(source document.Source, commands []string) (Wrappers, error) {
	var wrappers Wrappers
	doc, err := document.Read(source, &wrappers)
	if err != nil {
		return nil, err
	}
	for i, w := range wrappers {
		if err := w.check(doc, i, commands); err != nil {
			return nil, err
		}
	}
	return wrappers, nil
}

func (w Wrapper) check(doc *document.Document, i int, commands []string) error {
	if err := w.When.Check(); err != nil {
		return doc.Errorf(document.Path{i, "when"}, "%w", err)
	}
	for _, option := range w.Options {
		if !execOption.MatchString(option) {
			return doc.Errorf(document.Path{i, "options"}, "%q is no option of docker exec, as --user, nor the value of one", option)
		}
	}
	for _, command := range slices.Sorted(maps.Keys(w.Containers)) {
		at := document.Path{i, "containers", command}
		if !slices.Contains(commands, command) {
			return doc.Errorf(at, "there is no command %q; there are %s", command, strings.Join(commands, ", "))
		}
		for _, name := range w.Containers[command] {
			if !namePattern.MatchString(strings.ReplaceAll(name, versionMark, "")) {
				return doc.Errorf(at, "%q is no name of a container: letters, digits and any of _.-, with * for any letters and {version}", name)
			}
		}
	}
	return nil
}

// versionMark stands in names of containers for the environment's distribution_version.
const versionMark = "{version}"

// Wrap returns the commands as they are run on a host of an environment, and what stands before those that need root.
func (w Wrappers) Wrap(env *model.Environment, host *model.Object, commands []Command, sudo string) ([]Command, string) {
	applying := slices.DeleteFunc(slices.Clone(w), func(w Wrapper) bool { return !w.When.Hold(env, host) })
	wrapped := slices.Clone(commands)
	for i := range wrapped {
		wrapped[i].containers = applying.containers(wrapped[i].Name, env.DistributionVersion)
	}
	if i := slices.IndexFunc(applying, func(w Wrapper) bool { return w.Sudo != nil }); i >= 0 && !*applying[i].Sudo {
		sudo = ""
	}
	return wrapped, sudo
}

// containers returns where a command is run; nil for the host itself.
func (w Wrappers) containers(command, version string) *Containers {
	for _, wrapper := range w {
		if names := wrapper.Containers[command]; len(names) > 0 {
			c := &Containers{Options: wrapper.Options}
			for _, name := range names {
				c.Names = append(c.Names, strings.ReplaceAll(name, versionMark, version))
			}
			return c
		}
	}
	return nil
}
