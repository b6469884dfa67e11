package storetest

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"

	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/store"
)

// benchDocs is how many documents a benchmark of reading has, and one of writing writes at a time.
const benchDocs = 10_000

// Benchmark measures a driver with documents of 1 KB that have the fields and indexes of inventory objects. Writes are
// of 10,000 documents in calls of 1,000; "docs/s" is the number to look at.
func Benchmark(b *testing.B, open func(b *testing.B) store.Driver) {
	d := open(b)
	spec := store.Spec{Name: "inventory",
		Fields: []store.Field{store.Environment, store.Type, store.ID, store.Name, store.ParentID, store.Host},
		Indexes: [][]store.Field{{store.Environment, store.Type, store.ID}, {store.Environment, store.ParentID},
			{store.Environment, store.Host}}}
	if err := d.Open(b.Context(), spec); err != nil {
		b.Fatal(err)
	}
	bench := &bench{d, spec}
	b.Run("Put/new", bench.putNew)
	b.Run("Put/again", bench.putAgain)
	b.Run("Put/8 writers", bench.putWriters)
	b.Run("Put/one", bench.putOne)
	b.Run("Find/all", bench.find(store.Query{}, benchDocs))
	b.Run("Find/environment", bench.find(store.Where(store.Is(store.Environment, "env")), benchDocs))
	b.Run("Find/page by name", bench.find(store.Query{Sort: []store.Order{{By: store.Name}}, Limit: 100}, 100))
	b.Run("Find/id", bench.find(store.Where(store.IDs(benchRecord(5000).ID)), 1))
	b.Run("Find/host", bench.find(store.Where(store.Is(store.Environment, "env"), store.Is(store.Host, "host-7")), benchDocs/100))
	b.Run("Find/contains", bench.find(store.Where(store.Contains(store.Name, "NAME-77")), 111))
	b.Run("Count/by type", bench.countByType)
}

type bench struct {
	driver store.Driver
	spec   store.Spec
}

func benchRecord(i int) store.Record {
	o := model.Object{Environment: "env", Type: fmt.Sprint("type-", i%10), ID: fmt.Sprint("id-", i), Name: fmt.Sprint("name-", i),
		ParentID: fmt.Sprint("parent-", i/20), Host: fmt.Sprint("host-", i%100)}
	ports := make([]map[string]any, 5)
	for p := range ports {
		ports[p] = map[string]any{"name": fmt.Sprint("tap", p, i), "mac_address": "fa:16:3e:00:00:01", "tag": p, "text": strings.Repeat("x", 40)}
	}
	o.Set("ports", ports)
	o.Set("text", strings.Repeat("y", 150))
	doc, _ := o.MarshalJSON() // can't fail: texts and numbers
	return store.Record{ID: o.DBID(), Generation: 1, Doc: doc, Fields: map[store.Field]string{store.Environment: o.Environment,
		store.Type: o.Type, store.ID: o.ID, store.Name: o.Name, store.ParentID: o.ParentID, store.Host: o.Host}}
}

func benchRecords() []store.Record {
	records := make([]store.Record, benchDocs)
	for i := range records {
		records[i] = benchRecord(i)
	}
	return records
}

func (s *bench) put(b *testing.B, records []store.Record) error {
	for len(records) > 0 {
		n := min(1000, len(records))
		if _, err := s.driver.Put(b.Context(), s.spec, records[:n]); err != nil {
			return err
		}
		records = records[n:]
	}
	return nil
}

func (s *bench) writes(b *testing.B, before func() error, write func() error) {
	docs := 0
	for b.Loop() {
		b.StopTimer()
		if err := before(); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		if err := write(); err != nil {
			b.Fatal(err)
		}
		docs += benchDocs
	}
	b.ReportMetric(float64(docs)/b.Elapsed().Seconds(), "docs/s")
}

func (s *bench) empty(b *testing.B) error {
	_, err := s.driver.Delete(b.Context(), s.spec, store.Query{})
	return err
}

func (s *bench) putNew(b *testing.B) {
	records := benchRecords()
	s.writes(b, func() error { return s.empty(b) }, func() error { return s.put(b, records) })
}

func (s *bench) putAgain(b *testing.B) {
	records := benchRecords()
	s.writes(b, func() error { return s.put(b, records) }, func() error { return s.put(b, records) })
}

func (s *bench) putWriters(b *testing.B) {
	records := benchRecords()
	rand.Shuffle(len(records), func(i, j int) { records[i], records[j] = records[j], records[i] })
	s.writes(b, func() error { return s.put(b, records) }, func() error {
		var group errgroup.Group
		for w := range writers {
			share := records[w*benchDocs/writers : (w+1)*benchDocs/writers]
			group.Go(func() error { return s.put(b, share) })
		}
		return group.Wait()
	})
}

func (s *bench) putOne(b *testing.B) {
	record := []store.Record{benchRecord(1)}
	for b.Loop() {
		if err := s.put(b, record); err != nil {
			b.Fatal(err)
		}
	}
}

func (s *bench) find(query store.Query, want int) func(*testing.B) {
	return func(b *testing.B) {
		docs := 0
		for b.Loop() {
			n := 0
			err := s.driver.Find(b.Context(), s.spec, query, func(store.Record) error { n++; return nil })
			if err != nil || n != want {
				b.Fatalf("%d documents (%v), want %d", n, err, want)
			}
			docs += n
		}
		b.ReportMetric(float64(docs)/b.Elapsed().Seconds(), "docs/s")
	}
}

func (s *bench) countByType(b *testing.B) {
	for b.Loop() {
		counts, err := s.driver.Count(b.Context(), s.spec, store.Where(store.Is(store.Environment, "env")), store.Type)
		if err != nil || len(counts) != 10 {
			b.Fatalf("%d types (%v), want 10", len(counts), err)
		}
	}
}
