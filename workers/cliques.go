package workers

import (
	"context"
	"fmt"
	"slices"

	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/store"
	"calipso.io/calipso/pkg/topology"
)

// shardSize is how many focal points one step builds the cliques of.
const shardSize = 500

// cliqueSteps returns the steps that build the cliques of an environment: for each type of focal point that a clique
// type applies to, one for so many focal points in the order of their document ids.
func (w *Workers) cliqueSteps(ctx context.Context, scan *model.Scan) ([]model.Step, error) {
	inv, err := w.DB.Inventory(ctx, scan.Inventory)
	if err != nil {
		return nil, err
	}
	if scan.ObjectID != "" {
		if err := w.sweepLinks(ctx, inv, scan); err != nil {
			return nil, err
		}
	}
	env, err := w.DB.Environments.Get(ctx, scan.Environment)
	if err != nil {
		return nil, err
	}
	types, err := w.cliqueTypes(ctx)
	if err != nil {
		return nil, err
	}
	var steps []model.Step
	for _, focalType := range focalTypes(types) {
		if _, ok := topology.SelectCliqueType(&env, types, focalType); !ok {
			continue
		}
		ids, err := inv.Objects.IDs(ctx, store.Where(w.current(scan, store.Is(store.Type, focalType))...))
		if err != nil {
			return nil, err
		}
		for first := 0; first < len(ids); first += shardSize {
			after := ""
			if first > 0 {
				after = ids[first-1]
			}
			s := newStep(scan, model.PhaseCliques, focalType, "after:"+after)
			s.Parent, s.ParentType, s.ParentID = after, focalType, fmt.Sprintf("%s %d", focalType, first/shardSize+1)
			steps = append(steps, s)
		}
	}
	return steps, nil
}

// cliqueTypes returns those that were made over the API, then those that are configured.
func (w *Workers) cliqueTypes(ctx context.Context) ([]model.CliqueType, error) {
	made, err := w.DB.CliqueTypes.Find(ctx, store.Query{})
	if err != nil {
		return nil, fmt.Errorf("read clique types: %w", err)
	}
	return append(made, w.CliqueTypes...), nil
}

// cliqueConstraints returns those that were made over the API, then those that are configured.
func (w *Workers) cliqueConstraints(ctx context.Context) ([]model.CliqueConstraint, error) {
	made, err := w.DB.Constraints.Find(ctx, store.Query{})
	if err != nil {
		return nil, fmt.Errorf("read clique constraints: %w", err)
	}
	return append(made, w.Constraints...), nil
}

// focalTypes returns the types of objects that some clique type has as its focal point.
func focalTypes(types []model.CliqueType) []string {
	var focal []string
	for _, ct := range types {
		focal = append(focal, ct.FocalPointType)
	}
	slices.Sort(focal)
	return slices.Compact(focal)
}

// buildCliques builds the cliques of one shard of focal points.
func (w *Workers) buildCliques(ctx context.Context, scan *model.Scan, step *model.Step) error {
	session, done, err := w.sessions.open(ctx, scan)
	if err != nil {
		return err
	}
	defer done()
	graph, err := session.graph(ctx)
	if err != nil {
		return err
	}
	types, err := w.cliqueTypes(ctx)
	if err != nil {
		return err
	}
	ct, ok := topology.SelectCliqueType(session.env, types, step.ParentType)
	if !ok {
		return nil
	}
	q := store.Where(w.current(scan, store.Is(store.Type, step.ParentType))...)
	q.After, q.Limit = step.Parent, shardSize
	focals, err := session.inventory.Objects.Find(ctx, q)
	if err != nil {
		return fmt.Errorf("read the focal points: %w", err)
	}
	bound, err := w.cliqueConstraints(ctx)
	if err != nil {
		return err
	}
	constraints := topology.ConstraintsFor(bound, scan.Environment, step.ParentType)
	var cliques []model.Clique
	flags := map[string]any{}
	for i := range focals {
		focal := &focals[i]
		clique, ok := graph.Clique(focal, ct, constraints)
		if ok {
			clique.LastScanned = w.Now().UTC()
			cliques = append(cliques, clique)
		}
		if ok != focal.Bool("clique") {
			flags[focal.DBID()] = flag(ok)
		}
	}
	if err := w.fence(ctx, step); err != nil {
		return err
	}
	refused, err := session.inventory.Cliques.Put(ctx, scan.GenerationOf(step), cliques...)
	if err != nil {
		return fmt.Errorf("write cliques: %w", err)
	}
	w.Metrics.Fenced(scan.Environment, refused)
	step.Found = len(cliques)
	return session.inventory.Objects.PutPart(ctx, model.PartClique, scan.LastGeneration(), flags, false)
}

// flag is the part that says that an object has a clique; nil takes it away.
func flag(has bool) any {
	if !has {
		return nil
	}
	return map[string]any{"clique": true}
}
