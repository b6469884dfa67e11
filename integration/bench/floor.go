package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"golang.org/x/sync/errgroup"

	"calipso.io/calipso/api/client"
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

// documents are all that was found, in batches.
type documents struct {
	objects []model.Object
	links   []model.Link
	cliques []model.Clique
}

// writing is how long it takes to write all documents, and how much of our processor time.
type writing struct{ wall, cpu time.Duration }

// writeTimes writes what was found to another store of the same kind, once for each scan, and returns what each took.
func writeTimes(ctx context.Context, c *client.Client, address string, scans int) (times []writing, err error) {
	docs, err := export(ctx, c)
	if err != nil {
		return nil, err
	}
	db, err := open.Store(ctx, address)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	inventory, err := db.Inventory(ctx, "")
	if err != nil {
		return nil, err
	}
	for generation := range scans {
		began, cpu := time.Now(), ownCPU()
		if err := docs.write(ctx, inventory, int64(generation)); err != nil {
			return nil, err
		}
		times = append(times, writing{wall: time.Since(began), cpu: ownCPU() - cpu})
	}
	return times, nil
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

// export reads all that was found.
func export(ctx context.Context, c *client.Client) (*documents, error) {
	reader, writer := io.Pipe()
	go func() { writer.CloseWithError(c.Export(ctx, labName, "", writer)) }()
	defer reader.Close()
	docs, lines := &documents{}, json.NewDecoder(reader)
	for {
		var line struct {
			Collection string
			Document   json.RawMessage
		}
		if err := lines.Decode(&line); err == io.EOF {
			return docs, nil
		} else if err != nil {
			return nil, fmt.Errorf("read the export: %w", err)
		}
		if err := docs.take(line.Collection, line.Document); err != nil {
			return nil, fmt.Errorf("read the export: %w", err)
		}
	}
}

func (d *documents) take(collection string, text json.RawMessage) error {
	switch collection {
	case "inventory":
		return decode(text, &d.objects)
	case "links":
		return decode(text, &d.links)
	case "cliques":
		return decode(text, &d.cliques)
	}
	return fmt.Errorf("unknown collection %q", collection)
}

func decode[T any](text json.RawMessage, into *[]T) error {
	var doc T
	if err := json.Unmarshal(text, &doc); err != nil {
		return err
	}
	*into = append(*into, doc)
	return nil
}
