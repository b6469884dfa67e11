package store

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"

	"github.com/tidwall/gjson"
)

// keysOf returns the keys that reading a document of T's as E takes; nil where it takes all of them, or where E reads documents
// in its own way.
func keysOf[E, T any]() []string {
	_, whole := any(new(E)).(*T)
	_, own := any(new(E)).(json.Unmarshaler)
	t := reflect.TypeFor[E]()
	if whole || own || t.Kind() != reflect.Struct {
		return nil
	}
	keys := []string{}
	for _, f := range reflect.VisibleFields(t) {
		if f.Anonymous || !f.IsExported() {
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" {
			name = f.Name
		}
		keys = append(keys, name)
	}
	return keys
}

// pluck returns a JSON object with those keys of another one. To find them takes a fraction of the time that package json
// needs for all the others.
func pluck(doc []byte, keys []string) []byte {
	few := make([]byte, 1, 512)
	few[0] = '{'
	gjson.ParseBytes(doc).ForEach(func(key, value gjson.Result) bool {
		if slices.Contains(keys, key.Str) {
			if len(few) > 1 {
				few = append(few, ',')
			}
			few = append(append(append(few, key.Raw...), ':'), value.Raw...)
		}
		return true
	})
	return append(few, '}')
}
