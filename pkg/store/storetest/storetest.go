// Package storetest says what a driver of the store must do, as tests that every driver passes.
package storetest

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"calipso.io/calipso/pkg/store"
)

// Run runs the whole suite. open gives a driver on an empty database of its own, and cleans up when the test ends.
func Run(t *testing.T, open func(t *testing.T) store.Driver) {
	for name, test := range map[string]func(*testing.T, store.Driver){
		"put replaces and counts":                  testPut,
		"put is fenced by generation":              testPutFence,
		"put keeps parts but stale":                testPutKeepsParts,
		"put takes the last of equal ids":          testPutSameIDTwice,
		"part is set, replaced and removed":        testPart,
		"part is fenced by generation":             testPartFence,
		"part touches the generation":              testPartTouch,
		"part leaves what does not exist":          testPartOfNothing,
		"insert writes only what is new":           testInsert,
		"replace goes by version":                  testReplace,
		"replace keeps parts":                      testReplaceKeepsParts,
		"a document made anew has another version": testVersionOfNew,
		"every write changes the version":          testVersions,
		"conditions":                               testConditions,
		"values are only values":                   testHostileValues,
		"long lists and long values":               testLong,
		"unknown fields are refused":               testUnknownFields,
		"sort, skip and limit":                     testSort,
		"pages in the order of ids":                testPages,
		"places in an order":                       testPlaces,
		"fields alone":                             testOnly,
		"some keys of documents":                   testSomeKeys,
		"what changed":                             testFollowed,
		"versions are in order":                    testVersionsOrdered,
		"count":                                    testCount,
		"delete":                                   testDelete,
		"documents come back":                      testDocuments,
		"many documents":                           testMany,
		"find: the callback uses the store":        testCallbackUsesStore,
		"find: the callback's error stops it":      testCallbackError,
		"find: records may be kept":                testRecordsKept,
		"a cancelled context ends calls":           testCancel,
		"collections don't mix":                    testCollections,
		"open again":                               testOpenAgain,
		"closed":                                   testClosed,
		"overlapping writers":                      testWriters,
		"writers, parts and deletes at once":       testMixedWriters,
		"two makers of a document":                 testRacingInserts,
		"database: typed collections":              testTyped,
		"database: parts are laid over":            testTypedParts,
		"database: update loses nothing":           testUpdate,
		"database: generations":                    testGenerations,
		"database: inventory names":                testInventories,
		"database: scans in order":                 testScans,
		"database: the only scan":                  testOnlyScan,
		"database: leases":                         testLeases,
		"database: renewed leases":                 testRenewedLeases,
		"database: racing for a lease":             testRacingLeases,
		"rights: reading finds what may be seen":   testSeen,
		"rights: writing what may be changed":      testRightsToChange,
		"rights: nothing is taken over":            testTakenOver,
		"rights: shared, internal, nobody's":       testOwners,
		"rights: inventories":                      testRightsOfInventories,
		"database: number of the installation":     testInstallation,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open(t))
		})
	}
}

// things is the collection that most tests use.
func things() store.Spec {
	return store.Spec{Name: "things",
		Fields:  []store.Field{store.Environment, store.Type, store.ID, store.Name},
		Indexes: [][]store.Field{{store.Environment, store.Type, store.ID}, {store.Name}}}
}

// opened makes the collection of things.
func opened(t *testing.T, d store.Driver) store.Spec {
	t.Helper()
	must(t, d.Open(t.Context(), things()))
	return things()
}

// thing is a record whose document tells its name and who wrote it.
func thing(id string, generation int64, name string) store.Record {
	doc, _ := json.Marshal(map[string]any{"_id": id, "name": name, "by": generation})
	return store.Record{ID: id, Generation: generation, Doc: doc, Fields: map[store.Field]string{
		store.Environment: "env", store.Type: "thing", store.ID: id, store.Name: name}}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func put(t *testing.T, d store.Driver, records ...store.Record) (refused int) {
	t.Helper()
	refused, err := d.Put(t.Context(), things(), records)
	must(t, err)
	return refused
}

func putPart(t *testing.T, d store.Driver, part string, generation int64, touch bool, values map[string]string) {
	t.Helper()
	raw := map[string]json.RawMessage{}
	for id, v := range values {
		raw[id] = json.RawMessage(v)
	}
	must(t, d.PutPart(t.Context(), things(), part, generation, raw, touch))
}

func find(t *testing.T, d store.Driver, q store.Query) []store.Record {
	t.Helper()
	var found []store.Record
	must(t, d.Find(t.Context(), things(), q, func(r store.Record) error {
		found = append(found, r)
		return nil
	}))
	return found
}

func one(t *testing.T, d store.Driver, id string) store.Record {
	t.Helper()
	found := find(t, d, store.Where(store.IDs(id)))
	if len(found) != 1 {
		t.Fatalf("%d documents have the id %q, want 1", len(found), id)
	}
	return found[0]
}

func ids(records []store.Record) []string {
	list := []string{}
	for _, r := range records {
		list = append(list, r.ID)
	}
	return list
}

func wantIDs(t *testing.T, d store.Driver, q store.Query, want ...string) {
	t.Helper()
	if diff := cmp.Diff(append([]string{}, want...), ids(find(t, d, q))); diff != "" {
		t.Errorf("wrong documents (-want +got):\n%s", diff)
	}
}

// wantJSON compares JSON texts by meaning: the order of keys and the way that a number is written don't matter.
func wantJSON(t *testing.T, want string, got json.RawMessage) {
	t.Helper()
	if diff := cmp.Diff(decoded(t, want), decoded(t, string(got))); diff != "" {
		t.Errorf("wrong JSON (-want +got):\n%s", diff)
	}
}

func wantParts(t *testing.T, d store.Driver, id string, want map[string]string) {
	t.Helper()
	got := one(t, d, id).Parts
	if len(got) != len(want) {
		t.Errorf("%s has %d parts, want %d: %s", id, len(got), len(want), got)
	}
	for name, part := range want {
		wantJSON(t, part, got[name])
	}
}

func wantCode(t *testing.T, err error, want store.Code) {
	t.Helper()
	if got := store.CodeOf(err); got != want {
		t.Errorf("the error is %v with the code %q, want %q", err, got, want)
	}
}

// decoded reads JSON with integers of any length exact, and other numbers as float64: 3.0 is 3.
func decoded(t *testing.T, text string) any {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	var v any
	if err := decoder.Decode(&v); err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return exact(v)
}

func exact(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for key := range v {
			v[key] = exact(v[key])
		}
	case []any:
		for i := range v {
			v[i] = exact(v[i])
		}
	case json.Number:
		if f, err := v.Float64(); err == nil && strings.ContainsAny(v.String(), ".eE") {
			return json.Number(strconv.FormatFloat(f, 'f', -1, 64))
		}
	}
	return v
}
