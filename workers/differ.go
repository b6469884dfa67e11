package workers

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"calipso.io/calipso/pkg/compare"
	"calipso.io/calipso/pkg/discover"
	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/store"
)

// bare is an object as the inventory has it, with its parts beside it.
type bare struct {
	object model.Object
	parts  map[string]json.RawMessage
}

// stored returns what the inventory has under some conditions, by document id.
func (r *reconciler) stored(ctx context.Context, conds ...store.Cond) (map[string]bare, error) {
	found := map[string]bare{}
	q := store.Where(append(conds, store.Is(store.Environment, r.scan.Environment))...)
	err := r.session.inventory.Objects.EachBare(ctx, q, func(o model.Object, parts map[string]json.RawMessage) error {
		found[o.DBID()] = bare{o, parts}
		return nil
	})
	return found, err
}

// take compares what a step found with what the inventory had of it. Of a region near may have been read alone.
func (r *reconciler) take(ctx context.Context, before map[string]bare, outcome discover.Outcome, near *nearby) error {
	for _, o := range near.unasked(outcome.Objects) {
		r.found(o)
	}
	var put, parts []model.Object
	var changes []change
	for i := range outcome.Objects {
		o := &outcome.Objects[i]
		if o.Part != "" {
			parts = append(parts, *o)
			continue
		}
		was, known := before[o.DBID()]
		delete(before, o.DBID())
		r.found(o)
		if same, err := unchanged(was, o); err != nil || same {
			if err != nil {
				return err
			}
			continue
		}
		put = append(put, *o)
		c := change{now: o}
		if known {
			c.before = &was.object
		}
		changes = append(changes, c)
	}
	r.changed(changes...)
	r.miss(before, outcome.Results)
	return r.write(ctx, put, parts)
}

func (r *reconciler) found(o *model.Object) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.now[o.DBID()] = o
	delete(r.gone, o.DBID())
}

func (r *reconciler) changed(changes ...change) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.changes = append(r.changes, changes...)
}

// miss marks as gone what a step should have found and did not. Of what a fetcher could not read nothing is known. What
// is on no host, a switch that hosts are cabled to, other hosts may tell of.
func (r *reconciler) miss(missing map[string]bare, results []model.Result) {
	failed := map[string]bool{}
	for _, result := range results {
		failed[result.Fetcher] = result.Status == model.ResultFailed
	}
	for _, was := range missing {
		ofHost := strings.Contains(was.object.Scope, scopeOf(model.TypeHost, ""))
		if !failed[was.object.Fetcher] && !(ofHost && was.object.Host == "") {
			r.lose(&was.object)
		}
	}
}

// lose marks an object as gone, unless it was found elsewhere.
func (r *reconciler) lose(o *model.Object) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.now[o.DBID()] == nil {
		r.gone[o.DBID()] = o
		r.changes = append(r.changes, change{before: o})
	}
}

func (r *reconciler) isGone(id string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.gone[id] != nil
}

// unchanged tells whether an object is what the inventory has, and not marked as stale there.
func unchanged(was bare, o *model.Object) (bool, error) {
	if was.object.ID == "" || was.parts[model.PartStale] != nil {
		return false, nil
	}
	return same(was.object, o)
}

// write writes objects, and those parts that are not what they were.
func (r *reconciler) write(ctx context.Context, objects, parts []model.Object) error {
	if err := r.lease.fence(ctx); err != nil {
		return err
	}
	refused, err := r.session.inventory.Objects.Put(ctx, r.generation, objects...)
	if err != nil {
		return fmt.Errorf("write objects: %w", err)
	}
	r.Metrics.Fenced(r.scan.Environment, refused)
	var ids []string
	for _, part := range parts {
		ids = append(ids, part.DBID())
	}
	stored, err := r.stored(ctx, store.IDs(ids...))
	if err != nil {
		return err
	}
	changed := map[string]map[string]any{}
	for _, part := range parts {
		if was, known := stored[part.DBID()]; !known || samePart(was.parts[part.Part], part.Attrs) {
			continue
		}
		if changed[part.Part] == nil {
			changed[part.Part] = map[string]any{}
		}
		changed[part.Part][part.DBID()] = part.Attrs
		was := stored[part.DBID()].object
		r.changed(change{before: &was, now: &was})
	}
	for name, values := range changed {
		if err := r.session.inventory.Objects.PutPart(ctx, name, r.generation, values, false); err != nil {
			return fmt.Errorf("write part %s of objects: %w", name, err)
		}
	}
	return nil
}

func samePart(was json.RawMessage, attrs map[string]any) bool {
	now, err := compare.Normal(attrs)
	if err != nil || was == nil {
		return false
	}
	before, err := compare.Parse(was)
	return err == nil && compare.Same(before, now)
}

// loseHosts marks as gone what was found on hosts that are gone.
func (r *reconciler) loseHosts(ctx context.Context) error {
	for _, host := range slices.Clone(r.changes) {
		if host.now != nil || host.before.Type != model.TypeHost {
			continue
		}
		found, err := r.stored(ctx, store.Is(store.Scope, scopeBelow(host.before)))
		if err != nil {
			return err
		}
		r.miss(found, nil)
	}
	return nil
}

// same tells whether two documents say the same of a cloud.
func same(a, b any) (bool, error) {
	was, err := compare.Normal(a)
	if err != nil {
		return false, err
	}
	is, err := compare.Normal(b)
	return compare.Same(was, is), err
}
