package wire

import "calipso.io/calipso/pkg/model"

// Import is what is imported together: all of it, or nothing.
type Import struct {
	Environments      []map[string]any         `json:"environments,omitempty"` // masked secrets are those of the stored environment
	LinkTypes         []model.LinkType         `json:"link_types,omitempty"`
	CliqueTypes       []model.CliqueType       `json:"clique_types,omitempty"`
	CliqueConstraints []model.CliqueConstraint `json:"clique_constraints,omitempty"`
}

// Imported says what an import changes.
type Imported struct {
	Changes []ImportChange `json:"changes"`
	Written bool           `json:"written"` // false of a dry run
}

// ImportChange is what an import does with one document.
type ImportChange struct {
	Collection string `json:"collection"` // environments, link_types, clique_types or clique_constraints
	Name       string `json:"name"`
	Action     string `json:"action"` // create, replace, or same: it is as in the file already
}

// ExportKey is the key that the secrets of an exported environment are encrypted with.
type ExportKey struct {
	Key string `json:"key"` // 32 bytes in base64 or hexadecimal
}
