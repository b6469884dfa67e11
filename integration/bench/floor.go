package main

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"

	"calipso.io/calipso/integration/proc"
	"calipso.io/calipso/pkg/app"
	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/store"
	"calipso.io/calipso/pkg/store/open"
)

// What bounds a scan from below, beside the cloud's delays.
const (
	pageRows    = 1000 // rows in a page of an API
	apiRequests = 4    // made at once
	levels      = 6    // steps that wait for another: environment, region, hosts, links, cliques, finish
	poll        = 50 * time.Millisecond
)

// floor is the least time that a scan could take: that of its longest part, and a poll of the queue for each level.
type floor struct {
	api, host, store, polls time.Duration
	storeCPU                time.Duration // of our processor time that goes into store
}

func (f floor) total() time.Duration { return max(f.api, f.host, f.store) + f.polls }

// floorOf works out the floor of a scan whose documents take a time to write.
func floorOf(hosts int, s *model.ScanSummary, w writing) floor {
	longest := 1 + (max(s.Objects[model.TypePort], s.Objects[model.TypeInstance])+pageRows-1)/pageRows // log in, then page by page
	requests := max(longest, int(s.APIRequests)/apiRequests)
	return floor{
		api:      time.Duration(requests) * apiDelay,
		host:     max(sshDelay, time.Duration(hosts)*sshDelay/app.DefaultConcurrency),
		store:    w.wall,
		polls:    levels * poll,
		storeCPU: w.cpu,
	}
}

// writers write at once, batchSize documents at a time.
const (
	writers   = 8
	batchSize = 1000
)

// documents are all that was found.
type documents struct {
	objects []model.Object
	links   []model.Link
	cliques []model.Clique
}

// writing is how long it takes to write all documents, and how much of our processor time.
type writing struct{ wall, cpu time.Duration }

// writeTimes writes what was found to another store of the same kind, once for each scan, and returns what each took.
func writeTimes(ctx context.Context, p place, scans int) (times []writing, err error) {
	var docs documents
	if err := inventory(ctx, p.store, docs.read); err != nil {
		return nil, err
	}
	err = inventory(ctx, p.floor, func(ctx context.Context, inv *store.Inventory) error {
		for generation := range scans {
			began, cpu := time.Now(), proc.OwnCPU()
			if err := docs.write(ctx, inv, int64(generation)); err != nil {
				return err
			}
			times = append(times, writing{wall: time.Since(began), cpu: proc.OwnCPU() - cpu})
		}
		return nil
	})
	return times, err
}

// inventory does something with the inventory of the store at an address.
func inventory(ctx context.Context, address string, do func(context.Context, *store.Inventory) error) error {
	db, err := open.Store(ctx, address)
	if err != nil {
		return err
	}
	defer db.Close()
	inv, err := db.Inventory(ctx, "")
	if err != nil {
		return err
	}
	return do(ctx, inv)
}

// read reads all documents.
func (d *documents) read(ctx context.Context, inv *store.Inventory) (err error) {
	if d.objects, err = inv.Objects.Find(ctx, store.Query{}); err != nil {
		return err
	}
	if d.links, err = inv.Links.Find(ctx, store.Query{}); err != nil {
		return err
	}
	d.cliques, err = inv.Cliques.Find(ctx, store.Query{})
	return err
}

func (d *documents) write(ctx context.Context, inventory *store.Inventory, generation int64) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(writers)
	put(ctx, group, inventory.Objects, generation, d.objects)
	put(ctx, group, inventory.Links, generation, d.links)
	put(ctx, group, inventory.Cliques, generation, d.cliques)
	return group.Wait()
}

func put[T any](ctx context.Context, group *errgroup.Group, into *store.Collection[T], generation int64, docs []T) {
	for len(docs) > 0 {
		n := min(batchSize, len(docs))
		batch := docs[:n]
		docs = docs[n:]
		group.Go(func() error {
			_, err := into.Put(ctx, generation, batch...)
			return err
		})
	}
}
