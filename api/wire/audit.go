package wire

import "calipso.io/calipso/pkg/model"

// AuditList is a list of entries of the audit log.
type AuditList struct {
	Audit []AuditRecord `json:"audit"`
	Page
}

// AuditRecord is an entry of the audit log as the API shows it.
type AuditRecord struct {
	ID string `json:"id"`
	model.AuditEntry
	NoID struct{} `json:"_id,omitzero"` // lists have no _id
}
