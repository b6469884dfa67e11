package store

import (
	"context"
	"encoding/json"
)

// Change is what was done to a document or, without an ID, to so many more of a collection that it is not told of each.
type Change struct {
	Collection  string
	ID          string
	Environment string          // whose document it is; "" when it is nobody's
	Before      json.RawMessage // nil when there was none, or when it was not looked at
	After       json.RawMessage // nil when there is none
	More        int             // documents; 0 with an ID
}

// Observer is told of changes.
type Observer interface {
	// Changing is called before each change. When it returns an error, that is the error of the change, which is not made.
	Changing(ctx context.Context) error
	// Changed is called after a change.
	Changed(Change)
}

// observedDocuments is of how many documents an observer is told that are changed at once; the others are only counted.
const observedDocuments = 5

// Observed returns the same database for somebody whose changes are observed, except those of bookkeeping. Close the first
// one only.
func (db *DB) Observed(o Observer) *DB {
	observed := newDB(observedDriver{db.driver, o})
	observed.whole, observed.rights = db, db.rights
	return observed
}

type observedDriver struct {
	Driver
	observer Observer
}

// written tells of records that were written.
func (d observedDriver) written(spec Spec, records []Record) {
	told := records[:min(len(records), observedDocuments)]
	for _, r := range told {
		d.observer.Changed(Change{Collection: spec.Name, ID: r.ID, Environment: environmentOf(spec, r), After: r.Doc})
	}
	d.more(spec, len(records)-len(told))
}

func (d observedDriver) more(spec Spec, n int) {
	if n > 0 {
		d.observer.Changed(Change{Collection: spec.Name, More: n})
	}
}

// environmentOf returns the environment that a record belongs to, or "".
func environmentOf(spec Spec, r Record) string {
	if spec.Owner == ByID {
		return r.ID
	}
	if environment, ok := r.Fields[Environment]; ok || spec.Owner == Nobodys {
		return environment
	}
	var doc struct {
		Environment string `json:"environment"`
	}
	_ = json.Unmarshal(r.Doc, &doc) // of what the store has written: it has it or it has not
	return doc.Environment
}

// stored reads some of the documents that conditions select.
func (d observedDriver) stored(ctx context.Context, spec Spec, where []Cond) (records []Record, err error) {
	err = d.Driver.Find(ctx, spec, Query{Where: where, Limit: observedDocuments}, func(r Record) error {
		records = append(records, r)
		return nil
	})
	return records, err
}

// Put implements Driver.
func (d observedDriver) Put(ctx context.Context, spec Spec, records []Record) (refused int, err error) {
	if err := d.observer.Changing(ctx); err != nil {
		return 0, err
	}
	refused, err = d.Driver.Put(ctx, spec, records)
	if err == nil && refused < len(records) {
		d.written(spec, records)
	}
	return refused, err
}

// PutPart implements Driver.
func (d observedDriver) PutPart(ctx context.Context, spec Spec, part string, generation int64, values map[string]json.RawMessage, touch bool) error {
	if err := d.observer.Changing(ctx); err != nil {
		return err
	}
	err := d.Driver.PutPart(ctx, spec, part, generation, values, touch)
	if err == nil {
		d.more(spec, len(values))
	}
	return err
}

// Insert implements Driver.
func (d observedDriver) Insert(ctx context.Context, spec Spec, records []Record) (inserted int, err error) {
	if spec.Owner == Internal {
		return d.Driver.Insert(ctx, spec, records)
	}
	if err := d.observer.Changing(ctx); err != nil {
		return 0, err
	}
	inserted, err = d.Driver.Insert(ctx, spec, records)
	if err == nil && inserted == len(records) {
		d.written(spec, records)
	} else {
		d.more(spec, inserted)
	}
	return inserted, err
}

// Replace implements Driver.
func (d observedDriver) Replace(ctx context.Context, spec Spec, record Record) error {
	if spec.Owner == Internal {
		return d.Driver.Replace(ctx, spec, record)
	}
	before, err := d.stored(ctx, spec, []Cond{IDs(record.ID)})
	if err == nil {
		err = d.observer.Changing(ctx)
	}
	if err == nil {
		err = d.Driver.Replace(ctx, spec, record)
	}
	if err != nil {
		return err
	}
	change := Change{Collection: spec.Name, ID: record.ID, Environment: environmentOf(spec, record), After: record.Doc}
	if len(before) == 1 {
		change.Before = before[0].Doc
	}
	d.observer.Changed(change)
	return nil
}

// Delete implements Driver. Where there is nothing, nothing is changed.
func (d observedDriver) Delete(ctx context.Context, spec Spec, q Query) (int, error) {
	before, err := d.stored(ctx, spec, q.Where)
	if err == nil && len(before) > 0 {
		err = d.observer.Changing(ctx)
	}
	if err != nil || len(before) == 0 {
		return 0, err
	}
	deleted, err := d.Driver.Delete(ctx, spec, q)
	if err != nil || deleted == 0 {
		return deleted, err
	}
	for _, r := range before {
		d.observer.Changed(Change{Collection: spec.Name, ID: r.ID, Environment: environmentOf(spec, r), Before: r.Doc})
	}
	d.more(spec, deleted-len(before))
	return deleted, nil
}
