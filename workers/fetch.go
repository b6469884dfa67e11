package workers

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"calipso.io/calipso/pkg/discover"
	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/store"
)

// rootScope is the scope of an environment's first step; those of the steps below it begin with it.
const rootScope = "environment"

// stepFor returns the step that looks below an object.
func (w *Workers) stepFor(scan *model.Scan, env *model.Environment, parent *model.Object, scope string) model.Step {
	s := newStep(scan, model.PhaseInventory, parent.Type, parent.DBID())
	s.ParentID, s.ParentType, s.Scope = parent.ID, parent.Type, scope
	s.Fetchers = w.Discoverer.Names(env, parent)
	if parent.Type == model.TypeHost {
		s.Host = parent.ID
	}
	return s
}

// fetch carries out one step of the scan plan and writes what it found. What a fetcher could not read is kept and
// marked stale, with the reason. The steps for what was found are added before this one counts as done.
func (w *Workers) fetch(ctx context.Context, scan *model.Scan, step *model.Step) error {
	session, done, err := w.sessions.open(ctx, scan)
	if err != nil {
		return err
	}
	defer done()
	in, err := w.input(ctx, session, scan, step)
	if err != nil {
		return err
	}
	outcome := w.Discoverer.Run(ctx, in)
	if step.ParentType == model.TypeRegion && session.cloud != nil {
		session.cloud.Forget(step.ParentID)
	}
	if err := context.Cause(ctx); err != nil {
		return err // what was cut off must not count as empty
	}
	if err := w.fence(ctx, step); err != nil {
		return err
	}
	if err := w.save(ctx, session.inventory, scan, step, outcome.Objects); err != nil {
		return err
	}
	if err := w.markStale(ctx, session.inventory, scan, step, in.Only, outcome.Results); err != nil {
		return err
	}
	step.Results, step.Counts = outcome.Results, session.takeCounts()
	for _, r := range outcome.Results {
		step.Found += r.Found
	}
	if failed := failures(outcome.Results); failed > 0 && failed == len(outcome.Results) {
		step.Status, step.Error = model.StepFailed, outcome.Results[0].Error
	}
	return w.addChildren(ctx, session.inventory, in.Env, scan, step, in.Only)
}

func failures(results []model.Result) (n int) {
	for _, r := range results {
		if r.Status == model.ResultFailed {
			n++
		}
	}
	return n
}

// input gathers what a step needs to know.
func (w *Workers) input(ctx context.Context, session *session, scan *model.Scan, step *model.Step) (discover.Input, error) {
	inv := session.inventory
	in := discover.Input{Env: session.env, Scope: step.Scope, Now: w.Now(), Sources: session.sources()}
	in.Lookup = func(ctx context.Context, objectType, id string) (*model.Object, error) {
		o, err := inv.Objects.Get(ctx, model.DBID(scan.Environment, objectType, id))
		if store.CodeOf(err) == store.NotFound {
			return nil, nil
		}
		return &o, err
	}
	if step.ParentType == model.TypeEnvironment {
		in.Parent = discover.EnvironmentObject(session.env)
	} else {
		parent, err := inv.Objects.Get(ctx, step.Parent)
		if err != nil {
			return in, fmt.Errorf("read %s %s: %w", step.ParentType, step.ParentID, err)
		}
		in.Parent = &parent
	}
	var err error
	if in.Only, err = w.only(ctx, inv, scan); err != nil {
		return in, err
	}
	if step.ParentType == model.TypeHost {
		in.Known, err = w.knownOfHost(ctx, session, scan, step)
	}
	return in, err
}

// only returns the object that a scan is limited to, or nil.
func (w *Workers) only(ctx context.Context, inv *store.Inventory, scan *model.Scan) (*model.Object, error) {
	if scan.ObjectID == "" {
		return nil, nil
	}
	o, err := inv.Objects.Get(ctx, model.DBID(scan.Environment, scan.ObjectType, scan.ObjectID))
	if err != nil {
		return nil, fmt.Errorf("read %s %s: %w", scan.ObjectType, scan.ObjectID, err)
	}
	return &o, nil
}

