package client

import (
	"context"
	"time"

	"calipso.io/calipso/api/wire"
	"calipso.io/calipso/pkg/model"
)

// AuditFilter selects entries of the audit log; what is empty selects all.
type AuditFilter struct {
	User, Environment, Kind, Result string
	Since, Until                    time.Time
	Limit                           int // the latest so many; all when 0
}

// Audit lists entries of the audit log, the latest first (GET /audit).
func (c *Client) Audit(ctx context.Context, f AuditFilter) ([]model.AuditEntry, error) {
	query := params("user", f.User, "env_name", f.Environment, "kind", f.Kind, "result", f.Result)
	for name, at := range map[string]time.Time{"start_time": f.Since, "end_time": f.Until} {
		if !at.IsZero() {
			query.Set(name, at.UTC().Format(time.RFC3339Nano))
		}
	}
	listed, err := some[wire.AuditRecord](ctx, c, "/audit", "audit", query, f.Limit)
	entries := make([]model.AuditEntry, 0, len(listed))
	for _, e := range listed {
		e.AuditEntry.ID = e.ID
		entries = append(entries, e.AuditEntry)
	}
	return entries, err
}
