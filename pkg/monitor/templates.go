// Package monitor holds what monitoring of environments is made of: the templates of its configuration.
package monitor

import (
	_ "embed"
	"slices"
	"strconv"
	"strings"

	"calipso.io/calipso/pkg/document"
	"calipso.io/calipso/pkg/model"
)

// DefaultTemplates are the templates that are used when the operator gives none. The file explains their form.
//
//go:embed monitoring_config_templates.yaml
var DefaultTemplates []byte

// Template is a part of a monitoring server's or client's configuration: a document of monitoring_config_templates.
type Template struct {
	ID               string           `json:"_id,omitempty"`
	Side             string           `json:"side"` // one of Sides
	Type             string           `json:"type"` // the file that it is for
	Order            int              `json:"order"`
	MonitoringSystem string           `json:"monitoring_system"`
	Condition        model.Conditions `json:"condition,omitempty"`
	Config           map[string]any   `json:"config"`
}

// Sides returns the sides that templates are for.
func Sides() []string { return []string{"client", "server"} }

const system = "sensu"

// ParseTemplates reads templates in YAML or JSON. What is wrong with them is told with its line.
func ParseTemplates(source document.Source) ([]Template, error) {
	var templates []Template
	doc, err := document.Read(source, &templates)
	if err != nil {
		return nil, err
	}
	for i := range templates {
		t := &templates[i]
		switch err := t.Condition.Check(); {
		case !slices.Contains(Sides(), t.Side):
			return nil, doc.Errorf(document.Path{i, "side"}, "side %q is none of %s", t.Side, strings.Join(Sides(), ", "))
		case t.Type == "":
			return nil, doc.Errorf(document.Path{i}, "the template has no type: the name of the file that it is for")
		case len(t.Config) == 0:
			return nil, doc.Errorf(document.Path{i}, "the template has no config")
		case t.Order < 0:
			return nil, doc.Errorf(document.Path{i, "order"}, "order is a number from 1 on")
		case t.MonitoringSystem != "" && t.MonitoringSystem != system:
			return nil, doc.Errorf(document.Path{i, "monitoring_system"}, "monitoring_system is %s", system)
		case err != nil:
			return nil, doc.Errorf(document.Path{i, "condition"}, "%w", err)
		}
		t.Order, t.MonitoringSystem = max(t.Order, 1), system
		t.ID = model.DBID("monitoring_config_template", t.Side, t.Type, strconv.Itoa(t.Order))
		if j := slices.IndexFunc(templates[:i], func(o Template) bool { return o.ID == t.ID }); j >= 0 {
			return nil, doc.Errorf(document.Path{i}, "there is another template of side %s, type %s and order %d", t.Side, t.Type, t.Order)
		}
	}
	return templates, nil
}
