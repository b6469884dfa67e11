package model

import "time"

// AuditEntry says what somebody did, or tried to do.
type AuditEntry struct {
	ID           string        `json:"_id"`
	Timestamp    time.Time     `json:"timestamp"`        // when it began
	User         string        `json:"user"`             // who; of a refused login the name that was given
	Source       string        `json:"source,omitempty"` // who knows that user: see auth.Identity.Source
	Via          string        `json:"via,omitempty"`    // how the user has shown who it is: password, token, session …
	Address      string        `json:"address"`          // where it came from
	Request      string        `json:"request"`          // the id that the answer and the log have, too
	Method       string        `json:"method"`
	Route        string        `json:"route"`              // as "/scans/:id"
	Kind         string        `json:"kind"`               // login, logout, or what it is about: the route's resource
	Resource     string        `json:"resource,omitempty"` // which one
	Environments []string      `json:"environments,omitempty"`
	Result       string        `json:"result"` // one of AuditResults
	Status       int           `json:"status,omitempty"`
	Error        string        `json:"error,omitempty"`
	Note         string        `json:"note,omitempty"` // what else there is to say
	Changes      []AuditChange `json:"changes,omitempty"`
}

// AuditChange is what became of a document, or of so many more of a collection.
type AuditChange struct {
	Collection string       `json:"collection"`
	ID         string       `json:"id,omitempty"`
	More       int          `json:"more,omitempty"`
	Fields     []AuditField `json:"fields,omitempty"`
	Cut        bool         `json:"cut,omitempty"` // there are more fields than are told
}

// AuditField is a value that was changed. Both are texts, as JSON where they were something else; secrets are masked.
type AuditField struct {
	Path   string `json:"path"`
	Before string `json:"before,omitempty"`
	After  string `json:"after,omitempty"`
}

// Results in the audit log.
const (
	AuditBegun   = "begun" // and how it ended could not be written
	AuditDone    = "done"
	AuditRefused = "refused"
	AuditFailed  = "failed" // it is not known how much of it was done
)

// AuditResults returns all results.
func AuditResults() []string {
	return []string{AuditBegun, AuditDone, AuditRefused, AuditFailed}
}
