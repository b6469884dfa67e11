package storetest

import (
	"encoding/json"
	"testing"

	"calipso.io/calipso/pkg/store"
)

func testPut(t *testing.T, d store.Driver) {
	opened(t, d)
	if refused := put(t, d, thing("a", 1, "first"), thing("b", 1, "second")); refused != 0 {
		t.Errorf("%d new documents are refused", refused)
	}
	put(t, d, thing("a", 1, "other"))
	wantJSON(t, `{"_id":"a","name":"other","by":1}`, one(t, d, "a").Doc)
	wantIDs(t, d, store.Where(store.Is(store.Name, "first")))
	wantIDs(t, d, store.Where(store.Is(store.Name, "other")), "a")
	wantIDs(t, d, store.Query{}, "a", "b")
	if refused := put(t, d); refused != 0 {
		t.Errorf("%d of no documents are refused", refused)
	}
}

func testPutFence(t *testing.T, d store.Driver) {
	opened(t, d)
	put(t, d, thing("a", 5, "five"), thing("b", 7, "seven"), thing("c", 3, "three"))
	if refused := put(t, d, thing("b", 6, "six"), thing("d", 6, "six"), thing("a", 6, "six"), thing("c", 2, "two")); refused != 2 {
		t.Errorf("%d are refused, want 2: b and c", refused)
	}
	for id, want := range map[string]struct {
		name       string
		generation int64
	}{"a": {"six", 6}, "b": {"seven", 7}, "c": {"three", 3}, "d": {"six", 6}} {
		r := one(t, d, id)
		if r.Generation != want.generation {
			t.Errorf("%s has generation %d, want %d", id, r.Generation, want.generation)
		}
		wantIDs(t, d, store.Where(store.IDs(id), store.Is(store.Name, want.name)), id)
	}
	if refused := put(t, d, thing("b", 7, "again")); refused != 0 {
		t.Error("a document of the same generation is refused")
	}
	wantJSON(t, `{"_id":"b","name":"again","by":7}`, one(t, d, "b").Doc)
}

func testPutKeepsParts(t *testing.T, d store.Driver) {
	opened(t, d)
	put(t, d, thing("a", 1, "a"))
	putPart(t, d, "status", 1, false, map[string]string{"a": `{"level":"ok"}`})
	putPart(t, d, "stale", 1, false, map[string]string{"a": `{"why":"closed port"}`})
	wantParts(t, d, "a", map[string]string{"status": `{"level":"ok"}`, "stale": `{"why":"closed port"}`})
	record := thing("a", 2, "b")
	record.Parts = map[string]json.RawMessage{"status": json.RawMessage(`{"level":"not mine"}`)}
	put(t, d, record)
	wantParts(t, d, "a", map[string]string{"status": `{"level":"ok"}`})
	putPart(t, d, "stale", 2, false, map[string]string{"a": `{"why":"timeout"}`})
	put(t, d, thing("a", 1, "too late"))
	wantParts(t, d, "a", map[string]string{"status": `{"level":"ok"}`, "stale": `{"why":"timeout"}`})
}

func testPutSameIDTwice(t *testing.T, d store.Driver) {
	opened(t, d)
	put(t, d, thing("a", 1, "first"), thing("b", 1, "b"), thing("a", 1, "last"))
	wantIDs(t, d, store.Where(store.Is(store.Name, "last")), "a")
	if n, err := d.Insert(t.Context(), things(), []store.Record{thing("c", 1, "first"), thing("c", 1, "last")}); n != 1 || err != nil {
		t.Errorf("insert of the same twice: %d, %v; want 1", n, err)
	}
	wantIDs(t, d, store.Where(store.IDs("c"), store.Is(store.Name, "first")), "c")
}

func testPart(t *testing.T, d store.Driver) {
	opened(t, d)
	put(t, d, thing("a", 1, "a"), thing("b", 1, "b"))
	putPart(t, d, "host", 1, false, map[string]string{"a": `{"os":"Debian","cpus":{"n":4}}`, "b": `{"os":"Ubuntu"}`})
	putPart(t, d, "sql", 1, false, map[string]string{"a": `{}`})
	putPart(t, d, "host", 1, false, map[string]string{"a": `{"cpus":{"m.$":null},"empty":[]}`})
	wantParts(t, d, "a", map[string]string{"host": `{"cpus":{"m.$":null},"empty":[]}`, "sql": `{}`})
	wantParts(t, d, "b", map[string]string{"host": `{"os":"Ubuntu"}`})
	putPart(t, d, "host", 1, false, map[string]string{"a": `null`})
	putPart(t, d, "never_set", 1, false, map[string]string{"a": `null`})
	wantParts(t, d, "a", map[string]string{"sql": `{}`})
	wantJSON(t, `{"_id":"a","name":"a","by":1}`, one(t, d, "a").Doc)
}

