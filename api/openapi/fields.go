package openapi

import (
	"reflect"
	"slices"
	"strings"
)

// Field is a field of a structure as encoding/json sees it.
type Field struct {
	reflect.StructField
	Owner    reflect.Type // the structure that declares it
	Key      string
	Optional bool // it is left out when it is empty
	depth    int  // how deep the structure that declares it is embedded
}

// Fields returns the fields that a structure has in JSON, in their order, those of embedded structures among them. Of
// several with the same key the one that is embedded the least deep counts.
func Fields(t reflect.Type) []Field {
	var fields []Field
	at := map[string]int{}
	for _, f := range flatten(t, 0) {
		i, known := at[f.Key]
		switch {
		case !known:
			at[f.Key] = len(fields)
			fields = append(fields, f)
		case f.depth < fields[i].depth:
			fields[i] = f
		}
	}
	// An empty structure is there to hide a key of an embedded one.
	return slices.DeleteFunc(fields, func(f Field) bool { return f.Type == reflect.TypeFor[struct{}]() })
}

func flatten(t reflect.Type, depth int) (fields []Field) {
	for i := range t.NumField() {
		f := t.Field(i)
		key, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous && key == "" && f.Type.Kind() == reflect.Struct:
			fields = append(fields, flatten(f.Type, depth+1)...)
		case !f.IsExported() || key == "-":
		default:
			if key == "" {
				key = f.Name
			}
			fields = append(fields, Field{StructField: f, Owner: t, Key: key, Optional: strings.Contains(options, "omit"), depth: depth})
		}
	}
	return fields
}
