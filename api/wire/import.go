package wire

// Import is what is imported together: all of it, or nothing.
type Import struct {
	Environments      []map[string]any `json:"environments,omitempty"` // masked secrets are those of the stored environment
	LinkTypes         []map[string]any `json:"link_types,omitempty"`
	CliqueTypes       []map[string]any `json:"clique_types,omitempty"`
	CliqueConstraints []map[string]any `json:"clique_constraints,omitempty"`
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

// InventoryImported says what an import of an inventory has written, or of a dry run what it would write.
type InventoryImported struct {
	Environment string `json:"environment"`
	Inventory   string `json:"inventory"`
	Objects     int    `json:"objects"`
	Links       int    `json:"links"`
	Cliques     int    `json:"cliques"`
	Written     bool   `json:"written"` // false of a dry run
}

// ExportKey is the key that the secrets of an exported environment are encrypted with.
type ExportKey struct {
	Key string `json:"key"` // 32 bytes in base64 or hexadecimal
}
