package storetest

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"testing"

	"golang.org/x/sync/errgroup"

	"calipso.io/calipso/pkg/store"
)

const writers = 8

// testWriters has generations write the same documents at once, each in an order of its own: the last one wins.
func testWriters(t *testing.T, d store.Driver) {
	spec := opened(t, d)
	const n = 300
	var refused atomic.Int64
	var group errgroup.Group
	for generation := range int64(writers) {
		group.Go(func() error {
			records := make([]store.Record, n)
			for i, place := range rand.Perm(n) {
				records[i] = thing(fmt.Sprintf("%03d", place), generation, fmt.Sprint(generation))
			}
			count, err := d.Put(t.Context(), spec, records)
			refused.Add(int64(count))
			return err
		})
	}
	must(t, group.Wait())
	found := find(t, d, store.Where(store.Is(store.Name, fmt.Sprint(writers-1)), store.Since(writers-1)))
	if len(found) != n {
		t.Errorf("%d of %d documents are the last generation's", len(found), n)
	}
	if refused.Load() > (writers-1)*n {
		t.Errorf("%d writes are refused, more than were too old", refused.Load())
	}
	for _, r := range found {
		wantJSON(t, fmt.Sprintf(`{"_id":%q,"name":"%d","by":%d}`, r.ID, writers-1, writers-1), r.Doc)
	}
}

func testMixedWriters(t *testing.T, d store.Driver) {
	spec := opened(t, d)
	const n, rounds = 100, 5
	records := make([]store.Record, n)
	parts := map[string]json.RawMessage{}
	for i := range records {
		records[i] = thing(fmt.Sprintf("%03d", i), 2, "kept")
		parts[records[i].ID] = json.RawMessage(`{"x":1}`)
	}
	old := make([]store.Record, n)
	for i := range old {
		old[i] = thing(fmt.Sprintf("old-%03d", i), 1, "old")
	}
	var group errgroup.Group
	repeat := func(do func() error) {
		group.Go(func() error {
			for range rounds {
				if err := do(); err != nil {
					return err
				}
			}
			return nil
		})
	}
	repeat(func() error { _, err := d.Put(t.Context(), spec, records); return err })
	repeat(func() error { _, err := d.Put(t.Context(), spec, records); return err })
	repeat(func() error { _, err := d.Put(t.Context(), spec, old); return err })
	repeat(func() error { return d.PutPart(t.Context(), spec, "host", 2, parts, true) })
	repeat(func() error { return d.PutPart(t.Context(), spec, "sql", 2, parts, false) })
	repeat(func() error { _, err := d.Delete(t.Context(), spec, store.Where(store.Older(2))); return err })
	repeat(func() error { _, err := d.Insert(t.Context(), spec, append(old, records...)); return err })
	repeat(func() error {
		return d.Find(t.Context(), spec, store.Query{}, func(store.Record) error { return nil })
	})
	must(t, group.Wait())
	must(t, d.PutPart(t.Context(), spec, "host", 2, parts, true))
	for _, r := range find(t, d, store.Where(store.Is(store.Name, "kept"))) {
		wantJSON(t, `{"x":1}`, r.Parts["host"])
	}
	wantIDs(t, d, store.Where(store.Is(store.Name, "kept")), ids(records)...)
}

// testRacingInserts lets one of all makers of a document win, by Insert and by Replace.
func testRacingInserts(t *testing.T, d store.Driver) {
	spec := opened(t, d)
	var inserted, made, conflicts atomic.Int64
	var group errgroup.Group
	for range writers {
		group.Go(func() error {
			n, err := d.Insert(t.Context(), spec, []store.Record{thing("b", 1, "b"), thing("a", 1, "a")})
			inserted.Add(int64(n))
			return err
		})
		group.Go(func() error {
			err := d.Replace(t.Context(), spec, thing("c", 1, "c"))
			switch store.CodeOf(err) {
			case store.Conflict:
				conflicts.Add(1)
				return nil
			case "":
				made.Add(1)
			}
			return err
		})
	}
	must(t, group.Wait())
	if inserted.Load() != 2 || made.Load() != 1 || conflicts.Load() != writers-1 {
		t.Errorf("%d inserted, %d made, %d conflicts; want 2, 1, %d", inserted.Load(), made.Load(), conflicts.Load(), writers-1)
	}
}
