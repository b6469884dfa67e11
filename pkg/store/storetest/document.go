package storetest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"calipso.io/calipso/pkg/store"
)

func testDocuments(t *testing.T, d store.Driver) {
	opened(t, d)
	for name, doc := range map[string]string{
		"empty":          `{}`,
		"scalars":        `{"t":true,"f":false,"n":null,"s":"","z":0}`,
		"integers":       `{"i":[1,-1,2147483648,9007199254740993,9223372036854775807,-9223372036854775808]}`,
		"beyond int64":   `{"i":[18446744073709551615,123456789012345678901234567890]}`,
		"fractions":      `{"f":[0.1,-1.5,1e100,1.7976931348623157e308,5e-324,3.0]}`,
		"nested arrays":  `{"a":[[],[[1,[2]],{"b":[{}]}],[null]]}`,
		"dotted keys":    `{"eth0.100":{"a.b.c":1,".":2,"..":3},"a":{"b":0},"a.b":1}`,
		"dollar keys":    `{"$set":{"x":1},"$ref":1,"a$":2,"$":3,"$$":4}`,
		"escaped keys":   `{"%":1,"%25":2,"%2E":3,"%number":"4","":5,"a b":6,"\u0000":7,"n":{"%number":"1"},"m":{"$numberLong":"1"}}`,
		"our own keys":   `{"_id":{"x":1},"doc":1,"parts":{"stale":1},"f":{},"generation":"x","version":[]}`,
		"texts":          `{"s":["\u0000","\u2028","\ud83d\ude00","\"\\","<&>","\ufffd","日本"]}`,
		"numbers as key": `{"0":"a","1":"b","-1":"c"}`,
		"dates":          `{"d":"2026-01-02T03:04:05.000000006Z","$date":"2026-01-02"}`,
	} {
		t.Run(name, func(t *testing.T) {
			record := thing(name, 1, "")
			record.Doc = json.RawMessage(doc)
			put(t, d, record)
			wantJSON(t, doc, one(t, d, name).Doc)
			putPart(t, d, "whole", 1, false, map[string]string{name: doc})
			wantParts(t, d, name, map[string]string{"whole": doc})
		})
	}
}

// testMany has more documents than any driver's batch, and one document that is large.
func testMany(t *testing.T, d store.Driver) {
	opened(t, d)
	const n = 2100
	records := make([]store.Record, n)
	values := map[string]string{}
	for i := range records {
		records[i] = thing(fmt.Sprintf("%04d", (i*11)%n), 1, fmt.Sprint(i%3))
		values[records[i].ID] = `{"x":1}`
	}
	records[0].Doc = json.RawMessage(`{"text":"` + strings.Repeat("x", 9<<20) + `"}`)
	if n, err := d.Insert(t.Context(), things(), records[:n/2]); err != nil || n != len(records)/2 {
		t.Fatalf("%d are inserted (%v)", n, err)
	}
	put(t, d, records...)
	putPart(t, d, "host", 1, false, values)
	found := find(t, d, store.Query{})
	if len(found) != n {
		t.Fatalf("%d documents, want %d", len(found), n)
	}
	for i, r := range found {
		if r.ID != fmt.Sprintf("%04d", i) || len(r.Parts) != 1 {
			t.Fatalf("document %d has the id %s and %d parts", i, r.ID, len(r.Parts))
		}
	}
	if size := len(one(t, d, records[0].ID).Doc); size < 9<<20 {
		t.Errorf("the large document came back with %d bytes", size)
	}
}

// testCallbackUsesStore reads deeper and deeper, and writes to what is being read.
func testCallbackUsesStore(t *testing.T, d store.Driver) {
	spec := opened(t, d)
	var records []store.Record
	for i := range 30 {
		records = append(records, thing(fmt.Sprintf("%02d", i), 1, "x"))
	}
	put(t, d, records...)
	depth := 0
	var descend func(r store.Record) error
	descend = func(r store.Record) error {
		if _, err := d.Put(t.Context(), spec, []store.Record{thing("z"+r.ID, 1, "copy")}); err != nil {
			return err
		}
		if depth++; depth == len(records) {
			return io.EOF
		}
		return d.Find(t.Context(), spec, store.Where(store.Is(store.Name, "x"), store.Greater(store.ID, r.ID)), descend)
	}
	if err := d.Find(t.Context(), spec, store.Where(store.Is(store.Name, "x")), descend); !errors.Is(err, io.EOF) {
		t.Errorf("Find returns %v, want what the innermost callback returned", err)
	}
	if n := len(find(t, d, store.Where(store.Is(store.Name, "copy")))); n != len(records) {
		t.Errorf("%d copies, want %d", n, len(records))
	}
}

