package workers

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"calipso.io/calipso/pkg/compare"
	"calipso.io/calipso/pkg/discover"
	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/store"
)

// reconciler makes the inventory agree with the cloud, where hints say that it may not.
//
// It takes the steps of the scan plan that a scan would, but only for the hosts that are touched, and without what no
// event of these kinds can change, and compares what they find with what the inventory has of these steps. So what it leaves is what a scan would find. It writes what is
// different, finds the links of the hosts that are touched, builds the cliques that a changed link may be in, and only
// then removes what is gone, so that nothing ever refers to what is not there.
type reconciler struct {
	*Workers
	lease      *lease
	session    *session
	scan       *model.Scan // for the steps: its generation is 0, as all of the inventory counts, whoever wrote it
	generation int64       // of what is written
	hints      []model.Hint

	mu      sync.Mutex
	now     map[string]*model.Object // what was read, by document id
	changes []change
	gone    map[string]*model.Object // what is not there anymore, by document id
	unread  map[string]string        // why something could not be read: by type of object in regions, and by host

	around     *surroundings
	touched    set // the hosts that are read
	links      []linkChange
	interfaces []*model.Object // all vnics of now, once they were asked for
}

// change is an object that is not what it was: before or now is nil when it was not there, or is not anymore.
type change struct{ before, now *model.Object }

