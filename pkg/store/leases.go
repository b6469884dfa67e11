package store

import (
	"context"
	"errors"
	"time"
)

// Lease says who does something that only one may do at a time: a document of leases.
type Lease struct {
	Name     string `json:"name"`
	Holder   string `json:"holder"`   // "" when nobody has it
	Renewals int64  `json:"renewals"` // grows as long as the holder lives
}

// Leases is a holder of leases, for one goroutine. A lease is free when its holder has not renewed it for a while by the
// clock of who looks: clocks of several machines need not agree.
type Leases struct {
	collection *Collection[Lease]
	holder     string
	lifetime   time.Duration
	now        func() time.Time

	seen map[string]sighting // of others' leases
}

// sighting is when a lease was first seen as it is.
type sighting struct {
	renewals int64
	at       time.Time
}

// Leases returns a holder with a name that no other has. Its leases end when they are not renewed for so long; renew them
// several times in that time.
func (db *DB) Leases(holder string, lifetime time.Duration, now func() time.Time) *Leases {
	return &Leases{collection: db.leases, holder: holder, lifetime: lifetime, now: now, seen: map[string]sighting{}}
}

var errHeld = errors.New("another one holds it")

// Hold takes the lease or renews it, and tells whether it is held now.
func (l *Leases) Hold(ctx context.Context, name string) (bool, error) {
	if _, err := l.collection.Insert(ctx, Lease{Name: name}); err != nil {
		return false, err
	}
	_, err := l.collection.Update(ctx, name, func(lease *Lease) error {
		if lease.Holder != "" && lease.Holder != l.holder && !l.expired(lease) {
			return errHeld
		}
		lease.Holder = l.holder
		lease.Renewals++
		return nil
	})
	if errors.Is(err, errHeld) {
		return false, nil
	}
	return err == nil, err
}

// expired tells whether a lease has looked like this for its lifetime.
func (l *Leases) expired(lease *Lease) bool {
	last, known := l.seen[lease.Name]
	if !known || last.renewals != lease.Renewals {
		last = sighting{lease.Renewals, l.now()}
		l.seen[lease.Name] = last
	}
	return l.now().Sub(last.at) >= l.lifetime
}

// Release gives a lease back, if it is held.
func (l *Leases) Release(ctx context.Context, name string) error {
	_, err := l.collection.Update(ctx, name, func(lease *Lease) error {
		if lease.Holder != l.holder {
			return errHeld
		}
		lease.Holder = ""
		return nil
	})
	if errors.Is(err, errHeld) || CodeOf(err) == NotFound {
		return nil
	}
	return err
}
