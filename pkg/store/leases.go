package store

import (
	"context"
	"errors"
	"sync"
	"time"
)

// Lease says who does something that only one may do at a time: a document of leases.
type Lease struct {
	Name     string `json:"name"`
	Holder   string `json:"holder"`   // "" when nobody has it
	Renewals int64  `json:"renewals"` // grows as long as the holder lives
}

// Leases is a holder of leases. A lease is free when its holder has not renewed it for a while by the clock of who looks:
// clocks of several machines need not agree. It may be used by several goroutines.
type Leases struct {
	collection *Collection[Lease]
	holder     string
	lifetime   time.Duration
	now        func() time.Time
	seen       *sightings
}

// sightings remember since when leases have looked as they do.
type sightings struct {
	mu     sync.Mutex
	byName map[string]sighting
}

type sighting struct {
	renewals int64
	at       time.Time
}

// Leases returns a holder with a name that no other has. Its leases end when they are not renewed for so long; renew them
// several times in that time.
func (db *DB) Leases(holder string, lifetime time.Duration, now func() time.Time) *Leases {
	return &Leases{collection: db.leases, holder: holder, lifetime: lifetime, now: now, seen: &sightings{byName: map[string]sighting{}}}
}

// As returns another holder, which knows what this one has seen of others' leases, and shows it what it sees. No other may
// have its name.
func (l *Leases) As(holder string) *Leases {
	other := *l
	other.holder = holder
	return &other
}

var errHeld = errors.New("another one holds it")

// Hold takes the lease or renews it, and tells whether it is held now.
func (l *Leases) Hold(ctx context.Context, name string) (bool, error) {
	if _, err := l.collection.Insert(ctx, Lease{Name: name}); err != nil {
		return false, err
	}
	return l.update(ctx, name, func(lease *Lease) error {
		if lease.Holder != "" && lease.Holder != l.holder && !l.expired(lease) {
			return errHeld
		}
		lease.Holder = l.holder
		lease.Renewals++
		return nil
	})
}

// Renew renews the lease if it is still held, and tells whether it is. Who asks before writing fences off what it does
// from what the next holder does.
func (l *Leases) Renew(ctx context.Context, name string) (bool, error) {
	return l.update(ctx, name, func(lease *Lease) error {
		if lease.Holder != l.holder {
			return errHeld
		}
		lease.Renewals++
		return nil
	})
}

// Release gives a lease back, if it is held.
func (l *Leases) Release(ctx context.Context, name string) error {
	_, err := l.update(ctx, name, func(lease *Lease) error {
		if lease.Holder != l.holder {
			return errHeld
		}
		lease.Holder = ""
		return nil
	})
	return err
}

// Abandoned tells whether nobody holds the lease: it was given back, not renewed for its lifetime, or never taken.
func (l *Leases) Abandoned(ctx context.Context, name string) (bool, error) {
	lease, err := l.collection.Get(ctx, name)
	if CodeOf(err) == NotFound {
		return true, nil
	}
	return err == nil && (lease.Holder == "" || l.expired(&lease)), err
}

// Free frees a lease that another holder has not renewed for its lifetime, for all who have not watched it for so long. It
// tells whether that was so.
func (l *Leases) Free(ctx context.Context, name string) (bool, error) {
	return l.update(ctx, name, func(lease *Lease) error {
		if lease.Holder == "" || lease.Holder == l.holder || !l.expired(lease) {
			return errHeld
		}
		lease.Holder = ""
		return nil
	})
}

// update changes a lease unless that is errHeld, and tells whether it was changed.
func (l *Leases) update(ctx context.Context, name string, change func(*Lease) error) (bool, error) {
	_, err := l.collection.Update(ctx, name, change)
	if errors.Is(err, errHeld) || CodeOf(err) == NotFound {
		return false, nil
	}
	return err == nil, err
}

// expired tells whether a lease has looked like this for its lifetime.
func (l *Leases) expired(lease *Lease) bool {
	l.seen.mu.Lock()
	defer l.seen.mu.Unlock()
	last, known := l.seen.byName[lease.Name]
	if !known || last.renewals != lease.Renewals {
		last = sighting{lease.Renewals, l.now()}
		l.seen.byName[lease.Name] = last
	}
	return l.now().Sub(last.at) >= l.lifetime
}
