package storetest

import (
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

// testRacingLeases: of many who want a lease at once, one gets it.
func testRacingLeases(t *testing.T, d store.Driver) {
	db := database(t, d)
	var held atomic.Int32
	var group errgroup.Group
	for i := range 8 {
		group.Go(func() error {
			got, err := db.Leases(fmt.Sprint(i), time.Hour, time.Now).Hold(t.Context(), "x")
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
