package workers

import (
	"context"
	"fmt"
	"slices"

	"calipso.io/calipso/pkg/discover"
	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/store"
	"calipso.io/calipso/tasks"
)

// startScan begins a pending scan: one of an environment at a time, the others wait for it.
func (w *Workers) startScan(ctx context.Context, t tasks.StartScan) error {
	scan, err := w.DB.Scans.Get(ctx, t.Scan)
	if store.CodeOf(err) == store.NotFound {
		return nil
	}
	if err != nil {
		return err
	}
	// A scan that runs but has no phase was being started by a worker that died.
	if scan.Status != model.ScanPending && (scan.Status != model.ScanRunning || scan.Phase != "") {
		return nil
	}
	if busy, err := w.othersRun(ctx, scan); err != nil || busy {
		return waitIf(busy, err)
	}
	if _, err := w.DB.Scans.Update(ctx, scan.ID, func(s *model.Scan) error {
		now := w.Now().UTC()
		s.Status, s.StartTimestamp = model.ScanRunning, &now
		return nil
	}); err != nil {
		return err
	}
	// Two scans may have come this far together. Both see it now; the one that was submitted first goes on.
	if busy, err := w.othersRun(ctx, scan); err != nil || busy {
		_, back := w.DB.Scans.Update(ctx, scan.ID, func(s *model.Scan) error {
			s.Status, s.StartTimestamp = model.ScanPending, nil
			return nil
		})
		return waitIf(busy, firstOf(err, back))
	}
	if scan.Clear {
		if err := w.clear(ctx, &scan); err != nil {
			return fmt.Errorf("clear the inventory of %s: %w", scan.Environment, err)
		}
	}
	return w.enterPhase(ctx, &scan, scan.Phases()[0])
}

// othersRun tells whether another scan of the environment has to end before this one may begin.
func (w *Workers) othersRun(ctx context.Context, scan model.Scan) (bool, error) {
	running, err := w.DB.Scans.Find(ctx, store.Where(store.Is(store.Environment, scan.Environment), store.Is(store.Status, model.ScanRunning)))
	return slices.ContainsFunc(running, func(other model.Scan) bool {
		return other.ID != scan.ID && (other.Phase != "" || other.Generation < scan.Generation)
	}), err
}

func waitIf(wait bool, err error) error {
	if err == nil && wait {
		return fmt.Errorf("another scan of the environment runs: %w", errWait)
	}
	return err
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// clear removes what the scan is about to find anew.
func (w *Workers) clear(ctx context.Context, scan *model.Scan) error {
	inv, err := w.DB.Inventory(ctx, scan.Inventory)
	if err != nil {
		return err
	}
	of := store.Is(store.Environment, scan.Environment)
	phases := scan.Phases()
	// In this order nothing ever refers to what is gone already.
	if slices.Contains(phases, model.PhaseCliques) {
		if _, err := inv.Cliques.Delete(ctx, of); err != nil {
			return err
		}
	}
	if slices.Contains(phases, model.PhaseLinks) {
		if _, err := inv.Links.Delete(ctx, of); err != nil {
			return err
		}
	}
	if slices.Contains(phases, model.PhaseInventory) {
		_, err = inv.Objects.Delete(ctx, of)
	}
	return err
}

// advanceScan begins the phase after the given one, if that one runs and none of its steps is unfinished.
func (w *Workers) advanceScan(ctx context.Context, t tasks.AdvanceScan) error {
	scan, err := w.DB.Scans.Get(ctx, t.Scan)
	if err != nil || scan.Status != model.ScanRunning || scan.Phase != t.Phase {
		return err
	}
	unfinished, err := w.DB.Steps.Count(ctx, store.Is(store.ScanID, scan.ID), store.Is(store.Phase, t.Phase),
		store.Is(store.Status, model.StepPending, model.StepRunning))
	if err != nil || unfinished > 0 {
		return err
	}
	if t.Phase == model.PhaseInventory {
		if err := w.keepGivenUp(ctx, &scan); err != nil {
			return err
		}
	}
	phases := scan.Phases()
	next := slices.Index(phases, t.Phase) + 1
	if next == len(phases) {
		return nil
	}
	return w.enterPhase(ctx, &scan, phases[next])
}

// enterPhase begins a phase. Its steps are written first: whoever dies in between leaves a scan whose old phase is
// over, and doing this again adds nothing.
func (w *Workers) enterPhase(ctx context.Context, scan *model.Scan, phase string) error {
	before := scan.Phase
	steps, err := w.stepsOf(ctx, scan, phase)
	if err != nil {
		return fmt.Errorf("plan the %s phase: %w", phase, err)
	}
	if err := w.addSteps(ctx, steps); err != nil {
		return err
	}
	if _, err := w.DB.Scans.Update(ctx, scan.ID, func(s *model.Scan) error {
		if s.Status == model.ScanRunning && s.Phase == before {
			s.Phase = phase
		}
		return nil
	}); err != nil {
		return err
	}
	if len(steps) == 0 {
		return w.advanceScan(ctx, tasks.AdvanceScan{Scan: scan.ID, Phase: phase})
	}
	return w.enqueue(ctx, steps)
}

// stepsOf returns the steps that a phase begins with.
func (w *Workers) stepsOf(ctx context.Context, scan *model.Scan, phase string) ([]model.Step, error) {
	switch phase {
	case model.PhaseInventory:
		env, err := w.DB.Environments.Get(ctx, scan.Environment)
		if err != nil {
			return nil, err
		}
		return []model.Step{stepFor(scan, discover.EnvironmentObject(&env), rootScope)}, nil
	case model.PhaseLinks:
		return w.linkSteps(ctx, scan)
	case model.PhaseCliques:
		return w.cliqueSteps(ctx, scan)
	}
	return []model.Step{newStep(scan, model.PhaseFinish, "finish", scan.ID)}, nil
}