func testPartFence(t *testing.T, d store.Driver) {
	opened(t, d)
	put(t, d, thing("a", 5, "a"), thing("b", 3, "b"))
	putPart(t, d, "host", 4, true, map[string]string{"a": `{"x":1}`, "b": `{"x":1}`})
	wantParts(t, d, "a", nil)
	wantParts(t, d, "b", map[string]string{"host": `{"x":1}`})
	put(t, d, thing("b", 9, "b"))
	putPart(t, d, "host", 8, false, map[string]string{"b": `null`})
	wantParts(t, d, "b", map[string]string{"host": `{"x":1}`})
}

func testPartTouch(t *testing.T, d store.Driver) {
	opened(t, d)
	put(t, d, thing("a", 1, "a"), thing("b", 1, "b"), thing("c", 1, "c"))
	putPart(t, d, "stale", 4, true, map[string]string{"a": `{"why":"x"}`})
	putPart(t, d, "status", 4, false, map[string]string{"b": `{"level":"ok"}`})
	putPart(t, d, "stale", 4, true, map[string]string{"c": `null`})
	wantIDs(t, d, store.Where(store.Older(4)), "b")
	wantIDs(t, d, store.Where(store.Since(4)), "a", "c")
}

func testPartOfNothing(t *testing.T, d store.Driver) {
	opened(t, d)
	put(t, d, thing("a", 1, "a"))
	putPart(t, d, "host", 1, true, map[string]string{"a": `{"x":1}`, "nobody": `{"x":1}`, "": `{"x":1}`})
	putPart(t, d, "host", 1, true, nil)
	wantIDs(t, d, store.Query{}, "a")
	wantParts(t, d, "a", map[string]string{"host": `{"x":1}`})
}

func testInsert(t *testing.T, d store.Driver) {
	opened(t, d)
	put(t, d, thing("a", 1, "old"))
	n, err := d.Insert(t.Context(), things(), []store.Record{thing("b", 2, "new"), thing("a", 2, "new"), thing("c", 2, "new")})
	must(t, err)
	if n != 2 {
		t.Errorf("%d were inserted, want 2", n)
	}
	wantIDs(t, d, store.Where(store.Is(store.Name, "new")), "b", "c")
	wantIDs(t, d, store.Where(store.Is(store.Name, "old")), "a")
}

func testReplace(t *testing.T, d store.Driver) {
	opened(t, d)
	must(t, d.Replace(t.Context(), things(), thing("a", 1, "new")))
	wantCode(t, d.Replace(t.Context(), things(), thing("a", 1, "new again")), store.Conflict)
	missing := thing("b", 1, "b")
	missing.Version = 42
	wantCode(t, d.Replace(t.Context(), things(), missing), store.Conflict)
	changed := thing("a", 3, "changed")
	changed.Version = one(t, d, "a").Version
	must(t, d.Replace(t.Context(), things(), changed))
	wantCode(t, d.Replace(t.Context(), things(), changed), store.Conflict)
	wantIDs(t, d, store.Query{}, "a")
	wantIDs(t, d, store.Where(store.Is(store.Name, "changed"), store.Since(3), store.Older(4)), "a")
}

func testReplaceKeepsParts(t *testing.T, d store.Driver) {
	opened(t, d)
	put(t, d, thing("a", 1, "a"))
	putPart(t, d, "stale", 1, false, map[string]string{"a": `{"x":1}`})
	changed := thing("a", 1, "changed")
	changed.Version = one(t, d, "a").Version
	must(t, d.Replace(t.Context(), things(), changed))
	wantParts(t, d, "a", map[string]string{"stale": `{"x":1}`})
}

func testVersionOfNew(t *testing.T, d store.Driver) {
	opened(t, d)
	must(t, d.Replace(t.Context(), things(), thing("a", 1, "first")))
	late := thing("a", 1, "late")
	late.Version = one(t, d, "a").Version
	if _, err := d.Delete(t.Context(), things(), store.Query{}); err != nil {
		t.Fatal(err)
	}
	must(t, d.Replace(t.Context(), things(), thing("a", 1, "second")))
	wantCode(t, d.Replace(t.Context(), things(), late), store.Conflict)
}

func testVersions(t *testing.T, d store.Driver) {
	opened(t, d)
	seen := map[int64]bool{0: true}
	for _, write := range []func(){
		func() { put(t, d, thing("a", 1, "a")) },
		func() { put(t, d, thing("a", 1, "a")) },
		func() { putPart(t, d, "host", 1, false, map[string]string{"a": `{}`}) },
		func() { putPart(t, d, "host", 1, true, map[string]string{"a": `null`}) },
		func() { must(t, d.Replace(t.Context(), things(), one(t, d, "a"))) },
	} {
		write()
		version := one(t, d, "a").Version
		if seen[version] {
			t.Errorf("the version %d was there before", version)
		}
		seen[version] = true
	}
}
