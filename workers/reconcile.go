package workers

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/store"
)

// reconciler makes the inventory agree with the cloud, where hints say that it may not.
//
// It takes the steps of the scan plan that a scan would, but only for the hosts that are touched, and without what no
// event of these kinds can change, and compares what they find with what the inventory has of these steps: so what it
// leaves is what a scan would find. It writes what is different (differ.go), finds the links of the hosts that are touched
// (relink.go), builds the cliques that a changed link may be in (recliques.go), and only then removes what is gone, so that
// nothing ever refers to what is not there.
type reconciler struct {
	*Workers
	lease      *lease
	session    *session
	scan       *model.Scan // for the steps: its generation is 0, as all of the inventory counts, whoever wrote it
	generation int64       // of what is written
	hints      []model.Hint
	waits      string // why nothing was read: the cloud is still at what the hints are about

	mu      sync.Mutex
	now     map[string]*model.Object // what was read, by document id
	changes []change
	gone    map[string]*model.Object // what is not there anymore, by document id
	unread  map[string]string        // why something could not be read: by type of object in regions, and by host

	around  *surroundings
	touched set // the hosts that are read
	links   []linkChange
	types   []model.CliqueType
	bound   []model.CliqueConstraint
	sights  *sights

	apisRead, hostsRead time.Time // when they had been
}

// change is an object that is not what it was: before or now is nil when it was not there, or is not anymore.
type change struct{ before, now *model.Object }

// reconcile reads what events hint at, with its surroundings, and makes the inventory agree. The generation is taken before
// anything is read: what a later one has written, somebody has read later.
func (w *Workers) reconcile(ctx context.Context, l *lease, environment string, events []model.Event) (*reconciler, error) {
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
	r := &reconciler{Workers: w, lease: l, session: session, scan: scan, generation: generation, hints: hintsOf(events),
		now: map[string]*model.Object{}, gone: map[string]*model.Object{}, unread: map[string]string{}}
	if r.waits = r.stillBuilding(ctx, events); r.waits != "" {
		return r, nil
	}
	if r.types, err = w.cliqueTypes(ctx); err != nil {
		return nil, err
	}
	if r.bound, err = w.cliqueConstraints(ctx); err != nil {
		return nil, err
	}
	if err := r.readRegions(ctx); err != nil {
		return nil, err
	}
	r.apisRead = w.Now()
	if r.around, err = r.look(ctx); err != nil {
		return nil, err
	}
	r.sights = r.sighted()
	r.touched = r.around.touched(r.changes, r.hints, r.early())
	if err := r.readHosts(ctx); err != nil {
		return nil, err
	}
	r.hostsRead = w.Now()
	for _, next := range []func() error{
		func() error { return r.relink(ctx) },
		func() error { return r.rebuild(ctx) },
		func() error { return r.remove(ctx) },
	} {
		if err := next(); err != nil {
			return nil, err
		}
	}
	r.sights = r.sighted()
	return r, nil
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
