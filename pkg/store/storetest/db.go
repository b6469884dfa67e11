package storetest

import (
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/store"
)

func database(t *testing.T, d store.Driver) *store.DB {
	t.Helper()
	db, err := store.NewDB(t.Context(), d)
	must(t, err)
	return db
}

func inventory(t *testing.T, d store.Driver, name string) *store.Inventory {
	t.Helper()
	inv, err := database(t, d).Inventory(t.Context(), name)
	must(t, err)
	return inv
}

func network(id, name string) model.Object {
	return model.Object{Environment: "env", Type: model.TypeNetwork, ID: id, Name: name, ObjectName: name, IDPath: "/env/" + id,
		ShowInTree: true, LastScanned: time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC),
		Attrs: map[string]any{"subnets": map[string]any{"10.0.0.0/8": map[string]any{"$a.b": "c"}}, "mtu": 1450.0}}
}

func testTyped(t *testing.T, d store.Driver) {
	objects := inventory(t, d, "").Objects
	a, b := network("a", "web.net"), network("b", "bad \xff name")
	refused, err := objects.Put(t.Context(), 3, a, b)
	if err != nil || refused != 0 {
		t.Fatalf("%d are refused (%v)", refused, err)
	}
	if refused, _ := objects.Put(t.Context(), 2, a); refused != 1 {
		t.Error("an older generation is not refused")
	}
	got, err := objects.Get(t.Context(), a.DBID())
	must(t, err)
	if diff := cmp.Diff(a, got); diff != "" {
		t.Errorf("the object changed (-want +got):\n%s", diff)
	}
	got, err = objects.First(t.Context(), store.Query{Sort: []store.Order{{By: store.Name}}})
	must(t, err)
	if again, err := objects.First(t.Context(), store.Where(store.Is(store.Name, got.Name))); err != nil || again.ID != "b" {
		t.Errorf("the object is not found by the name %q that it was read with: %v", got.Name, err)
	}
	_, err = objects.Get(t.Context(), "nobody")
	wantCode(t, err, store.NotFound)
	_, err = objects.First(t.Context(), store.Where(store.Is(store.Name, "nobody")))
	wantCode(t, err, store.NotFound)
	wantCode(t, database(t, d).Users.Create(t.Context(), store.User{Name: "admin"}), "")
	wantCode(t, database(t, d).Users.Create(t.Context(), store.User{Name: "admin"}), store.Conflict)
}

func testTypedParts(t *testing.T, d store.Driver) {
	objects := inventory(t, d, "").Objects
	a := network("a", "web")
	id := a.DBID()
	_, err := objects.Put(t.Context(), 1, a)
	must(t, err)
	must(t, objects.PutPart(t.Context(), model.PartHost, 1, map[string]any{id: map[string]any{"mtu": 9000, "os": "Debian"}}, false))
	must(t, objects.PutPart(t.Context(), model.PartSQL, 1, map[string]any{id: map[string]any{"os": "Ubuntu", "subnets": map[string]any{"x": 1}}}, false))
	must(t, objects.PutPart(t.Context(), model.PartStatus, 1, map[string]any{id: map[string]any{}}, false))
	wantAttrs := func(want map[string]any) {
		t.Helper()
		got, err := objects.Get(t.Context(), id)
		must(t, err)
		if diff := cmp.Diff(want, got.Attrs); diff != "" {
			t.Errorf("wrong attributes (-want +got):\n%s", diff)
		}
	}
	wantAttrs(map[string]any{"mtu": 9000.0, "os": "Ubuntu", "subnets": map[string]any{"x": 1.0}})
	_, err = objects.Update(t.Context(), id, func(o *model.Object) error { o.Set("extra", true); return nil })
	must(t, err)
	must(t, objects.PutPart(t.Context(), model.PartSQL, 1, map[string]any{id: nil}, false))
	must(t, objects.PutPart(t.Context(), model.PartHost, 1, map[string]any{id: nil}, false))
	wantAttrs(map[string]any{"mtu": 1450.0, "extra": true, "subnets": a.Attrs["subnets"]})
	wantCode(t, objects.PutPart(t.Context(), model.PartSQL, 1, map[string]any{id: "text"}, false), store.Invalid)
}

func testUpdate(t *testing.T, d store.Driver) {
	counters := database(t, d).Counters
	must(t, counters.Create(t.Context(), store.Counter{Name: "n"}))
	const rounds = 10
	var group errgroup.Group
	for range writers {
		group.Go(func() error {
			for range rounds {
				if _, err := counters.Update(t.Context(), "n", func(c *store.Counter) error { c.Value++; return nil }); err != nil {
					return err
				}
			}
			return nil
		})
	}
	must(t, group.Wait())
	got, err := counters.Get(t.Context(), "n")
	if err != nil || got.Value != writers*rounds {
		t.Errorf("the counter is %d (%v), want %d", got.Value, err, writers*rounds)
	}
	refusal := errors.New("no")
	if _, err := counters.Update(t.Context(), "n", func(c *store.Counter) error { c.Value = 0; return refusal }); !errors.Is(err, refusal) {
		t.Errorf("Update returns %v, want what the function returned", err)
	}
	_, err = counters.Update(t.Context(), "n", func(c *store.Counter) error { c.Name = "m"; return nil })
	wantCode(t, err, store.Invalid)
	_, err = counters.Update(t.Context(), "nobody", func(*store.Counter) error { return nil })
	wantCode(t, err, store.NotFound)
	if got, _ := counters.Get(t.Context(), "n"); got.Value != writers*rounds {
		t.Errorf("a refused change was written: %d", got.Value)
	}
}

