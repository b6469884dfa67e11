package storetest

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"calipso.io/calipso/pkg/store"
)

func testLeases(t *testing.T, d store.Driver) {
	db := database(t, d)
	var passed time.Duration
	clock := func(ahead time.Duration) func() time.Time {
		return func() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC).Add(ahead + passed) }
	}
	a, b := db.Leases("a", 10*time.Second, clock(0)), db.Leases("b", 10*time.Second, clock(-5*time.Hour))
	hold := func(who *store.Leases, name string, want bool) {
		t.Helper()
		if held, err := who.Hold(t.Context(), name); held != want || err != nil {
			t.Errorf("%v later: held %t, want %t; error %v", passed, held, want, err)
		}
	}
	hold(a, "x", true)
	hold(b, "x", false)
	hold(b, "y", true)
	for range 5 { // renewed all the time
		passed += 4 * time.Second
		hold(a, "x", true)
		hold(b, "x", false)
	}
	passed += 9 * time.Second
	hold(b, "x", false)
	passed += time.Second
	hold(b, "x", true) // a has not renewed it since b saw it
	hold(a, "x", false)
	must(t, a.Release(t.Context(), "x")) // it is not a's
	hold(a, "x", false)
	must(t, b.Release(t.Context(), "x"))
	hold(a, "x", true)
	must(t, a.Release(t.Context(), "nobody's"))
}

// testRenewedLeases: only who holds a lease can renew it; holders that share what they have seen of another one's lease
// need not wait anew.
func testRenewedLeases(t *testing.T, d store.Driver) {
	db := database(t, d)
	var passed time.Duration
	now := func() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC).Add(passed) }
	a, b := db.Leases("a", 10*time.Second, now), db.Leases("b", 10*time.Second, now)
	is := func(what string, do func(context.Context, string) (bool, error), want bool) {
		t.Helper()
		if got, err := do(t.Context(), "x"); got != want || err != nil {
			t.Errorf("%v later: %s: %t, want %t; error %v", passed, what, got, want, err)
		}
	}
	is("nobody's lease renewed", a.Renew, false)
	is("abandoned before it was taken", b.Abandoned, true)
	is("a takes it", a.Hold, true)
	is("abandoned while a has it", b.Abandoned, false)
	for range 5 { // by renewing, a keeps it
		passed += 9 * time.Second
		is("a renews it", a.Renew, true)
		is("b renews it", b.Renew, false)
		is("b takes it from a", b.Hold, false)
	}
	other := b.As("other")
	passed += 10 * time.Second
	is("abandoned by a", other.Abandoned, true)
	is("other takes it, as b has seen for long enough that a does not renew it", other.Hold, true)
	is("a renews what it has lost", a.Renew, false)
	is("b takes it from other", b.Hold, false)
	must(t, b.Release(t.Context(), "x"))
	is("other renews it", other.Renew, true)
	must(t, other.Release(t.Context(), "x"))
	is("other renews what it has given back", other.Renew, false)
	is("abandoned by other", a.Abandoned, true)

	is("a frees what nobody has", a.Free, false)
	is("other takes it again", other.Hold, true)
	is("a frees it while other lives", a.Free, false)
	passed += 10 * time.Second
	is("a frees it, as other does not renew it", a.Free, true)
	is("other renews what was freed", other.Renew, false)
	is("who has not watched it takes it at once", db.Leases("c", time.Hour, now).Hold, true)
}

// testRacingLeases: of many who want a lease at once, one gets it, whether they know of each other or not.
func testRacingLeases(t *testing.T, d store.Driver) {
	db := database(t, d)
	var held atomic.Int32
	var group errgroup.Group
	shared := db.Leases("shared", time.Hour, time.Now)
	for i := range 8 {
		group.Go(func() error {
			holder := shared.As(fmt.Sprint(i))
			if i%2 == 0 {
				holder = db.Leases(fmt.Sprint(i), time.Hour, time.Now)
			}
			got, err := holder.Hold(t.Context(), "x")
			if got {
				held.Add(1)
			}
			return err
		})
	}
	must(t, group.Wait())
	if held.Load() != 1 {
		t.Errorf("%d hold the lease", held.Load())
	}
}

func testInstallation(t *testing.T, d store.Driver) {
	first, err := database(t, d).Installation(t.Context())
	must(t, err)
	if again, err := database(t, d).Installation(t.Context()); err != nil || again != first || first == 0 {
		t.Errorf("numbers %d and %d, error %v", first, again, err)
	}
}
