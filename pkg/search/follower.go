package search

import (
	"context"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/store"
)

// How closely the index follows the inventory. Looking takes a moment when nothing has changed.
const (
	lookEvery  = time.Second      // for what was written
	countEvery = 10 * time.Second // for what was removed
	restFactor = 10               // so much longer than the last look took is the time to the next one, at least
	overlap    = 30 * time.Second // what is read again: clocks of machines differ, and writes take time
)

// Follower is an index of an inventory that follows it: who searches first has it look what has changed, which it does at most
// once a second. It can be used by several goroutines at once.
type Follower struct {
	inventory *store.Inventory
	current   atomic.Pointer[index]
	nextLook  atomic.Int64 // when, in nanoseconds of Unix time

	mu        sync.Mutex // for all that follows: held by who looks
	objects   map[string]*object
	latest    int64 // version
	nextCount time.Time
}

// Follow returns the index of an inventory. It reads the inventory with the first look.
func Follow(inventory *store.Inventory) *Follower {
	return &Follower{inventory: inventory, objects: map[string]*object{}}
}

// Query says what is looked for.
type Query struct {
	Text        string
	Types       []string                      // of objects; nil means all
	Environment func(environment string) bool // tells whether its objects are meant
	Skip, Limit int                           // which of the hits
}

// Search returns hits, the best first, and how many there are altogether, as of the last look; nothing before there was one.
// Objects that were removed a moment ago may be among them: who shows hits reads the objects.
func (f *Follower) Search(q Query) (hits []Hit, total int) {
	x := f.current.Load()
	if x == nil {
		return nil, 0
	}
	meant := map[string]bool{}
	wanted := func(o *object) bool {
		if q.Types != nil && !slices.Contains(q.Types, o.objectType) {
			return false
		}
		is, known := meant[o.environment]
		if !known {
			is = q.Environment(o.environment)
			meant[o.environment] = is
		}
		return is
	}
	return x.find(ask(q.Text), wanted, q.Skip, q.Limit)
}

// Look has the index up to date after a look at what has changed, unless somebody else looks: then it is as it was. The first
// look takes seconds where there are many objects.
func (f *Follower) Look(ctx context.Context, now time.Time) error {
	x := f.current.Load()
	if x != nil && (now.UnixNano() < f.nextLook.Load() || !f.mu.TryLock()) {
		return nil
	}
	if x == nil {
		f.mu.Lock()
	}
	defer f.mu.Unlock()
	if f.current.Load() != nil && now.UnixNano() < f.nextLook.Load() {
		return nil // somebody else has just looked
	}
	began := time.Now()
	if err := f.look(ctx, now); err != nil {
		return err
	}
	f.nextLook.Store(now.Add(max(lookEvery, restFactor*time.Since(began))).UnixNano())
	return nil
}

// look brings the index up to date.
func (f *Follower) look(ctx context.Context, now time.Time) error {
	changed, err := f.readChanged(ctx)
	if err != nil {
		return err
	}
	if !now.Before(f.nextCount) {
		gone, err := f.dropGone(ctx)
		if err != nil {
			return err
		}
		f.nextCount = now.Add(countEvery)
		changed = changed || gone
	}
	if changed || f.current.Load() == nil {
		f.current.Store(newIndex(slices.Collect(f.findable())))
	}
	return nil
}

// findable are the objects that have something to be found by: not the folders.
func (f *Follower) findable() func(yield func(*object) bool) {
	return func(yield func(*object) bool) {
		for o := range maps.Values(f.objects) {
			if o.text != "" && !yield(o) {
				return
			}
		}
	}
}

// readChanged reads what was written since it last did, and tells whether that makes a difference.
func (f *Follower) readChanged(ctx context.Context) (changed bool, err error) {
	since, latest := int64(0), f.latest
	if latest > 0 {
		since = store.VersionBefore(latest, overlap)
	}
	q := store.Where(store.ChangedSince(since))
	q.Only = []store.Field{store.Environment, store.Type, store.ID, store.Name, store.Search}
	err = f.inventory.Objects.EachRecord(ctx, q, func(r store.Record) error {
		latest = max(latest, r.Version)
		was := f.objects[r.ID]
		if was != nil && was.version == r.Version {
			return nil
		}
		o := objectOf(r)
		changed = changed || was == nil || was.text != o.text
		f.objects[r.ID] = o
		return nil
	})
	if err == nil {
		f.latest = latest
	}
	return changed, err
}

// objectOf makes an object of its fields. One that was written before there was a field for searching has its name and id.
func objectOf(r store.Record) *object {
	o := &object{id: r.ID, version: r.Version, environment: r.Fields[store.Environment], objectType: r.Fields[store.Type], text: r.Fields[store.Search]}
	if o.text == "" {
		bare := model.Object{Type: o.objectType, ID: r.Fields[store.ID], Name: r.Fields[store.Name]}
		o.text = model.JoinFindables(bare.Findables())
	}
	return o
}

// dropGone removes the objects that are not in the inventory anymore, and tells whether there were any.
func (f *Follower) dropGone(ctx context.Context) (gone bool, err error) {
	n, err := f.inventory.Objects.Count(ctx)
	if err != nil || n == len(f.objects) {
		return false, err
	}
	ids, err := f.inventory.Objects.IDs(ctx, store.Query{})
	if err != nil {
		return false, err
	}
	there := make(map[string]bool, len(ids))
	for _, id := range ids {
		there[id] = true
	}
	before := len(f.objects)
	maps.DeleteFunc(f.objects, func(id string, _ *object) bool { return !there[id] })
	return len(f.objects) < before, nil
}
