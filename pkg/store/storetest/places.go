package storetest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"calipso.io/calipso/pkg/store"
)

// testPlaces goes through each order place by place, while documents before and after the place come and go.
func testPlaces(t *testing.T, d store.Driver) {
	opened(t, d)
	put(t, d, thing("e", 1, "b"), thing("d", 1, "a"), thing("c", 1, "B"), thing("b", 1, "é"), thing("a", 1, "b"), thing("f", 1, ""))
	for name, test := range map[string]struct {
		sort []store.Order
		want []string
	}{
		"by id":   {nil, []string{"a", "b", "c", "d", "e", "f"}},
		"by name": {[]store.Order{{By: store.Name}}, []string{"f", "c", "d", "a", "e", "b"}},
		"down":    {[]store.Order{{By: store.Name, Desc: true}}, []string{"b", "a", "e", "d", "c", "f"}},
	} {
		t.Run(name, func(t *testing.T) {
			for size := 1; size <= 7; size++ {
				if diff := cmp.Diff(test.want, placeByPlace(t, d, test.sort, size)); diff != "" {
					t.Errorf("%d at a time (-want +got):\n%s", size, diff)
				}
			}
		})
	}
	past := store.Query{Sort: []store.Order{{By: store.Name}}, Past: &store.Place{Key: "a", ID: "gone"}}
	wantIDs(t, d, past, "a", "e", "b")
	past.Where = []store.Cond{store.Is(store.Name, "b")}
	wantIDs(t, d, past, "a", "e")
	past.Sort = append(past.Sort, store.Order{By: store.Type})
	wantCode(t, d.Find(t.Context(), things(), past, func(store.Record) error { return nil }), store.Invalid)
}

func placeByPlace(t *testing.T, d store.Driver, sort []store.Order, size int) (seen []string) {
	t.Helper()
	q := store.Query{Sort: sort, Limit: size, Only: []store.Field{store.Name}}
	for {
		page := find(t, d, q)
		if len(page) == 0 {
			return seen
		}
		seen = append(seen, ids(page)...)
		last := page[len(page)-1]
		q.Past = &store.Place{ID: last.ID}
		if sort != nil {
			q.Past.Key = last.Fields[store.Name]
		}
	}
}

// testOnly reads fields without documents.
func testOnly(t *testing.T, d store.Driver) {
	spec := opened(t, d)
	put(t, d, thing("a", 3, "first"), thing("b", 4, ""))
	whole := find(t, d, store.Query{})
	for what, only := range map[string][]store.Field{"two": {store.Name, store.Type}, "none": {}} {
		got := find(t, d, store.Query{Only: only, Sort: []store.Order{{By: store.Name, Desc: true}}, Limit: 5})
		for i, want := range []map[store.Field]string{{store.Name: "first", store.Type: "thing"}, {store.Name: "", store.Type: "thing"}} {
			if len(only) == 0 {
				want = map[store.Field]string{}
			}
			want := store.Record{ID: whole[i].ID, Generation: whole[i].Generation, Version: whole[i].Version, Fields: want}
			if diff := cmp.Diff(want, got[i]); diff != "" {
				t.Errorf("%s (-want +got):\n%s", what, diff)
			}
		}
	}
	wantCode(t, d.Find(t.Context(), spec, store.Query{Only: []store.Field{store.Host}}, nil), store.Invalid)
}

// testFollowed follows what was written: documents and their parts.
func testFollowed(t *testing.T, d store.Driver) {
	spec := things()
	spec.Followed = true
	must(t, d.Open(t.Context(), spec))
	put(t, d, thing("a", 1, "a"), thing("b", 1, "b"), thing("c", 1, "c"))
	wantIDs(t, d, store.Where(store.ChangedSince(0)), "a", "b", "c")
	var latest int64
	for _, r := range find(t, d, store.Query{}) {
		latest = max(latest, r.Version)
	}
	wantIDs(t, d, store.Where(store.ChangedSince(latest)))
	wantIDs(t, d, store.Where(store.ChangedSince(store.VersionBefore(latest, time.Minute))), "a", "b", "c")
	awaitVersionAfter(latest)
	put(t, d, thing("b", 1, "other"))
	putPart(t, d, "status", 1, false, map[string]string{"c": `{"x":1}`})
	wantIDs(t, d, store.Where(store.ChangedSince(latest)), "b", "c")
	wantIDs(t, d, store.Where(store.ChangedSince(latest), store.Is(store.Name, "other")), "b")
}

// awaitVersionAfter returns when new versions are greater than the one given: they are in order by the millisecond.
func awaitVersionAfter(version int64) {
	for store.VersionBefore(store.NewVersion(), time.Millisecond) <= version {
	}
}

// testVersionsOrdered: of two versions the later one is greater, if there was time between them.
func testVersionsOrdered(t *testing.T, _ store.Driver) {
	first := store.NewVersion()
	awaitVersionAfter(first)
	if later := store.NewVersion(); first <= 0 || later <= first {
		t.Errorf("%d comes after %d", later, first)
	}
}