// knownOfHost returns what a host's fetchers build on: what the cloud says is on the host, its networks, and the fabric's
// switches.
func (w *Workers) knownOfHost(ctx context.Context, session *session, scan *model.Scan, step *model.Step) ([]model.Object, error) {
	q := store.Where(store.Is(store.Environment, scan.Environment), store.Is(store.Host, step.Host))
	if scan.ObjectID == "" {
		q.Where = append(q.Where, store.Since(scan.Generation))
	}
	known, err := session.inventory.Objects.Find(ctx, q)
	if err != nil {
		return nil, err
	}
	// What the step finds itself is left out here: a condition of the query would make some servers go through all scopes.
	known = slices.DeleteFunc(known, func(o model.Object) bool { return o.Scope == step.Scope })
	networks, err := session.networks(ctx, strings.TrimSuffix(step.Scope, scopeOf(model.TypeHost, step.ParentID)))
	if err != nil {
		return nil, err
	}
	switches, err := session.switches(ctx)
	return slices.Concat(known, networks, switches), err
}

// save writes objects, then the parts that add to objects, which other steps may have written at any attempt.
func (w *Workers) save(ctx context.Context, inv *store.Inventory, scan *model.Scan, step *model.Step, objects []model.Object) error {
	var whole []model.Object
	parts := map[string]map[string]any{}
	for _, o := range objects {
		if o.Part == "" {
			whole = append(whole, o)
			continue
		}
		if parts[o.Part] == nil {
			parts[o.Part] = map[string]any{}
		}
		parts[o.Part][o.DBID()] = o.Attrs
	}
	refused, err := inv.Objects.Put(ctx, scan.GenerationOf(step), whole...)
	if err != nil {
		return fmt.Errorf("write objects: %w", err)
	}
	if refused > 0 {
		w.Metrics.Fenced(scan.Environment, refused)
		w.stepLog(scan, step).Warn("a later attempt or scan has written these objects already", "refused", refused)
	}
	for _, part := range slices.Sorted(maps.Keys(parts)) {
		if err := inv.Objects.PutPart(ctx, part, scan.LastGeneration(), parts[part], false); err != nil {
			return fmt.Errorf("write part %s of objects: %w", part, err)
		}
	}
	return nil
}

// addChildren adds the steps for the objects of this step that have one, those that were kept as stale included.
func (w *Workers) addChildren(ctx context.Context, inv *store.Inventory, env *model.Environment, scan *model.Scan, step *model.Step, only *model.Object) error {
	var steps []model.Step
	for _, s := range w.Discoverer.Plan {
		if !s.Task || s.Parent == model.TypeEnvironment {
			continue
		}
		q := store.Where(store.Is(store.Environment, scan.Environment), store.Is(store.Type, s.Parent), store.Is(store.Scope, step.Scope))
		if only == nil {
			q.Where = append(q.Where, store.Since(scan.Generation))
		}
		err := inv.Objects.Each(ctx, q, func(o model.Object) error {
			if only == nil || concerns(&o, only) {
				steps = append(steps, w.stepFor(scan, env, &o, step.Scope+scopeOf(o.Type, o.ID)))
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return w.addSteps(ctx, steps)
}

// concerns tells whether the step for a parent can find an object, or what is below it. Listings of the cloud's API
// hold everything; a host's commands tell of what is on the host, and of ports of switches that they have told of before.
func concerns(parent, object *model.Object) bool {
	return parent.Type != model.TypeHost || object.Host == parent.ID || strings.HasSuffix(object.Scope, scopeOf(parent.Type, parent.ID)) ||
		parent.IDPath == object.IDPath || strings.HasPrefix(parent.IDPath, object.IDPath+"/")
}

func scopeOf(objectType, id string) string { return "/" + objectType + ":" + id }