func testGenerations(t *testing.T, d store.Driver) {
	db := database(t, d)
	var mu sync.Mutex
	seen := map[string]int{}
	var group errgroup.Group
	for i := range writers {
		group.Go(func() error {
			last := int64(0)
			for range 5 {
				environment := fmt.Sprint("env-", i%2)
				n, err := db.NextGeneration(t.Context(), environment)
				if err == nil && n <= last {
					err = fmt.Errorf("%d comes after %d", n, last)
				}
				if err != nil {
					return err
				}
				last = n
				mu.Lock()
				seen[fmt.Sprint(environment, "/", n)]++
				mu.Unlock()
			}
			return nil
		})
	}
	must(t, group.Wait())
	if len(seen) != writers*5 || seen[fmt.Sprint("env-0/", model.GenerationsPerScan)] != 1 || seen[fmt.Sprint("env-1/", 20*model.GenerationsPerScan)] != 1 {
		t.Errorf("the numbers are not the first 20 for each environment: %v", seen)
	}
}

func testInventories(t *testing.T, d store.Driver) {
	db := database(t, d)
	for _, name := range []string{"", "inventory2", "inventory_links", "RDO", "rdo", "sqlite", "a-b_C9"} {
		inv, err := db.Inventory(t.Context(), name)
		must(t, err)
		_, err = inv.Objects.Put(t.Context(), 1, network("a", "in "+name))
		must(t, err)
		_, err = inv.Links.Put(t.Context(), 1, model.Link{ID: "l", Environment: "env", LinkName: "in " + name})
		must(t, err)
		_, err = inv.Cliques.Put(t.Context(), 1, model.Clique{ID: "c", Environment: "env", FocalPoint: "in " + name})
		must(t, err)
	}
	for _, name := range []string{"", "inventory2", "inventory_links", "RDO", "rdo", "sqlite", "a-b_C9"} {
		inv, err := db.Inventory(t.Context(), name)
		must(t, err)
		objects, _ := inv.Objects.Count(t.Context(), store.Is(store.Name, "in "+name))
		links, _ := inv.Links.Count(t.Context(), store.Is(store.LinkName, "in "+name))
		cliques, _ := inv.Cliques.Count(t.Context(), store.Is(store.FocalPoint, "in "+name))
		if objects != 1 || links != 1 || cliques != 1 {
			t.Errorf("inventory %q has %d, %d, %d of its own; want 1 each", name, objects, links, cliques)
		}
	}
	for _, name := range []string{"a b", "a.b", "$x", "../x", `x"y`, "é", "links", "cliques_2", string(make([]byte, 65))} {
		_, err := db.Inventory(t.Context(), name)
		wantCode(t, err, store.Invalid)
	}
}

// testScans relies on the order of the texts that times of submission are kept as.
func testScans(t *testing.T, d store.Driver) {
	db := database(t, d)
	start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for i, at := range []time.Duration{time.Hour, 0, time.Nanosecond, time.Second} {
		must(t, db.Scans.Create(t.Context(), model.Scan{ID: fmt.Sprint(i), Environment: "env", Status: model.ScanPending, SubmitTimestamp: start.Add(at)}))
	}
	scans, err := db.Scans.Find(t.Context(), store.Query{Where: []store.Cond{store.Is(store.Environment, "env")},
		Sort: []store.Order{{By: store.Submitted, Desc: true}}})
	must(t, err)
	order := ""
	for _, s := range scans {
		order += s.ID
	}
	if order != "0321" {
		t.Errorf("scans come in the order %s, want 0321: the latest first", order)
	}
	counts, err := db.Scans.CountBy(t.Context(), store.Status, store.Is(store.Environment, "env"))
	if want := map[string]int{model.ScanPending: 4}; err != nil || !cmp.Equal(want, counts) {
		t.Errorf("counts are %v (%v), want %v", counts, err, want)
	}
	if _, err := json.Marshal(scans); err != nil {
		t.Error(err)
	}
}

// testOnlyScan submits scans that must be the only one of their environment, several at once.
func testOnlyScan(t *testing.T, d store.Driver) {
	db := database(t, d)
	must(t, db.Environments.Create(t.Context(), model.Environment{Name: "env"}))
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for round := range 3 {
		var passed atomic.Int64
		var last atomic.Pointer[model.Scan]
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				scan, err := db.SubmitScanIfIdle(t.Context(), model.Scan{Environment: "env"}, now)
				if err == nil {
					passed.Add(1)
					last.Store(&scan)
				} else if store.CodeOf(err) != store.Conflict {
					t.Errorf("round %d: %v", round, err)
				}
			})
		}
		all.Wait()
		if n, err := db.Scans.Count(t.Context()); passed.Load() != 1 || err != nil || n != round+1 {
			t.Fatalf("round %d: %d scans passed, and there are %d (%v); want 1, and %d", round, passed.Load(), n, err, round+1)
		}
		_, err := db.AbortScan(t.Context(), last.Load().ID, now)
		must(t, err)
	}
	same, err := db.SubmitScan(t.Context(), model.Scan{ID: "mine", Environment: "env"}, now)
	must(t, err)
	again, err := db.SubmitScan(t.Context(), model.Scan{ID: "mine", Environment: "env"}, now.Add(time.Hour))
	must(t, err)
	if !cmp.Equal(same, again) {
		t.Errorf("submitting a scan with the same id again gives %+v, want %+v", again, same)
	}
}
