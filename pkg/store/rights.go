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

// Visible returns the environments that may be seen, each once and in order; all is true for all that there are.
func (r Rights) Visible() (environments []string, all bool) {
	if r.ViewAll || r.EditAll {
		return nil, true
	}
	environments = slices.Concat(r.View, r.Edit)
	slices.Sort(environments)
	return slices.Compact(environments), false
}

// Within returns the same database as somebody with these rights sees it: reading finds only documents of environments that
// may be seen, as if there were no others; writing others than those that may be changed is an error with the code
// Forbidden, and so is any access to collections that are not about environments. Close the first one only.
//
// Whose a document is that a write replaces or removes is looked up before the write: documents don't change hands.
func (db *DB) Within(rights Rights) *DB {
	seen, all := rights.Visible()
	scoped := newDB(scopedDriver{db.driver, scope{all, seen}, scope{rights.EditAll, rights.Edit}})
	scoped.whole, scoped.rights = db, &rights
	return scoped
}

// MayEdit returns an error with the code Forbidden unless documents of the environment may be written. It is for those who
// do something else before they write.
func (db *DB) MayEdit(environment string) error {
	if db.rights == nil || db.rights.CanEdit(environment) {
		return nil
	}
	return forbidden()
}

// Ownership says how the documents of a collection belong to environments.
type Ownership int

// Kinds of ownership.
const (
	ByField  Ownership = iota // the field Environment names it
	ByID                      // the document's id is the environment's name
	Shared                    // as ByField; documents without an environment are everybody's to see, and no environment's to protect
	Internal                  // bookkeeping that writing other documents needs; it tells nothing
	Nobodys                   // not about environments: only for who has the whole database
)

// scope is a set of environments.
type scope struct {
	all          bool
	environments []string
}

// narrow restricts conditions to documents of the scope. Where they name environments, these are cut down to those of the
// scope, so that a query keeps its one condition and its index.
func (s scope) narrow(spec Spec, where []Cond) []Cond {
	if s.all || spec.Owner == Internal {
		return where
	}
	limit := Is(Environment, s.environments...)
	switch spec.Owner {
	case ByID:
		limit = IDs(s.environments...)
	case Shared:
		limit = Is(Environment, append([]string{""}, s.environments...)...)
	}
	same := func(c Cond) bool { return c.Op == limit.Op && c.Field == limit.Field }
	i := slices.IndexFunc(where, same)
	where = slices.Clone(where)
	if i < 0 {
		return append(where, limit)
	}
	foreign := func(name string) bool { return !slices.Contains(limit.Values, name) }
	where[i].Values = slices.DeleteFunc(slices.Clone(where[i].Values), foreign)
	return where
}

// scopedDriver is the one place where it is decided which environments somebody sees and changes.
type scopedDriver struct {
	Driver
	seen, own scope
}

func forbidden() error {
	return Errorf(Forbidden, "you may not change this: it takes the right edit-env for its environment")
}

// visible restricts a query to what may be seen.
func (d scopedDriver) visible(spec Spec, q Query) (Query, error) {
	if spec.Owner == Nobodys {
		return q, Errorf(Forbidden, "this is not for you to see")
	}
	q.Where = d.seen.narrow(spec, q.Where)
	return q, nil
}

// unbounded tells whether all documents of a collection may be written.
func (d scopedDriver) unbounded(spec Spec) bool {
	return spec.Owner == Internal || d.own.all && spec.Owner != Nobodys
}

// mayWrite is an error unless records like these may be written.
func (d scopedDriver) mayWrite(spec Spec, records ...Record) error {
	if d.unbounded(spec) {
		return nil
	}
	for _, r := range records {
		environment := r.Fields[Environment]
		if spec.Owner == ByID {
			environment = r.ID
		}
		shared := spec.Owner == Shared && environment == ""
		if spec.Owner == Nobodys || !shared && !slices.Contains(d.own.environments, environment) {
			return forbidden()
		}
	}
	return nil
}

// mayTouch is an error unless all documents that the conditions select may be written.
func (d scopedDriver) mayTouch(ctx context.Context, spec Spec, where []Cond) error {
	if d.unbounded(spec) {
		return nil
	}
	all, err := d.Driver.Count(ctx, spec, Query{Where: where}, "")
	if err != nil || all[""] == 0 {
		return err
	}
	own, err := d.Driver.Count(ctx, spec, Query{Where: d.own.narrow(spec, where)}, "")
	if err == nil && own[""] < all[""] {
		err = forbidden()
	}
	return err
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
	q, err := d.visible(spec, q)
	if err == nil {
		err = d.mayTouch(ctx, spec, q.Where)
	}
	if err != nil {
		return 0, err
	}
	if !d.unbounded(spec) {
		q.Where = d.own.narrow(spec, q.Where)
	}
	return d.Driver.Delete(ctx, spec, q)
}

// Put implements Driver. Neither the records nor the documents whose place they take may be another's.
func (d scopedDriver) Put(ctx context.Context, spec Spec, records []Record) (int, error) {
	if err := d.mayWrite(spec, records...); err != nil {
		return 0, err
	}
	ids := make([]string, len(records))
	for i, r := range records {
		ids[i] = r.ID
	}
	if err := d.mayTouch(ctx, spec, []Cond{IDs(ids...)}); err != nil {
		return 0, err
	}
	return d.Driver.Put(ctx, spec, records)
}

// PutPart implements Driver. It is for those who may change everything: it does not say whose the documents are.
func (d scopedDriver) PutPart(ctx context.Context, spec Spec, part string, generation int64, values map[string]json.RawMessage, touch bool) error {
	if !d.unbounded(spec) {
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
	if err := d.mayTouch(ctx, spec, []Cond{IDs(record.ID)}); err != nil {
		return err
	}
	return d.Driver.Replace(ctx, spec, record)
}
