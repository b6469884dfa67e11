package storetest

import (
	"encoding/json"
	"testing"

	"calipso.io/calipso/pkg/store"
)

// testSomeKeys: of documents of which some keys are needed, these are there as they are in the whole, and so are the parts.
func testSomeKeys(t *testing.T, d store.Driver) {
	opened(t, d)
	record := thing("a", 1, "tap0")
	record.Doc = json.RawMessage(`{"name":"tap0","eth0.100":{"a.b":[1]},"$set":null,"%":"x","":2,"other":{"name":"y"}}`)
	put(t, d, record, thing("b", 1, "bare"))
	putPart(t, d, "status", 1, false, map[string]string{"a": `{"state":"up","name":"laid over"}`})
	needed := []string{"name", "eth0.100", "$set", "%", "", "absent"}
	for id, want := range map[string]string{"a": `{"name":"tap0","eth0.100":{"a.b":[1]},"$set":null,"%":"x","":2}`, "b": `{"name":"bare"}`} {
		var got store.Record
		must(t, d.Find(t.Context(), things(), store.Query{Where: []store.Cond{store.IDs(id)}, Keys: needed}, func(r store.Record) error { got = r; return nil }))
		wantJSON(t, want, onlyKeys(t, got.Doc, needed))
		if status := string(got.Parts["status"]); (id == "a") != (status != "") {
			t.Errorf("the part of %s is %q", id, status)
		}
	}
}

// onlyKeys leaves out what a driver need not have left out.
func onlyKeys(t *testing.T, doc json.RawMessage, keys []string) json.RawMessage {
	t.Helper()
	all, few := map[string]json.RawMessage{}, map[string]json.RawMessage{}
	must(t, json.Unmarshal(doc, &all))
	for _, key := range keys {
		if value, ok := all[key]; ok {
			few[key] = value
		}
	}
	text, err := json.Marshal(few)
	must(t, err)
	return text
}
