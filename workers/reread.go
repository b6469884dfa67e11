package workers

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"calipso.io/calipso/pkg/discover"
	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/store"
)

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
	var near *nearby
	if r.skip(&in, before) && parent.Type == model.TypeRegion {
		near = r.near(ctx, parent.ID, before)
	}
	if near != nil {
		if in.Sources.Cloud, err = near.limited(ctx); err != nil {
			near, in.Sources.Cloud = nil, r.session.cloud
		}
	}
	outcome := r.Discoverer.Run(ctx, in)
	if err := context.Cause(ctx); err != nil {
		return err
	}
	r.noteUnread(parent, outcome.Results)
	return r.take(ctx, before, outcome, near)
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

// aboutHardware tells whether a hint is about what a cloud runs on: of all other kinds the objects are known.
func aboutHardware(h model.Hint) bool {
	return !slices.Contains([]string{model.EventInstance, model.EventNetwork, model.EventSubnet, model.EventPort, model.EventRouter,
		model.EventFloatingIP, model.EventTrunk}, h.Kind)
}

// builtIn are the types of objects, by the type of the parent in whose step they are looked for, that no event is about
// but such about hardware: what a fabric's controller tells; what there is in a region; the NICs of a host.
var builtIn = map[string][]string{
	model.TypeEnvironment: {model.TypeSwitch, model.TypeSwitchPnic},
	model.TypeRegion:      {model.TypeAvailabilityZone, model.TypeHost, model.TypeAggregate, model.TypeHostRef, model.TypeNetworkAgent},
}

// skip leaves out of a step what no hint is about: what is known of that stays, and is what the others build on. It is false
// when all has to be read: when a hint is about hardware, as one is that names a host that is not known.
func (r *reconciler) skip(in *discover.Input, before map[string]bare) bool {
	known := map[string]set{}
	for _, was := range before {
		if was.object.Type == model.TypeHost {
			add(known, was.object.ID, was.object.ID)
		}
	}
	stranger := func(host string) bool { return len(named(known, host)) == 0 }
	if in.Parent.Type == model.TypeHost || in.Parent.Type == model.TypeRegion && (len(known) == 0 ||
		slices.ContainsFunc(r.hints, func(h model.Hint) bool { return aboutHardware(h) || slices.ContainsFunc(h.Hosts, stranger) })) {
		return false
	}
	in.Skip = func(fetcher string) bool {
		objectType, _ := r.Discoverer.Plan.Finds(in.Parent.Type, fetcher)
		return slices.Contains(builtIn[in.Parent.Type], objectType)
	}
	for id, was := range before {
		if in.Skip(was.object.Fetcher) {
			in.Known = append(in.Known, was.object)
			r.found(&was.object)
			delete(before, id)
		}
	}
	return true
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
