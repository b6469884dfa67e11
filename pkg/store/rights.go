package store

import (
	"context"
	"encoding/json"
	"slices"
)

// Rights say of which environments documents may be read and written. The zero Rights allow nothing.
type Rights struct {
	ViewAll, EditAll bool     // who may change everything may see everything
	View, Edit       []string // names of environments; what may be changed may be seen
}

// CanView tells whether the environment's documents may be read.
func (r Rights) CanView(environment string) bool {
	return r.ViewAll || slices.Contains(r.View, environment) || r.CanEdit(environment)
}

// CanEdit tells whether the environment's documents may be written.
func (r Rights) CanEdit(environment string) bool {
	return r.EditAll || slices.Contains(r.Edit, environment)
}

// Within returns the same database as somebody with these rights sees it: reading finds only documents of environments that
// may be seen, as if there were no others; writing others than those that may be changed is an error with the code
// Forbidden, and so is any access to collections that are not about environments. Close the first one only.
func (db *DB) Within(rights Rights) *DB {
	scoped := newDB(scopedDriver{db.driver, rights})
	scoped.whole = db
	return scoped
}

// Ownership says how the documents of a collection belong to environments.
type Ownership int

// Kinds of ownership.
const (
	ByField  Ownership = iota // the field Environment names it
	ByID                      // the document's id is the environment's name
	Shared                    // as ByField; documents without an environment are everybody's to see
	Internal                  // bookkeeping that writing other documents needs; it tells nothing
	Nobodys                   // not about environments: only for who has the whole database
)

// scopedDriver is the one place where it is decided which environments somebody sees and changes.
type scopedDriver struct {
	Driver
	rights Rights
}

// within adds to a query that only documents of these environments are meant.
func within(spec Spec, q Query, all bool, environments []string) (Query, error) {
	switch spec.Owner {
	case Internal:
		return q, nil
	case Nobodys:
		return q, Errorf(Forbidden, "this is not for you to see")
	}
	if all {
		return q, nil
	}
	where := slices.Clone(q.Where)
	switch spec.Owner {
	case ByID:
		where = append(where, IDs(environments...))
	case Shared:
		where = append(where, Is(Environment, append([]string{""}, environments...)...))
	default:
		where = append(where, Is(Environment, environments...))
	}
	q.Where = where
	return q, nil
}

func (d scopedDriver) visible(spec Spec, q Query) (Query, error) {
	return within(spec, q, d.rights.ViewAll || d.rights.EditAll, append(slices.Clone(d.rights.View), d.rights.Edit...))
}

// Find implements Driver.
func (d scopedDriver) Find(ctx context.Context, spec Spec, q Query, each func(Record) error) error {
	q, err := d.visible(spec, q)
	if err != nil {
		return err
	}
	return d.Driver.Find(ctx, spec, q, each)
}

// Count implements Driver.
func (d scopedDriver) Count(ctx context.Context, spec Spec, q Query, by Field) (map[string]int, error) {
	q, err := d.visible(spec, q)
	if err != nil {
		return nil, err
	}
	return d.Driver.Count(ctx, spec, q, by)
}

// Delete implements Driver. When some of what it should remove may be seen only, it removes nothing.
func (d scopedDriver) Delete(ctx context.Context, spec Spec, q Query) (int, error) {
	seen, err := d.visible(spec, q)
	if err != nil {
		return 0, err
	}
	own, err := within(spec, q, d.rights.EditAll, d.rights.Edit)
	if err != nil || d.rights.EditAll || spec.Owner == Internal {
		return d.Driver.Delete(ctx, spec, own)
	}
	all, err := d.Driver.Count(ctx, spec, seen, "")
	if err != nil {
		return 0, err
	}
	mine, err := d.Driver.Count(ctx, spec, own, "")
	if err != nil {
		return 0, err
	}
	if all[""] > mine[""] {
		return 0, forbidden()
	}
	return d.Driver.Delete(ctx, spec, own)
}

func forbidden() error {
	return Errorf(Forbidden, "you may not change this: it takes the right edit-env for its environment")
}

// mayWrite is an error unless all of the records may be written.
func (d scopedDriver) mayWrite(spec Spec, records ...Record) error {
	if d.rights.EditAll && spec.Owner != Nobodys || spec.Owner == Internal {
		return nil
	}
	for _, r := range records {
		environment := r.Fields[Environment]
		if spec.Owner == ByID {
			environment = r.ID
		}
		shared := spec.Owner == Shared && environment == ""
		if spec.Owner == Nobodys || !shared && !d.rights.CanEdit(environment) {
			return forbidden()
		}
	}
	return nil
}

// Put implements Driver.
func (d scopedDriver) Put(ctx context.Context, spec Spec, records []Record) (int, error) {
	if err := d.mayWrite(spec, records...); err != nil {
		return 0, err
	}
	return d.Driver.Put(ctx, spec, records)
}

// PutPart implements Driver. It is for those who may change everything: it does not say whose the documents are.
func (d scopedDriver) PutPart(ctx context.Context, spec Spec, part string, generation int64, values map[string]json.RawMessage, touch bool) error {
	if !d.rights.EditAll || spec.Owner == Nobodys {
		return forbidden()
	}
	return d.Driver.PutPart(ctx, spec, part, generation, values, touch)
}

// Insert implements Driver.
func (d scopedDriver) Insert(ctx context.Context, spec Spec, records []Record) (int, error) {
	if err := d.mayWrite(spec, records...); err != nil {
		return 0, err
	}
	return d.Driver.Insert(ctx, spec, records)
}

// Replace implements Driver. Neither the document that is stored nor the one that takes its place may be another's.
func (d scopedDriver) Replace(ctx context.Context, spec Spec, record Record) error {
	if err := d.mayWrite(spec, record); err != nil {
		return err
	}
	if record.Version == 0 || d.rights.EditAll || spec.Owner == Internal {
		return d.Driver.Replace(ctx, spec, record)
	}
	n, err := d.Driver.Count(ctx, spec, Where(IDs(record.ID)), "")
	if err != nil {
		return err
	}
	own, err := within(spec, Where(IDs(record.ID)), false, d.rights.Edit)
	if err != nil {
		return err
	}
	mine, err := d.Driver.Count(ctx, spec, own, "")
	if err == nil && mine[""] < n[""] {
		err = forbidden()
	}
	if err != nil {
		return err
	}
	return d.Driver.Replace(ctx, spec, record)
}
