package discover

import (
	"cmp"
	_ "embed"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"calipso.io/calipso/pkg/document"
	"calipso.io/calipso/pkg/model"
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

	When model.Conditions `json:"when,omitempty"`

	place document.Place // where it stands
}

// DefaultPlan is the plan that is used when the operator gives none.
//
//go:embed plan.yaml
var DefaultPlan []byte

// ParsePlan reads a plan in YAML from one or more files, of which the later ones add steps, and entries to the steps of
// the ones before them. It checks the plan against the fetchers that there are: every fetcher is known, every condition's
// key is known, and no type of object is found below itself. Errors say in which line of which file.
func ParsePlan(fetchers map[string]Constructor, sources ...document.Source) (Plan, error) {
	var plan Plan
	for _, source := range sources {
		steps, err := readSteps(source)
		if err != nil {
			return nil, err
		}
		for _, step := range steps {
			plan = plan.with(step)
		}
	}
	for _, step := range plan {
		earlier := map[string]bool{}
		for _, e := range step.Find {
			if key, err := e.check(step, fetchers, earlier); err != nil {
				return nil, e.place.Errorf(key, "%w", err)
			}
			earlier[e.Fetcher] = true
		}
	}
	if !slices.ContainsFunc(plan, func(s PlanStep) bool { return s.Parent == model.TypeEnvironment }) {
		return nil, fmt.Errorf("%s: there is no step for parent %q, where every scan begins", sources[0].File, model.TypeEnvironment)
	}
	return plan, plan.checkCycle()
}

// readSteps reads the steps of one file.
func readSteps(source document.Source) ([]PlanStep, error) {
	var steps []PlanStep
	doc, err := document.Read(source, &steps)
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for i, step := range steps {
		if step.Parent == "" || seen[step.Parent] {
			return nil, doc.Errorf(document.Path{i, "parent"}, "step %q: each step needs a parent, and each parent one step", step.Parent)
		}
		seen[step.Parent] = true
		for j := range step.Find {
			step.Find[j].place = doc.Place(i, "find", j)
		}
	}
	return steps, nil
}

// with adds a step to the plan, or its entries to the step for that parent.
func (p Plan) with(step PlanStep) Plan {
	i := slices.IndexFunc(p, func(s PlanStep) bool { return s.Parent == step.Parent })
	if i < 0 {
		return append(p, step)
	}
	p[i].Find = append(p[i].Find, step.Find...)
	p[i].Task = p[i].Task || step.Task
	return p
}

// check returns what is wrong with an entry of a step, and the key that has it.
func (e Entry) check(step PlanStep, fetchers map[string]Constructor, earlier map[string]bool) (key string, err error) {
	if err := e.When.Check(); err != nil {
		return "when", err
	}
	if e.Folder != "" {
		if e.Fetcher != "" || e.AddsTo != "" || e.Text == "" {
			return "folder", errors.New("a folder has a text, and no fetcher")
		}
		return "", nil
	}
	switch {
	case fetchers[e.Fetcher] == nil:
		return "fetcher", fmt.Errorf("unknown fetcher %q; there are %s", e.Fetcher, strings.Join(slices.Sorted(maps.Keys(fetchers)), ", "))
	case (e.Type == "") == (e.AddsTo == ""):
		return "fetcher", fmt.Errorf("fetcher %s: give either type or adds_to", e.Fetcher)
	case !step.Task:
		return "fetcher", fmt.Errorf("fetcher %s: only steps with \"task: true\" have fetchers", e.Fetcher)
	case earlier[e.Fetcher]:
		return "fetcher", fmt.Errorf("fetcher %s stands in this step twice", e.Fetcher)
	}
	for _, need := range e.Needs {
		if !earlier[need] {
			return "needs", fmt.Errorf("fetcher %s needs %q, which does not stand before it in this step", e.Fetcher, need)
		}
	}
	return "", nil
}

// ObjectType is the type of the objects that the entry finds; "" when it adds to others.
func (e Entry) ObjectType() string {
	if e.Folder != "" && e.Type == "" {
		return model.FolderType(e.Folder)
	}
	return e.Type
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
