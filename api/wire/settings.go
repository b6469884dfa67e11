package wire

import (
	"calipso.io/calipso/pkg/model"
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
	ID string `json:"id"`
	model.CliqueConstraint
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
