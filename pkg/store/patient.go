package store

import (
	"context"
	"encoding/json"
	"time"
)

// patient is a driver that waits for a database that can't be reached.
type patient struct {
	Driver
	wait time.Duration
}

// Patient makes a driver that tries again what failed because the database could not be reached, for so long or until
// the context is done, whichever is first. It is for those who have time, and whose work would else be lost. What was
// tried may have taken effect before its answer got lost: Insert then says that it inserted less, and Replace that the
// version is another one.
func Patient(driver Driver, wait time.Duration) Driver { return patient{driver, wait} }

// retryEvery is how often a database that can't be reached is tried again.
const retryEvery = 500 * time.Millisecond

// try does something until the database can be reached.
func (p patient) try(ctx context.Context, do func() error) error {
	ticker := time.NewTicker(retryEvery)
	defer ticker.Stop()
	enough := time.NewTimer(p.wait)
	defer enough.Stop()
	for {
		err := do()
		if CodeOf(err) != Unavailable {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-enough.C:
			return err
		case <-ticker.C:
		}
	}
}

// Open implements Driver.
func (p patient) Open(ctx context.Context, spec Spec) error {
	return p.try(ctx, func() error { return p.Driver.Open(ctx, spec) })
}

// Put implements Driver.
func (p patient) Put(ctx context.Context, spec Spec, records []Record) (refused int, err error) {
	err = p.try(ctx, func() (err error) { refused, err = p.Driver.Put(ctx, spec, records); return err })
	return refused, err
}

// PutPart implements Driver.
func (p patient) PutPart(ctx context.Context, spec Spec, part string, generation int64, values map[string]json.RawMessage, touch bool) error {
	return p.try(ctx, func() error { return p.Driver.PutPart(ctx, spec, part, generation, values, touch) })
}

// Insert implements Driver.
func (p patient) Insert(ctx context.Context, spec Spec, records []Record) (inserted int, err error) {
	err = p.try(ctx, func() (err error) { inserted, err = p.Driver.Insert(ctx, spec, records); return err })
	return inserted, err
}

// Replace implements Driver.
func (p patient) Replace(ctx context.Context, spec Spec, record Record) error {
	return p.try(ctx, func() error { return p.Driver.Replace(ctx, spec, record) })
}

// Find implements Driver. What was begun to be passed on is not tried again: nothing is passed on twice.
func (p patient) Find(ctx context.Context, spec Spec, query Query, each func(Record) error) error {
	var broken error
	err := p.try(ctx, func() error {
		begun := false
		err := p.Driver.Find(ctx, spec, query, func(r Record) error { begun = true; return each(r) })
		if begun {
			broken = err
			return nil
		}
		return err
	})
	if err != nil {
		return err
	}
	return broken
}

// Count implements Driver.
func (p patient) Count(ctx context.Context, spec Spec, query Query, by Field) (counts map[string]int, err error) {
	err = p.try(ctx, func() (err error) { counts, err = p.Driver.Count(ctx, spec, query, by); return err })
	return counts, err
}

// Delete implements Driver.
func (p patient) Delete(ctx context.Context, spec Spec, query Query) (deleted int, err error) {
	err = p.try(ctx, func() (err error) { deleted, err = p.Driver.Delete(ctx, spec, query); return err })
	return deleted, err
}
