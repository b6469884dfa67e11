// Package extension puts together the data that says what Calipso does: what is shipped, and what a folder of the
// operator's replaces of it or adds to it.
package extension

import (
	"maps"
	"slices"

	"calipso.io/calipso/pkg/discover"
	"calipso.io/calipso/pkg/discover/hostcmd"
	"calipso.io/calipso/pkg/document"
	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/monitor"
	"calipso.io/calipso/pkg/topology"
	"calipso.io/calipso/pkg/variance"
)

// Extension is what there is: each part is the shipped one, the operator's, or both.
type Extension struct {
	Plan        discover.Plan
	Wrappers    hostcmd.Wrappers
	Variances   variance.Table
	LinkTypes   []topology.LinkType
	Finders     topology.Finders
	CliqueTypes []model.CliqueType
	Constraints []model.CliqueConstraint
	Constants   model.Constants
	Templates   []monitor.Template // of the configuration of monitoring

	fetchers map[string]discover.Constructor
}

// Load reads the folder, and what is shipped where the folder has nothing; all of the latter when the folder is "". A file
// NAME.yaml stands in the place of what is shipped under that name, and NAME.add.yaml is added to it. All is checked: the
// error says for each fault where it is and what would be right.
func Load(folder string, fetchers map[string]discover.Constructor) (*Extension, error) {
	f, err := openFolder(folder)
	if err != nil {
		return nil, err
	}
	e := &Extension{fetchers: fetchers}
	commands := commandNames(fetchers)
	if e.Plan, err = discover.ParsePlan(fetchers, f.sources("plan")...); err != nil {
		return nil, err
	}
	wrappers := func(s document.Source) (hostcmd.Wrappers, error) { return hostcmd.ParseWrappers(s, commands) }
	if e.Wrappers, err = all(f, "wrappers", wrappers); err != nil {
		return nil, err
	}
	if e.Variances, err = all(f, "supported_environments", variance.Parse); err != nil {
		return nil, err
	}
	if err := e.loadTopology(f); err != nil {
		return nil, err
	}
	if e.Templates, err = all(f, "monitoring_config_templates", monitor.ParseTemplates); err != nil {
		return nil, err
	}
	e.Constants, err = e.constants(f)
	return e, err
}

func (e *Extension) loadTopology(f files) (err error) {
	if e.LinkTypes, err = all(f, "link_types", topology.ParseLinkTypes); err != nil {
		return err
	}
	if e.Finders, err = topology.ParseFinders(f.sources("links")[0]); err != nil {
		return err
	}
	cliqueTypes := func(s document.Source) ([]model.CliqueType, error) { return topology.ParseCliqueTypes(s, e.LinkTypes) }
	if e.CliqueTypes, err = all(f, "clique_types", cliqueTypes); err != nil {
		return err
	}
	e.Constraints, err = all(f, "clique_constraints", topology.ParseConstraints)
	return err
}

// all reads the files of a part. What is added comes first: in all these lists the first that fits counts.
func all[L ~[]T, T any](f files, name string, parse func(document.Source) (L, error)) (list L, err error) {
	for _, source := range f.sources(name) {
		more, err := parse(source)
		if err != nil {
			return nil, err
		}
		list = append(more, list...)
	}
	return list, nil
}

// commandNames are the names of all commands that fetchers run on hosts.
func commandNames(fetchers map[string]discover.Constructor) []string {
	names := map[string]bool{}
	for _, construct := range fetchers {
		if c, ok := construct().(discover.Commander); ok {
			for _, command := range c.Commands(&model.Environment{}, &model.Object{}) {
				names[command.Name] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// Discoverer returns what carries out the plan.
func (e *Extension) Discoverer() *discover.Discoverer {
	return &discover.Discoverer{Plan: e.Plan, Fetchers: e.fetchers, Wrappers: e.Wrappers}
}
