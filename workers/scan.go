package workers

import (
	"context"
	"errors"
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
	if store.CodeOf(err) == store.NotFound || err == nil && !startable(&scan) {
		return nil
	}
	if err != nil {
		return err
	}
	if scan, err = w.takeTurn(ctx, scan); err != nil {
		return err
	}
	scan, err = w.DB.Scans.Update(ctx, scan.ID, func(s *model.Scan) error {
		if !startable(s) {
			return errNotOurs
		}
		now := w.Now().UTC()
		s.Status, s.StartTimestamp = model.ScanRunning, &now
		return nil
	})
	if errors.Is(err, errNotOurs) {
		return nil
	}
	if err != nil {
		return err
	}
	w.tell(ctx, scan.Message("started", model.LevelInfo, "scan "+scan.ID+" has started", w.Now()))
	if scan.Clear {
		if err := w.clear(ctx, &scan); err != nil {
			return fmt.Errorf("clear the inventory of %s: %w", scan.Environment, err)
		}
	}
	return w.enterPhase(ctx, &scan, scan.Phases()[0])
}

// startable tells whether a scan has not begun. One that runs but has no phase was being started by a worker that died.
func startable(s *model.Scan) bool {
	return s.Status == model.ScanPending || s.Status == model.ScanRunning && s.Phase == ""
}

// takeTurn makes a scan the one of its environment that may run. It is errWait while another one does. Whose turn it is
// is a number in the store: the generation of that scan. A scan gets its generation here, so that generations grow in the
// order in which scans run.
func (w *Workers) takeTurn(ctx context.Context, scan model.Scan) (model.Scan, error) {
	turn := turnName(scan.Environment)
	if _, err := w.DB.Counters.Insert(ctx, store.Counter{Name: turn}); err != nil {
		return scan, err
	}
	now, err := w.DB.Counters.Get(ctx, turn)
	if err != nil || now.Value == scan.Generation {
		return scan, err
	}
	if busy, err := w.isOpen(ctx, scan.Environment, now.Value); err != nil || busy {
		return scan, firstOf(err, fmt.Errorf("another scan of the environment runs: %w", errWait))
	}
	generation, err := w.DB.NextGeneration(ctx, scan.Environment)
	if err != nil {
		return scan, err
	}
	if scan, err = w.DB.Scans.Update(ctx, scan.ID, func(s *model.Scan) error { s.Generation = generation; return nil }); err != nil {
		return scan, err
	}
	_, err = w.DB.Counters.Update(ctx, turn, func(c *store.Counter) error {
		if c.Value != now.Value {
			return fmt.Errorf("another scan of the environment was faster: %w", errWait)
		}
		c.Value = generation
		return nil
	})
	return scan, err
}

func turnName(environment string) string { return "turn/" + environment }

// isOpen tells whether the scan of an environment with the generation has not ended.
func (w *Workers) isOpen(ctx context.Context, environment string, generation int64) (bool, error) {
	open, err := w.DB.Scans.Find(ctx, store.Where(store.Is(store.Environment, environment),
		store.Is(store.Status, model.ScanPending, model.ScanRunning)))
	return slices.ContainsFunc(open, func(s model.Scan) bool { return s.Generation == generation }), err
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

// advanceScan hands out all steps of a scan's phase that may be, or begins the phase after it.
func (w *Workers) advanceScan(ctx context.Context, t tasks.AdvanceScan) error {
	return w.advance(ctx, t.Scan, t.Phase, true)
}

// advance begins the phase after the given one, if that one runs and none of its steps is unfinished; else it hands out
// the next steps of this one. all says that any of them may be missing in the queue, see handOut.
func (w *Workers) advance(ctx context.Context, id, phase string, all bool) error {
	scan, err := w.DB.Scans.Get(ctx, id)
	if err != nil || scan.Status != model.ScanRunning || scan.Phase != phase {
		return err
	}
	limit, err := w.stepLimit(ctx, scan.Environment)
	if err != nil {
		return err
	}
	unfinished, err := w.DB.Steps.Find(ctx, store.Query{Where: []store.Cond{store.Is(store.ScanID, scan.ID),
		store.Is(store.Phase, phase), store.Is(store.Status, model.StepPending, model.StepRunning)}, Limit: limit})
	if err != nil {
		return err
	}
	if len(unfinished) > 0 {
		return w.handOut(ctx, unfinished, all)
	}
	if phase == model.PhaseInventory {
		if err := w.keepGivenUp(ctx, &scan); err != nil {
			return err
		}
	}
	phases := scan.Phases()
	next := slices.Index(phases, phase) + 1
	if next == len(phases) {
		return nil
	}
	return w.enterPhase(ctx, &scan, phases[next])
}

// stepLimit is how many steps of an environment may be handed out at a time.
func (w *Workers) stepLimit(ctx context.Context, environment string) (int, error) {
	env, err := w.DB.Environments.Get(ctx, environment)
	if err != nil && store.CodeOf(err) != store.NotFound {
		return 0, err
	}
	return env.Limit(model.LimitSteps), nil
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
	return w.advance(ctx, scan.ID, phase, true)
}

// stepsOf returns the steps that a phase begins with.
func (w *Workers) stepsOf(ctx context.Context, scan *model.Scan, phase string) ([]model.Step, error) {
	switch phase {
	case model.PhaseInventory:
		env, err := w.DB.Environments.Get(ctx, scan.Environment)
		if err != nil {
			return nil, err
		}
		return []model.Step{w.stepFor(scan, &env, discover.EnvironmentObject(&env), rootScope)}, nil
	case model.PhaseLinks:
		return w.linkSteps(ctx, scan)
	case model.PhaseCliques:
		return w.cliqueSteps(ctx, scan)
	}
	return []model.Step{newStep(scan, model.PhaseFinish, "finish", scan.ID)}, nil
}
