package workers

import (
	"context"
	"fmt"
	"slices"
	"time"

	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/store"
	"calipso.io/calipso/tasks"
)

// finishScan removes what is gone from the cloud, and writes down how the scan went.
func (w *Workers) finishScan(ctx context.Context, scan *model.Scan, step *model.Step) error {
	inv, err := w.DB.Inventory(ctx, scan.Inventory)
	if err != nil {
		return err
	}
	steps, err := w.DB.Steps.Find(ctx, store.Where(store.Is(store.ScanID, scan.ID)))
	if err != nil {
		return fmt.Errorf("read the ledger: %w", err)
	}
	if err := w.fence(ctx, step); err != nil {
		return err
	}
	removed, err := w.sweep(ctx, inv, scan, steps)
	if err != nil {
		return fmt.Errorf("remove what is gone: %w", err)
	}
	summary, err := w.summary(ctx, inv, scan, steps)
	if err != nil {
		return err
	}
	now := w.Now().UTC()
	ended, err := w.DB.Scans.Update(ctx, scan.ID, func(s *model.Scan) error {
		if s.Status != model.ScanRunning {
			return errNotOurs // it was aborted
		}
		s.Status, s.Error = verdict(steps)
		s.EndTimestamp, s.Summary = &now, summary
		s.Summary.Removed = removed + s.Removed
		return nil
	})
	if err != nil {
		return err
	}
	step.Found = removed
	w.stepLog(scan, step).Info("scan ended", "status", ended.Status)
	w.tellOutcome(ctx, &ended, steps)
	w.resumeEvents(ctx, scan, step)
	return w.noteOnEnvironment(ctx, ended)
}

// resumeEvents asks for events that were handled during the scan to be handled again. If this gets lost the scheduler asks.
func (w *Workers) resumeEvents(ctx context.Context, scan *model.Scan, step *model.Step) {
	kept, err := w.DB.Events.Count(ctx, store.Is(store.Environment, scan.Environment))
	if err == nil && kept > 0 {
		err = w.Queue.Enqueue(ctx, tasks.HandleEvents{Environment: scan.Environment})
	}
	if err != nil {
		w.stepLog(scan, step).Warn("the environment's events are looked at later", "error", err)
	}
}

// sweep removes cliques, links and objects that this scan should have found and did not, in the order in which nothing
// ever refers to what is gone. Where a step was given up, what it would have found is not known, and nothing is removed.
func (w *Workers) sweep(ctx context.Context, inv *store.Inventory, scan *model.Scan, steps []model.Step) (removed int, err error) {
	old := []store.Cond{store.Is(store.Environment, scan.Environment), store.Older(scan.Generation)}
	if ran(scan, steps, model.PhaseCliques) {
		if _, err := inv.Cliques.Delete(ctx, old...); err != nil {
			return 0, err
		}
	}
	if scan.ObjectID != "" {
		return 0, nil // see sweepBelow and sweepLinks
	}
	if ran(scan, steps, model.PhaseLinks) {
		if _, err := inv.Links.Delete(ctx, old...); err != nil {
			return 0, err
		}
	}
	if ran(scan, steps, model.PhaseInventory) {
		return inv.Objects.Delete(ctx, old...)
	}
	return 0, nil
}

// sweepBelow removes what a scan of one object should have found at and below it, and did not.
func (w *Workers) sweepBelow(ctx context.Context, inv *store.Inventory, scan *model.Scan) error {
	steps, err := w.DB.Steps.Find(ctx, store.Where(store.Is(store.ScanID, scan.ID)))
	if err != nil || !ran(scan, steps, model.PhaseInventory) {
		return err
	}
	only, err := w.only(ctx, inv, scan)
	if store.CodeOf(err) == store.NotFound {
		return nil // done before, by somebody who did not come further
	}
	if err != nil {
		return err
	}
	of := []store.Cond{store.Is(store.Environment, scan.Environment), store.Older(scan.Generation)}
	if only.Type == model.TypeSwitch || only.Type == model.TypeSwitchPnic {
		// The ports below a switch were found on many hosts, of which at most one was read.
		of = append(of, store.Is(store.Scope, rootScope, only.Scope))
	}
	removed := 0
	for _, cond := range []store.Cond{store.HasPrefix(store.IDPath, only.IDPath+"/"), store.Is(store.IDPath, only.IDPath)} {
		n, err := inv.Objects.Delete(ctx, append(slices.Clone(of), cond)...)
		if err != nil {
			return err
		}
		removed += n
	}
	_, err = w.DB.Scans.Update(ctx, scan.ID, func(s *model.Scan) error { s.Removed += removed; return nil })
	return err
}

// sweepLinks removes the links that a scan of one object should have found on the hosts that it looked at, and did not.
func (w *Workers) sweepLinks(ctx context.Context, inv *store.Inventory, scan *model.Scan) error {
	steps, err := w.DB.Steps.Find(ctx, store.Where(store.Is(store.ScanID, scan.ID)))
	if err != nil || !ran(scan, steps, model.PhaseLinks) {
		return err
	}
	_, err = inv.Links.Delete(ctx, store.Is(store.Environment, scan.Environment), store.Older(scan.Generation),
		store.Is(store.Host, hostsOf(steps, model.PhaseLinks)...))
	return err
}