// reconcile reads what hints name, with its surroundings, and makes the inventory agree. The generation is taken before
// anything is read: what a later one has written, somebody has read later.
func (w *Workers) reconcile(ctx context.Context, l *lease, environment string, hints []model.Hint) (*reconciler, error) {
	generation, err := w.DB.NextGeneration(ctx, environment)
	if err != nil {
		return nil, err
	}
	scan, err := w.eventScan(ctx, environment)
	if err != nil {
		return nil, err
	}
	session, done, err := w.sessions.open(ctx, scan)
	if err != nil {
		return nil, err
	}
	defer done()
	session.refresh()
	r := &reconciler{Workers: w, lease: l, session: session, scan: scan, generation: generation, hints: hints,
		now: map[string]*model.Object{}, gone: map[string]*model.Object{}, unread: map[string]string{}}
	if err := r.readRegions(ctx); err != nil {
		return nil, err
	}
	if r.around, err = r.look(ctx); err != nil {
		return nil, err
	}
	r.touched = r.around.touched(r.changes, r.hints)
	if err := r.readHosts(ctx); err != nil {
		return nil, err
	}
	for _, next := range []func() error{
		func() error { return r.relink(ctx) },
		func() error { return r.rebuild(ctx) },
		func() error { return r.remove(ctx) },
	} {
		if err := next(); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// aboutHardware tells whether a hint is about what a cloud runs on: of all other kinds the objects are known.
func aboutHardware(h model.Hint) bool {
	return !slices.Contains([]string{model.EventInstance, model.EventNetwork, model.EventSubnet, model.EventPort, model.EventRouter,
		model.EventFloatingIP, model.EventTrunk}, h.Kind)
}

// hardwareTypes are the types of objects that only events about them change.
var hardwareTypes = []string{model.TypeAvailabilityZone, model.TypeHost, model.TypeAggregate, model.TypeHostRef, model.TypeNetworkAgent}

// skip leaves out of a region's step what is about its hardware, when no hint is: what is known of that stays, and is what
// the others build on. A hint that names a host that is not known is about hardware.
func (r *reconciler) skip(in *discover.Input, before map[string]bare) {
	known := map[string]set{}
	for _, was := range before {
		if was.object.Type == model.TypeHost {
			add(known, was.object.ID, was.object.ID)
		}
	}
	stranger := func(host string) bool { return len(named(known, host)) == 0 }
	if in.Parent.Type != model.TypeRegion || len(known) == 0 || slices.ContainsFunc(r.hints, func(h model.Hint) bool {
		return aboutHardware(h) || slices.ContainsFunc(h.Hosts, stranger)
	}) {
		return
	}
	in.Skip = func(fetcher string) bool {
		objectType, _ := r.Discoverer.Plan.Finds(model.TypeRegion, fetcher)
		return slices.Contains(hardwareTypes, objectType)
	}
	for id, was := range before {
		if in.Skip(was.object.Fetcher) {
			in.Known = append(in.Known, was.object)
			r.found(&was.object)
			delete(before, id)
		}
	}
}

// eventScan stands for a scan in what steps need to know. Its id changes with the environment's document, and so does the
// session that goes by it.
func (w *Workers) eventScan(ctx context.Context, environment string) (*model.Scan, error) {
	env, err := w.DB.Environments.Get(ctx, environment)
	if err != nil {
		return nil, err
	}
	env.Scanned, env.LastScanned, env.Operational, env.OperationalReason = false, nil, "", ""
	text, err := json.Marshal(env)
	if err != nil {
		return nil, fmt.Errorf("encode environment %s: %w", environment, err)
	}
	sum := sha256.Sum256(text)
	scan := &model.Scan{ID: "events/" + environment + "/" + hex.EncodeToString(sum[:8]), Environment: environment}
	scan.Inventory = store.DefaultInventory
	return scan, nil
}

// readRegions reads what the cloud's APIs list.
func (r *reconciler) readRegions(ctx context.Context) error {
	if err := r.read(ctx, discover.EnvironmentObject(r.session.env)); err != nil {
		return err
	}
	for _, region := range r.of(model.TypeRegion) {
		if err := r.read(ctx, region); err != nil {
			return err
		}
	}
	if len(r.now) == 0 {
		return fmt.Errorf("nothing could be read: %s", firstText(slices.Sorted(maps.Values(r.unread))...))
	}
	r.session.refresh() // hosts are read with the networks that there are now
	return r.loseHosts(ctx)
}

// atOnce is how many hosts are read at a time.
const atOnce = 16

func (r *reconciler) readHosts(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(min(atOnce, r.session.env.Limit(model.LimitSteps)))
	for _, host := range r.of(model.TypeHost) {
		if r.touched[host.ID] {
			group.Go(func() error { return r.read(ctx, host) })
		}
	}
	return group.Wait()
}

// of returns the objects of a type that were read, in the order of their ids.
func (r *reconciler) of(objectType string) []*model.Object {
	var list []*model.Object
	for _, o := range r.now {
		if o.Type == objectType {
			list = append(list, o)
		}
	}
	slices.SortFunc(list, func(a, b *model.Object) int { return strings.Compare(a.ID, b.ID) })
	return list
}

// scopeBelow is the scope of what the step for a parent finds.
func scopeBelow(parent *model.Object) string {
	if parent.Type == model.TypeEnvironment {
		return rootScope
	}
	return parent.Scope + scopeOf(parent.Type, parent.ID)
}

// read carries out the plan's step for one parent, and writes what is new or different.
func (r *reconciler) read(ctx context.Context, parent *model.Object) error {
	step := r.stepFor(r.scan, r.session.env, parent, scopeBelow(parent))
	in, err := r.input(ctx, r.session, r.scan, &step)
	if err != nil {
		return err
	}
	r.leaveOut(&in)
	before, err := r.stored(ctx, store.Is(store.Scope, step.Scope))
	if err != nil {
		return err
	}
	r.skip(&in, before)
	outcome := r.Discoverer.Run(ctx, in)
	if err := context.Cause(ctx); err != nil {
		return err
	}
	r.noteUnread(parent, outcome.Results)
	return r.take(ctx, before, outcome)
}

// leaveOut takes out of a step's input what is known to be gone.
func (r *reconciler) leaveOut(in *discover.Input) {
	in.Known = slices.DeleteFunc(in.Known, func(o model.Object) bool { return r.isGone(o.DBID()) })
	lookup := in.Lookup
	in.Lookup = func(ctx context.Context, objectType, id string) (*model.Object, error) {
		if r.isGone(model.DBID(r.scan.Environment, objectType, id)) {
			return nil, nil
		}
		return lookup(ctx, objectType, id)
	}
}

// noteUnread remembers what a step could not read: in regions by the types of objects, on hosts when it was nothing at all.
func (r *reconciler) noteUnread(parent *model.Object, results []model.Result) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if parent.Type == model.TypeHost {
		if n := failures(results); n > 0 && n == len(results) {
			r.unread[parent.ID] = results[0].Error
		}
		return
	}
	for _, result := range results {
		if objectType, adds := r.Discoverer.Plan.Finds(parent.Type, result.Fetcher); result.Status == model.ResultFailed && !adds {
			r.unread[objectType] = result.Error
		}
	}
}

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

// take compares what a step found with what the inventory had of it.
func (r *reconciler) take(ctx context.Context, before map[string]bare, outcome discover.Outcome) error {
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
	before, err := compare.Normal(was.object)
	if err != nil {
		return false, err
	}
	now, err := compare.Normal(*o)
	return compare.Same(before, now), err
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
	return err == nil && reflect.DeepEqual(before, now)
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

// remove removes what is gone, unless somebody has found it again since this began to read.
func (r *reconciler) remove(ctx context.Context) error {
	ids := slices.Sorted(maps.Keys(r.gone))
	if len(ids) == 0 {
		return nil
	}
	if err := r.lease.fence(ctx); err != nil {
		return err
	}
	for chunk := range slices.Chunk(ids, mostIDs) {
		if _, err := r.session.inventory.Objects.Delete(ctx, store.IDs(chunk...), store.Older(r.generation)); err != nil {
			return fmt.Errorf("remove objects: %w", err)
		}
	}
	return nil
}
