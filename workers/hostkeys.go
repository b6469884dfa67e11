package workers

import (
	"context"
	"time"

	"calipso.io/calipso/pkg/store"
)

// hostKeys remembers the SSH host keys of one environment in the store. It is an ssh.HostKeys.
type hostKeys struct {
	db          *store.DB
	environment string
	now         func() time.Time
}

// Known returns the key that was accepted for a host, "<name>:<port>".
func (k hostKeys) Known(ctx context.Context, host string) (key string, ok bool, err error) {
	known, err := k.db.HostKeys.Get(ctx, store.HostKeyID(k.environment, host))
	if store.CodeOf(err) == store.NotFound {
		return "", false, nil
	}
	return known.Key, err == nil, err
}

// Accept remembers the key of a host that none is known of, and returns the one that is known then: where two workers
// see a host for the first time at once, the one that writes first decides.
func (k hostKeys) Accept(ctx context.Context, host, key string) (accepted string, err error) {
	doc := store.HostKey{ID: store.HostKeyID(k.environment, host), Environment: k.environment, Host: host, Key: key, Accepted: k.now().UTC()}
	if _, err := k.db.HostKeys.Insert(ctx, doc); err != nil {
		return "", err
	}
	known, err := k.db.HostKeys.Get(ctx, doc.ID)
	return known.Key, err
}