func testCallbackError(t *testing.T, d store.Driver) {
	spec := opened(t, d)
	put(t, d, thing("a", 1, "a"), thing("b", 1, "b"), thing("c", 1, "c"))
	seen := 0
	err := d.Find(t.Context(), spec, store.Query{}, func(store.Record) error {
		seen++
		return io.ErrUnexpectedEOF
	})
	if err != io.ErrUnexpectedEOF || seen != 1 { //nolint:errorlint // the very error is promised
		t.Errorf("Find returns %v after %d documents, want the callback's error after 1", err, seen)
	}
	wantIDs(t, d, store.Query{}, "a", "b", "c")
}

func testRecordsKept(t *testing.T, d store.Driver) {
	opened(t, d)
	var records []store.Record
	for i := range 200 {
		records = append(records, thing(fmt.Sprintf("%03d", i), 1, strings.Repeat("x", i)))
	}
	put(t, d, records...)
	for i, r := range find(t, d, store.Query{}) {
		wantJSON(t, string(records[i].Doc), r.Doc)
	}
}

func testCancel(t *testing.T, d store.Driver) {
	spec := opened(t, d)
	put(t, d, thing("a", 1, "a"), thing("b", 1, "b"))
	ctx, cancel := context.WithCancel(t.Context())
	seen := 0
	err := d.Find(ctx, spec, store.Query{}, func(store.Record) error {
		seen++
		cancel()
		return nil
	})
	if !errors.Is(err, context.Canceled) || seen != 1 {
		t.Errorf("Find returns %v after %d documents", err, seen)
	}
	_, err = d.Put(ctx, spec, []store.Record{thing("c", 1, "c")})
	for what, err := range map[string]error{
		"Put": err, "PutPart": d.PutPart(ctx, spec, "host", 1, map[string]json.RawMessage{"a": json.RawMessage(`{}`)}, false),
		"Replace": d.Replace(ctx, spec, thing("d", 1, "d")), "Ping": d.Ping(ctx), "Open": d.Open(ctx, spec),
	} {
		if !errors.Is(err, context.Canceled) || store.CodeOf(err) != "" {
			t.Errorf("%s returns %v, want that the context was cancelled", what, err)
		}
	}
	wantIDs(t, d, store.Query{}, "a", "b")
}

func testCollections(t *testing.T, d store.Driver) {
	specs := []store.Spec{things(), things(), things(), things()}
	for i, name := range []string{"things", "Things", "things-2", "sqlite_things"} {
		specs[i].Name = name
		must(t, d.Open(t.Context(), specs[i]))
		_, err := d.Put(t.Context(), specs[i], []store.Record{thing("a", 1, name)})
		must(t, err)
	}
	_, err := d.Delete(t.Context(), specs[0], store.Query{})
	must(t, err)
	for i, want := range []int{0, 1, 1, 1} {
		n, err := d.Count(t.Context(), specs[i], store.Query{}, "")
		if err != nil || n[""] != want {
			t.Errorf("%s has %d documents (%v), want %d", specs[i].Name, n[""], err, want)
		}
	}
}

// testOpenAgain opens a collection that exists, then one that has a field more than when it was made.
func testOpenAgain(t *testing.T, d store.Driver) {
	spec := opened(t, d)
	put(t, d, thing("a", 1, "a"))
	must(t, d.Open(t.Context(), spec))
	spec.Fields = append(spec.Fields, store.Host)
	spec.Indexes = append(spec.Indexes, []store.Field{store.Host})
	must(t, d.Open(t.Context(), spec))
	b := thing("b", 1, "b")
	b.Fields[store.Host] = "node-1"
	_, err := d.Put(t.Context(), spec, []store.Record{b})
	must(t, err)
	n, err := d.Count(t.Context(), spec, store.Where(store.Is(store.Host, "node-1")), "")
	if err != nil || n[""] != 1 {
		t.Errorf("%d documents (%v) have the new field, want 1", n[""], err)
	}
	wantIDs(t, d, store.Query{}, "a", "b")
}

func testClosed(t *testing.T, d store.Driver) {
	spec := opened(t, d)
	must(t, d.Close())
	wantCode(t, d.Ping(t.Context()), store.Unavailable)
	_, err := d.Put(t.Context(), spec, []store.Record{thing("a", 1, "a")})
	wantCode(t, err, store.Unavailable)
	wantCode(t, d.Find(t.Context(), spec, store.Query{}, func(store.Record) error { return nil }), store.Unavailable)
}
