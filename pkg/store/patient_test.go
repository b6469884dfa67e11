package store_test

import (
	"context"
	"encoding/json"
	"path/filepath"
	"testing"
	"time"

	"calipso.io/calipso/pkg/store"
	"calipso.io/calipso/pkg/store/sqlite"
)

// away is a driver that can't reach its database a number of times.
type away struct {
	store.Driver
	times  int
	passed int // records that Find passes on before the connection breaks
}

func (a *away) err() error {
	if a.times == 0 {
		return nil
	}
	a.times--
	return store.Errorf(store.Unavailable, "nobody answers")
}

func (a *away) Open(ctx context.Context, spec store.Spec) error {
	if err := a.err(); err != nil {
		return err
	}
	return a.Driver.Open(ctx, spec)
}

func (a *away) Put(ctx context.Context, spec store.Spec, records []store.Record) (int, error) {
	if err := a.err(); err != nil {
		return 0, err
	}
	return a.Driver.Put(ctx, spec, records)
}

func (a *away) PutPart(ctx context.Context, spec store.Spec, part string, generation int64, values map[string]json.RawMessage, touch bool) error {
	if err := a.err(); err != nil {
		return err
	}
	return a.Driver.PutPart(ctx, spec, part, generation, values, touch)
}

func (a *away) Insert(ctx context.Context, spec store.Spec, records []store.Record) (int, error) {
	if err := a.err(); err != nil {
		return 0, err
	}
	return a.Driver.Insert(ctx, spec, records)
}

func (a *away) Replace(ctx context.Context, spec store.Spec, record store.Record) error {
	if err := a.err(); err != nil {
		return err
	}
	return a.Driver.Replace(ctx, spec, record)
}

func (a *away) Find(ctx context.Context, spec store.Spec, query store.Query, each func(store.Record) error) error {
	if err := a.err(); err != nil && a.passed == 0 {
		return err
	} else if err != nil {
		query.Limit = a.passed
		if found := a.Driver.Find(ctx, spec, query, each); found != nil {
			return found
		}
		return err
	}
	return a.Driver.Find(ctx, spec, query, each)
}

func (a *away) Count(ctx context.Context, spec store.Spec, query store.Query, by store.Field) (map[string]int, error) {
	if err := a.err(); err != nil {
		return nil, err
	}
	return a.Driver.Count(ctx, spec, query, by)
}

func (a *away) Delete(ctx context.Context, spec store.Spec, query store.Query) (int, error) {
	if err := a.err(); err != nil {
		return 0, err
	}
	return a.Driver.Delete(ctx, spec, query)
}

var things = store.Spec{Name: "things", Fields: []store.Field{store.Name}}

func thing(id string) store.Record {
	return store.Record{ID: id, Generation: 1, Fields: map[store.Field]string{store.Name: id}, Doc: json.RawMessage(`{"name":"x"}`)}
}

// absent returns a driver that can be made to lose its database; it has the records a and b.
func absent(t *testing.T) *away {
	t.Helper()
	d, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "calipso.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	if err := d.Open(t.Context(), things); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Insert(t.Context(), things, []store.Record{thing("a"), thing("b")}); err != nil {
		t.Fatal(err)
	}
	return &away{Driver: d}
}

// TestPatient: every operation waits for the database, and then does what it does otherwise.
func TestPatient(t *testing.T) {
	t.Parallel()
	all := store.Where(store.IDs("a", "b", "c"))
	for name, do := range map[string]func(ctx context.Context, d store.Driver) (int, error){
		"open": func(ctx context.Context, d store.Driver) (int, error) { return 0, d.Open(ctx, things) },
		"put": func(ctx context.Context, d store.Driver) (int, error) {
			return d.Put(ctx, things, []store.Record{thing("a")})
		},
		"insert": func(ctx context.Context, d store.Driver) (int, error) {
			return d.Insert(ctx, things, []store.Record{thing("c")})
		},
		"delete": func(ctx context.Context, d store.Driver) (int, error) { return d.Delete(ctx, things, all) },
		"replace": func(ctx context.Context, d store.Driver) (int, error) {
			return 0, d.Replace(ctx, things, thing("c"))
		},
		"count": func(ctx context.Context, d store.Driver) (int, error) {
			counts, err := d.Count(ctx, things, all, "")
			return counts[""], err
		},
		"find": func(ctx context.Context, d store.Driver) (n int, err error) {
			err = d.Find(ctx, things, all, func(store.Record) error { n++; return nil })
			return n, err
		},
		"part": func(ctx context.Context, d store.Driver) (int, error) {
			return 0, d.PutPart(ctx, things, "stale", 1, map[string]json.RawMessage{"a": json.RawMessage("{}")}, false)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want, err := do(t.Context(), absent(t))
			if err != nil {
				t.Fatal(err)
			}
			d := absent(t)
			d.times = 2
			if n, err := do(t.Context(), store.Patient(d, time.Minute)); n != want || err != nil || d.times > 0 {
				t.Errorf("%d, want %d; error %v; %d failures left", n, want, err, d.times)
			}
		})
	}
}

// TestPatienceEnds: with the time, with the context, and when waiting does not help.
func TestPatienceEnds(t *testing.T) {
	t.Parallel()
	d := absent(t)
	d.times = 1 << 30
	if _, err := store.Patient(d, time.Millisecond).Count(t.Context(), things, store.Query{}, ""); store.CodeOf(err) != store.Unavailable {
		t.Errorf("after the time: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := store.Patient(d, time.Hour).Count(ctx, things, store.Query{}, ""); store.CodeOf(err) != store.Unavailable {
		t.Errorf("after the context: %v", err)
	}
	d.times = 0
	err := store.Patient(d, time.Hour).Replace(t.Context(), things, thing("a"))
	if store.CodeOf(err) != store.Conflict {
		t.Errorf("a conflict: %v", err)
	}
}

// TestNothingTwice: a connection that breaks while documents are passed on is an error, so that none is passed on twice.
func TestNothingTwice(t *testing.T) {
	t.Parallel()
	d := absent(t)
	d.times, d.passed = 1, 1
	var passed []string
	err := store.Patient(d, time.Hour).Find(t.Context(), things, store.Query{}, func(r store.Record) error { passed = append(passed, r.ID); return nil })
	if store.CodeOf(err) != store.Unavailable || len(passed) != 1 {
		t.Errorf("passed on %q; error %v", passed, err)
	}
}