// ran tells whether a phase is one of the scan's and all of its steps told what there is.
func ran(scan *model.Scan, steps []model.Step, phase string) bool {
	return slices.Contains(scan.Phases(), phase) && !slices.ContainsFunc(steps, func(s model.Step) bool {
		return s.Phase == phase && s.Status == model.StepFailed && len(s.Results) == 0
	})
}

// hostsOf returns the hosts that the steps of a phase are for, "" for a step that is for what is on no host.
func hostsOf(steps []model.Step, phase string) []string {
	var hosts []string
	for _, s := range steps {
		if s.Phase == phase {
			hosts = append(hosts, s.Host)
		}
	}
	return hosts
}

// verdict says how a scan went: failed when nothing could be read, with errors when something could not.
func verdict(steps []model.Step) (status, why string) {
	read, failed := 0, 0
	for _, s := range steps {
		n := failures(s.Results)
		read, failed = read+len(s.Results)-n, failed+n
		if s.Status == model.StepFailed {
			failed++
			why = firstText(why, s.Error)
		}
		if s.Status == model.StepDone && s.Phase != model.PhaseInventory {
			read++
		}
	}
	inventory := slices.ContainsFunc(steps, func(s model.Step) bool { return s.Phase == model.PhaseInventory })
	switch {
	case failed == 0:
		return model.ScanCompleted, ""
	case inventory && !readAnything(steps), read == 0:
		return model.ScanFailed, firstText(why, "nothing could be read")
	}
	return model.ScanCompletedWithErrors, ""
}

// incomplete tells whether a step could not read all that there is.
func incomplete(s model.Step) bool { return s.Status == model.StepFailed || failures(s.Results) > 0 }

// readAnything tells whether any fetcher got an answer.
func readAnything(steps []model.Step) bool {
	return slices.ContainsFunc(steps, func(s model.Step) bool { return len(s.Results) > failures(s.Results) })
}

func firstText(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

// summary counts what the inventory holds now and what the scan took.
func (w *Workers) summary(ctx context.Context, inv *store.Inventory, scan *model.Scan, steps []model.Step) (*model.ScanSummary, error) {
	s := &model.ScanSummary{Steps: map[string]int{}, PhaseSeconds: map[string]float64{}}
	of := store.Is(store.Environment, scan.Environment)
	var err error
	if s.Objects, err = inv.Objects.CountBy(ctx, store.Type, of); err != nil {
		return nil, err
	}
	if s.Links, err = inv.Links.Count(ctx, of); err != nil {
		return nil, err
	}
	if s.Cliques, err = inv.Cliques.Count(ctx, of); err != nil {
		return nil, err
	}
	if slices.ContainsFunc(steps, incomplete) {
		if s.Stale, err = countStale(ctx, inv, scan.Environment); err != nil {
			return nil, err
		}
	}
	for _, step := range steps {
		s.Steps[step.Status]++
		s.APIRequests += step.Counts.API
		s.SSHCommands += step.Counts.SSH
		s.SQLQueries += step.Counts.SQL
		s.Failures += failures(step.Results)
		if step.Status == model.StepFailed && len(step.Results) == 0 {
			s.Failures++
		}
		for _, r := range step.Results {
			s.Warnings += len(r.Warnings)
		}
	}
	for _, phase := range scan.Phases() {
		if seconds := span(steps, phase).Seconds(); seconds > 0 {
			s.PhaseSeconds[phase] = seconds
		}
	}
	return s, nil
}

// span is the time from the start of a phase's first step to the end of its last.
func span(steps []model.Step, phase string) time.Duration {
	var first, last time.Time
	for _, s := range steps {
		if s.Phase != phase || s.Started == nil || s.Ended == nil {
			continue
		}
		if first.IsZero() || s.Started.Before(first) {
			first = *s.Started
		}
		if s.Ended.After(last) {
			last = *s.Ended
		}
	}
	return last.Sub(first)
}

// noteOnEnvironment keeps what the environment's own document says of its scans. Scans of a part say nothing of the whole.
func (w *Workers) noteOnEnvironment(ctx context.Context, scan model.Scan) error {
	if scan.ObjectID != "" || scan.ScanOnlyLinks || scan.ScanOnlyCliques || scan.Inventory != store.DefaultInventory {
		return nil
	}
	_, err := w.DB.Environments.Update(ctx, scan.Environment, func(e *model.Environment) error {
		wasScanned := e.Scanned
		e.Scanned = scan.Status == model.ScanCompleted || scan.Status == model.ScanCompletedWithErrors
		e.LastScanned = scan.EndTimestamp
		switch {
		case scan.Status == model.ScanFailed:
			e.Operational, e.OperationalReason = model.OperationalError, scan.Error
		case !e.Listen:
			e.Operational, e.OperationalReason = model.OperationalRunning, ""
		case !wasScanned: // from now on the listener says how it is
			e.Operational, e.OperationalReason = model.OperationalStopped, ""
		}
		return nil
	})
	if store.CodeOf(err) == store.NotFound {
		return nil
	}
	return err
}
