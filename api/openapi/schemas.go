package openapi

import (
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"reflect"
	"strings"
	"time"
)

// Schema is a JSON schema, in the form of its JSON.
type Schema map[string]any

const refPrefix = "#/components/schemas/"

// Schemas are the schemas of Go types as encoding/json writes them: structures become components, which others refer to.
type Schemas struct {
	Components map[string]Schema
	types      map[string]reflect.Type
	known      map[reflect.Type]Schema
	comments   Comments

	// filled tells of lists and maps that are empty, and not null, when there is nothing in them.
	filled func(Field) bool
}

// NewSchemas returns an empty collection. Known are the schemas of types that write themselves as JSON; filled tells which
// lists and maps are empty, and not null, when there is nothing in them.
func NewSchemas(known map[reflect.Type]Schema, comments Comments, filled func(Field) bool) *Schemas {
	all := map[reflect.Type]Schema{
		reflect.TypeFor[time.Time]():       {"type": "string", "format": "date-time"},
		reflect.TypeFor[json.RawMessage](): {},
	}
	maps.Copy(all, known)
	return &Schemas{Components: map[string]Schema{}, types: map[string]reflect.Type{}, known: all, comments: comments, filled: filled}
}

// Of returns the schema of a type; of a structure a reference to its component, which it adds. It panics when two types
// have the same name, and for types that JSON has nothing for: both are mistakes in the program.
func (s *Schemas) Of(t reflect.Type) Schema {
	if t.Kind() == reflect.Pointer {
		return s.Of(t.Elem())
	}
	if known, ok := s.known[t]; ok {
		if t.Kind() == reflect.Struct && known["type"] == "object" {
			return s.component(t, func() Schema { return maps.Clone(known) })
		}
		return maps.Clone(known)
	}
	if t.Kind() == reflect.Struct && t.Name() == "" {
		return s.structure(t)
	}
	switch t.Kind() {
	case reflect.Struct:
		if t.Name() == "" {
			return s.structure(t)
		}
		return s.component(t, func() Schema { return s.structure(t) })
	case reflect.Slice, reflect.Array:
		return Schema{"type": "array", "items": s.Of(t.Elem())}
	case reflect.Map:
		return Schema{"type": "object", "additionalProperties": s.Of(t.Elem())}
	}
	return basic(t)
}

func basic(t reflect.Type) Schema {
	switch t.Kind() {
	case reflect.Interface:
		return Schema{}
	case reflect.String:
		return Schema{"type": "string"}
	case reflect.Bool:
		return Schema{"type": "boolean"}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64, reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return Schema{"type": "integer"}
	case reflect.Float32, reflect.Float64:
		return Schema{"type": "number"}
	}
	panic(fmt.Sprintf("openapi: there is no schema of %s", t))
}

// component returns a reference to the component of a type, which is made when it is not there yet.
func (s *Schemas) component(t reflect.Type, make func() Schema) Schema {
	name := s.nameOf(t)
	ref := Schema{"$ref": refPrefix + name}
	switch made := s.types[name]; made {
	case t:
		return ref
	case nil:
	default:
		panic(fmt.Sprintf("openapi: %s and %s have the same name", made.PkgPath()+"."+made.Name(), t.PkgPath()+"."+t.Name()))
	}
	s.types[name] = t
	schema := make()
	if about := s.comments.of(t, ""); about != "" {
		schema["description"] = about
	}
	s.Components[name] = schema
	return ref
}

// nameOf is the name of a type's component: of ObjectList[wire.Projection], ObjectListOfProjection. Types of packages whose
// comments are not known have the package's name before it.
func (s *Schemas) nameOf(t reflect.Type) string {
	name, argument, generic := strings.Cut(strings.TrimSuffix(t.Name(), "]"), "[")
	if generic && argument != "interface {}" {
		name += "Of" + argument[strings.LastIndexAny(argument, "./")+1:]
	}
	if _, known := s.comments[[3]string{t.PkgPath()}]; known {
		return title(name)
	}
	return title(path.Base(t.PkgPath())) + title(name)
}

func title(word string) string { return strings.ToUpper(word[:1]) + word[1:] }

// structure is the schema of a structure: it has the keys of its fields, and no others.
func (s *Schemas) structure(t reflect.Type) Schema {
	properties, required := map[string]Schema{}, []string{}
	for _, field := range Fields(t) {
		properties[field.Key] = s.property(field)
		if !field.Optional {
			required = append(required, field.Key)
		}
	}
	schema := Schema{"type": "object", "properties": properties, "additionalProperties": false}
	if len(required) > 0 {
		schema["required"] = required
	}
	return schema
}

// nullable tells of what is null in JSON when there is nothing in it. Structures behind pointers are there.
func (s *Schemas) nullable(field Field) bool {
	switch field.Type.Kind() {
	case reflect.Slice, reflect.Map:
		return !field.Optional && !s.filled(field)
	case reflect.Pointer:
		return !field.Optional && field.Type.Elem().Kind() != reflect.Struct
	}
	return false
}

func (s *Schemas) property(field Field) Schema {
	schema := s.Of(field.Type)
	if values := field.Tag.Get("enum"); values != "" {
		limited := schema
		if items, ok := schema["items"].(Schema); ok {
			limited = items
		}
		limited["enum"] = strings.Split(values, ",")
	}
	if s.nullable(field) {
		schema["type"] = []any{schema["type"], "null"}
	}
	if about := s.comments.of(field.Owner, field.Name); about != "" {
		schema["description"] = about
	}
	return schema
}
