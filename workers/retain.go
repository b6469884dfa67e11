package workers

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/store"
	"calipso.io/calipso/tasks"
)

// What is kept of the past, for each environment: the latest scans, the ledgers (and with them the coverage reports) of
// fewer of these, and messages of some days.
const (
	keepLedgers  = 20
	keepScans    = 500
	keepMessages = 14 * 24 * time.Hour
	keepAudit    = 365 * 24 * time.Hour // when nothing else is configured
)

// retain removes what is older than what is kept.
func (w *Workers) retain(ctx context.Context, _ tasks.Retain) error {
	environments, err := w.DB.Environments.IDs(ctx, store.Query{})
	if err != nil {
		return fmt.Errorf("read the environments: %w", err)
	}
	for _, environment := range environments {
		if err := w.forget(ctx, environment); err != nil {
			return fmt.Errorf("forget old scans of %s: %w", environment, err)
		}
	}
	if err := w.forgetTests(ctx); err != nil {
		return fmt.Errorf("forget old connection tests: %w", err)
	}
	if _, err := w.DB.Audit.Delete(ctx, store.Less(store.Timestamp, store.Time(w.Now().Add(-cmp.Or(w.KeepAudit, keepAudit))))); err != nil {
		return fmt.Errorf("forget the old audit log: %w", err)
	}
	_, err = w.DB.Messages.Delete(ctx, store.Less(store.Timestamp, store.Time(w.Now().Add(-keepMessages))))
	return err
}

// forget removes an environment's oldest scans, and the ledgers of its older ones.
func (w *Workers) forget(ctx context.Context, environment string) error {
	ended, err := w.DB.Scans.IDs(ctx, store.Query{
		Where: []store.Cond{store.Is(store.Environment, environment),
			store.Is(store.Status, model.ScanCompleted, model.ScanCompletedWithErrors, model.ScanFailed, model.ScanAborted)},
		Sort: []store.Order{{By: store.Submitted, Desc: true}}})
	if err != nil || len(ended) <= keepLedgers {
		return err
	}
	if _, err := w.DB.Steps.Delete(ctx, store.Is(store.ScanID, ended[keepLedgers:]...)); err != nil || len(ended) <= keepScans {
		return err
	}
	_, err = w.DB.Scans.Delete(ctx, store.IDs(ended[keepScans:]...))
	return err
}
