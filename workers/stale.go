package workers

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/store"
)

// markStale keeps what this step's fetchers that failed found earlier, and not now.
func (w *Workers) markStale(ctx context.Context, inv *store.Inventory, scan *model.Scan, step *model.Step, only *model.Object, results []model.Result) error {
	for _, r := range results {
		if r.Status != model.ResultFailed {
			continue
		}
		err := keep(ctx, inv, scan, only, r.Error, store.Is(store.Scope, step.Scope), store.Is(store.Fetcher, r.Fetcher))
		if err != nil {
			return fmt.Errorf("keep what %s found earlier: %w", r.Fetcher, err)
		}
	}
	return nil
}

// keepGivenUp keeps what steps that were given up, and those that would have followed them, found earlier.
func (w *Workers) keepGivenUp(ctx context.Context, scan *model.Scan) error {
	failed, err := w.DB.Steps.Find(ctx, store.Where(store.Is(store.ScanID, scan.ID), store.Is(store.Phase, model.PhaseInventory),
		store.Is(store.Status, model.StepFailed)))
	if err != nil {
		return err
	}
	failed = slices.DeleteFunc(failed, func(s model.Step) bool { return len(s.Results) > 0 }) // see markStale
	if len(failed) == 0 {
		return nil
	}
	inv, err := w.DB.Inventory(ctx, scan.Inventory)
	if err != nil {
		return err
	}
	only, err := w.only(ctx, inv, scan)
	if err != nil {
		return err
	}
	for _, step := range failed {
		for _, scope := range []store.Cond{store.Is(store.Scope, step.Scope), store.HasPrefix(store.Scope, step.Scope+"/")} {
			if err := keep(ctx, inv, scan, only, step.Error, scope); err != nil {
				return fmt.Errorf("keep what is known below %s %s: %w", step.ParentType, step.ParentID, err)
			}
		}
	}
	return nil
}

// keep makes objects that this scan has not seen, and whose absence says nothing, part of it, marked as stale.
func keep(ctx context.Context, inv *store.Inventory, scan *model.Scan, only *model.Object, reason string, of ...store.Cond) error {
	stale := map[string]any{}
	q := store.Where(append(of, store.Is(store.Environment, scan.Environment), store.Older(scan.Generation))...)
	err := inv.Objects.Each(ctx, q, func(o model.Object) error {
		if only != nil && o.IDPath != only.IDPath && !strings.HasPrefix(o.IDPath, only.IDPath+"/") {
			return nil
		}
		// Since when it is stale does not change while it stays so.
		since := any(o.LastScanned)
		if before := o.Map("stale"); before != nil {
			since = before["since"]
		}
		stale[o.DBID()] = map[string]any{"stale": map[string]any{"since": since, "reason": reason}}
		return nil
	})
	if err != nil {
		return err
	}
	return inv.Objects.PutPart(ctx, model.PartStale, scan.Generation, stale, true)
}

// countStale counts the objects, folders aside, that were kept because they could not be read.
func countStale(ctx context.Context, inv *store.Inventory, environment string) (n int, err error) {
	err = inv.Objects.Each(ctx, store.Where(store.Is(store.Environment, environment)), func(o model.Object) error {
		if o.Map("stale") != nil && !model.IsFolder(o.Type) {
			n++
		}
		return nil
	})
	return n, err
}
