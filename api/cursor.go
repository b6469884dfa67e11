package api

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/url"

	"calipso.io/calipso/api/wire"
	"calipso.io/calipso/pkg/store"
)

// cursorParam is the parameter that says where a page begins: the answer with the page before it has told.
const cursorParam = "cursor"

// cursor is a place in a list. Clients get it as an opaque text. It stays good while documents come and go.
type cursor struct {
	Key string `json:"k,omitempty"`
	ID  string `json:"i"`
	Sum []byte `json:"s"` // of the parameters that chose the list
}

func cursorValue() param {
	return param{name: cursorParam, check: func(v string) error { _, err := readCursor(v); return err }}
}

func readCursor(text string) (c cursor, err error) {
	data, err := base64.RawURLEncoding.DecodeString(text)
	if err == nil {
		err = json.Unmarshal(data, &c)
	}
	if err != nil || c.ID == "" {
		return c, errors.New(`what an answer's "next" said`)
	}
	return c, nil
}

func (c cursor) String() string {
	data, _ := json.Marshal(c) // can't fail: texts
	return base64.RawURLEncoding.EncodeToString(data)
}

// checkCursor returns an error when there is a cursor that does not go with the other parameters.
func (q query) checkCursor() error {
	if !q.has(cursorParam) {
		return nil
	}
	if q.has("page") {
		return invalid(cursorParam, "it does not go with page")
	}
	if c, err := readCursor(q.text(cursorParam)); err != nil || string(c.Sum) != string(q.sum()) {
		return invalid(cursorParam, "it is of a list that was asked for with other parameters")
	}
	return nil
}

// sum tells queries for different lists apart: those that differ in more than the page.
func (q query) sum() []byte {
	chosen := url.Values{}
	for name, values := range q {
		if name != cursorParam && name != "page_size" && name != "page" {
			chosen[name] = values
		}
	}
	sum := sha256.Sum256([]byte(chosen.Encode()))
	return sum[:6]
}

// past returns the place that a page comes after, nil if there is none.
func (q query) past() *store.Place {
	c, err := readCursor(q.text(cursorParam))
	if err != nil {
		return nil
	}
	return &store.Place{Key: c.Key, ID: c.ID}
}

// next says where the page after one begins: behind the last of its documents, unless there are fewer than it could hold.
func next[T any](q query, page store.Query, docs []T, place func(*T) store.Place) wire.Page {
	if page.Limit == 0 || len(docs) < page.Limit {
		return wire.Page{}
	}
	last := place(&docs[len(docs)-1])
	return wire.Page{Next: cursor{Key: last.Key, ID: last.ID, Sum: q.sum()}.String()}
}
