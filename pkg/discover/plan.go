package discover

import (
	"cmp"
	_ "embed"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"calipso.io/calipso/pkg/model"
	"sigs.k8s.io/yaml"
)

// Plan says what is looked for below which type of object: plan.yaml explains its form.
type Plan []PlanStep

// PlanStep says what is looked for below objects of one type.
type PlanStep struct {
	Parent string  `json:"parent"`
	Task   bool    `json:"task,omitempty"` // a task of its own for each parent
	Find   []Entry `json:"find"`
}

// Entry is one thing to find: a folder or what a fetcher finds.
type Entry struct {
	Folder  string   `json:"folder,omitempty"`
	Text    string   `json:"text,omitempty"`
	Type    string   `json:"type,omitempty"`
	AddsTo  string   `json:"adds_to,omitempty"`
	Fetcher string   `json:"fetcher,omitempty"`
	Needs   []string `json:"needs,omitempty"`

	// KnownOnly says that what is found is only for the fetchers after this one.
	KnownOnly bool `json:"known_only,omitempty"`

	// When holds the condition: for each key, one of the values.
	When map[string][]string `json:"when,omitempty"`
}

// DefaultPlan is the plan that is used when the operator gives none.
//
//go:embed plan.yaml
var DefaultPlan []byte

// ParsePlan reads a plan in YAML and checks it against the fetchers that there are: every fetcher is known, every
// condition's key is known, and no type of object is found below itself. Errors say which step and entry is meant.
func ParsePlan(data []byte, fetchers map[string]Constructor) (Plan, error) {
	var plan Plan
	if err := yaml.UnmarshalStrict(data, &plan); err != nil {
		return nil, fmt.Errorf("scan plan: %w", err)
	}
	seen := map[string]bool{}
	for _, step := range plan {
		if step.Parent == "" || seen[step.Parent] {
			return nil, fmt.Errorf("scan plan: step %q: each step needs a parent, and each parent one step", step.Parent)
		}
		seen[step.Parent] = true
		earlier := map[string]bool{}
		for i, e := range step.Find {
			if err := e.check(step, fetchers, earlier); err != nil {
				return nil, fmt.Errorf("scan plan: step %q, entry %d: %w", step.Parent, i+1, err)
			}
			earlier[e.Fetcher] = true
		}
	}
	if !seen[model.TypeEnvironment] {
		return nil, fmt.Errorf("scan plan: there is no step for parent %q, where every scan begins", model.TypeEnvironment)
	}
	return plan, plan.checkCycle()
}

var conditionKeys = []string{"environment_type", "distribution", "distribution_version", "mechanism_drivers",
	"type_drivers", "aci_enabled", "host_type"}

func (e Entry) check(step PlanStep, fetchers map[string]Constructor, earlier map[string]bool) error {
	for key := range e.When {
		if !slices.Contains(conditionKeys, key) {
			return fmt.Errorf("unknown condition %q; there are %s", key, strings.Join(conditionKeys, ", "))
		}
	}
	if e.Folder != "" {
		if e.Fetcher != "" || e.AddsTo != "" || e.Text == "" {
			return fmt.Errorf("a folder has a text, and no fetcher")
		}
		return nil
	}
	switch {
	case fetchers[e.Fetcher] == nil:
		return fmt.Errorf("unknown fetcher %q", e.Fetcher)
	case (e.Type == "") == (e.AddsTo == ""):
		return fmt.Errorf("fetcher %s: give either type or adds_to", e.Fetcher)
	case !step.Task:
		return fmt.Errorf("fetcher %s: only steps with \"task: true\" have fetchers", e.Fetcher)
	case earlier[e.Fetcher]:
		return fmt.Errorf("fetcher %s stands in this step twice", e.Fetcher)
	}
	for _, need := range e.Needs {
		if !earlier[need] {
			return fmt.Errorf("fetcher %s needs %q, which does not stand before it in this step", e.Fetcher, need)
		}
	}
	return nil
}

// checkCycle looks for a type of object that is found, over any number of steps, below itself.
func (p Plan) checkCycle() error {
	var visit func(parent string, path []string) error
	visit = func(parent string, path []string) error {
		path = append(path, parent)
		if i := slices.Index(path[:len(path)-1], parent); i >= 0 {
			return fmt.Errorf("scan plan: %s is found below itself", strings.Join(path[i:], " > "))
		}
		for _, e := range p.step(parent).Find {
			if e.Type == "" || e.Folder != "" {
				continue
			}
			if err := visit(e.Type, path); err != nil {
				return err
			}
		}
		return nil
	}
	for _, step := range p {
		if err := visit(step.Parent, nil); err != nil {
			return err
		}
	}
	return nil
}

// step returns the step for a type of parent; the zero PlanStep finds nothing.
func (p Plan) step(parent string) PlanStep {
	for _, s := range p {
		if s.Parent == parent {
			return s
		}
	}
	return PlanStep{Parent: parent}
}

// IsTask tells whether objects of a type have a step that is a task of its own.
func (p Plan) IsTask(objectType string) bool { return p.step(objectType).Task }

// Finds returns the type of objects that a fetcher finds below a type of parent, or adds to.
func (p Plan) Finds(parent, fetcher string) (objectType string, adds bool) {
	for _, e := range p.step(parent).Find {
		if e.Fetcher == fetcher {
			return cmp.Or(e.Type, e.AddsTo), e.Type == ""
		}
	}
	return "", false
}

// applies tells whether the entry's condition holds for an environment and a parent.
func (e Entry) applies(env *model.Environment, parent *model.Object) bool {
	have := map[string][]string{
		"environment_type":     {env.Kind()},
		"distribution":         {env.Distribution},
		"distribution_version": {env.DistributionVersion},
		"mechanism_drivers":    env.MechanismDrivers,
		"type_drivers":         {env.TypeDrivers},
		"aci_enabled":          {strconv.FormatBool(env.ACIEnabled)},
		"host_type":            parent.Strs("host_type"),
	}
	for key, want := range e.When {
		if !slices.ContainsFunc(have[key], func(v string) bool { return slices.Contains(want, v) }) {
			return false
		}
	}
	return true
}
