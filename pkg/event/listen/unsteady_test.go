package listen_test

import (
	"context"
	"sync/atomic"

	"calipso.io/calipso/pkg/store"
)

// unsteady is a store that can be away, and that refuses documents.
type unsteady struct {
	store.Driver
	away    atomic.Bool
	refuses func(store.Record) bool // for ever; none when nil
}

func (u *unsteady) Insert(ctx context.Context, spec store.Spec, records []store.Record) (int, error) {
	if u.away.Load() {
		return 0, store.Errorf(store.Unavailable, "the store is away")
	}
	for _, r := range records {
		if u.refuses != nil && u.refuses(r) {
			return 0, store.Errorf(store.Invalid, "a document that can't be stored")
		}
	}
	return u.Driver.Insert(ctx, spec, records)
}
