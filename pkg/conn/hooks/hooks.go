// Package hooks is how the owner of a client of a cloud has a say in when its operations begin, and learns how long they
// took.
package hooks

import (
	"context"
	"time"
)

// Hooks are called around each operation of a client, by many goroutines at once. Both may be nil.
type Hooks struct {
	// Limit waits until an operation may begin; release is called when it has ended.
	Limit func(ctx context.Context, operation string) (release func(), err error)

	// Observe is told of an operation that has ended. The time does not include the wait for its beginning.
	Observe func(operation string, took time.Duration, err error)
}

// Begin waits until an operation may begin. end must be called once it has ended, with its error or nil.
func (h Hooks) Begin(ctx context.Context, operation string) (end func(error), err error) {
	release := func() {}
	if h.Limit != nil {
		if release, err = h.Limit(ctx, operation); err != nil {
			return nil, err
		}
	}
	began := time.Now()
	return func(err error) {
		if h.Observe != nil {
			h.Observe(operation, time.Since(began), err)
		}
		release()
	}, nil
}
