package store

import (
	"encoding/json"
	"slices"
	"testing"
)

func TestPluck(t *testing.T) {
	t.Parallel()
	keys := []string{"name", "a\"b", "é", "clique", "list"}
	for doc, want := range map[string]string{
		`{}`: `{}`,
		`{"_id":"1","name":"x","other":{"name":"y"}}`:                  `{"name":"x"}`,
		`{"deep":[{"name":"no"},"}{\"name\":1"],"name":"a\\\"}b"}`:     `{"name":"a\\\"}b"}`,
		`{"a\"b":1,"\u00e9":2,"list":[1,{"x":[]}],"clique":true}`:      `{"a\"b":1,"\u00e9":2,"list":[1,{"x":[]}],"clique":true}`,
		`{ "name" : null , "x" : 1.5e3 , "clique":false,"name":"new"}`: `{"name":null,"clique":false,"name":"new"}`,
	} {
		if got := string(pluck([]byte(doc), keys)); got != want || !json.Valid([]byte(got)) {
			t.Errorf("of %s: %s, want %s", doc, got, want)
		}
	}
}

func TestKeysOf(t *testing.T) {
	t.Parallel()
	type inner struct {
		ID string `json:"_id"`
	}
	type some struct {
		inner
		Host  string `json:"host,omitempty"`
		Plain int
	}
	if got, want := keysOf[some, inner](), []string{"_id", "host", "Plain"}; !slices.Equal(got, want) {
		t.Errorf("the keys are %q, want %q", got, want)
	}
	if keys := keysOf[some, some](); keys != nil {
		t.Errorf("of whole documents, the keys are %q", keys)
	}
	if keys := keysOf[json.RawMessage, some](); keys != nil {
		t.Errorf("of raw documents, the keys are %q", keys)
	}
}
