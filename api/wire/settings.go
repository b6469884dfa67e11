package wire

import (
	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/monitor"
	"calipso.io/calipso/pkg/variance"
)

// CliqueTypeList is a list of clique types.
type CliqueTypeList struct {
	CliqueTypes []CliqueTypeEntry `json:"clique_types"`
	Page
}

// CliqueTypeEntry is a clique type as the API shows it.
type CliqueTypeEntry struct {
	model.CliqueType
	Key        string `json:"id"`
	Configured bool   `json:"configured"` // it can't be changed over the API
}

// ConstraintList is a list of what cliques are bound by.
type ConstraintList struct {
	Constraints []ConstraintEntry `json:"clique_constraints"`
}

// ConstraintEntry is by what cliques of a type of focal point are bound.
type ConstraintEntry struct {
	Key string `json:"id"`
	model.CliqueConstraint
	Configured bool `json:"configured"` // it can't be changed over the API
}

// LinkTypeList is a list of link types.
type LinkTypeList struct {
	LinkTypes []LinkTypeEntry `json:"link_types"`
}

// LinkTypeEntry is a link type as the API shows it.
type LinkTypeEntry struct {
	Key string `json:"id"`
	model.LinkType
	Configured bool `json:"configured"` // it can't be changed over the API
}

// TemplateList is a list of templates of monitoring's configuration.
type TemplateList struct {
	Templates []TemplateEntry `json:"monitoring_config_templates"`
}

// TemplateEntry is a template as lists show it.
type TemplateEntry struct {
	ID    string `json:"id"`
	Side  string `json:"side"`
	Type  string `json:"type"`
	Order int    `json:"order"`
}

// WholeTemplate is a template with all that is known of it.
type WholeTemplate struct {
	Key string `json:"id"`
	monitor.Template
}

// WholeConstant is a list of values that something may have.
type WholeConstant struct {
	DBID string `json:"_id"`
	ID   string `json:"id"`
	model.Constant
}

// SupportedList says what can be done with which environments.
type SupportedList struct {
	Supported []variance.Row `json:"supported_environments"`
}
