package document

import (
	"reflect"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// fitter compares a document with the type that it is to become, and collects where it does not fit.
type fitter struct {
	*Document
	problems []error
}

func (f *fitter) problem(n *yaml.Node, format string, args ...any) {
	f.problems = append(f.problems, f.errorf(n.Line, format, args...))
}

// fit looks at a node that is to become a value of the type. Where only the form differs it is changed: a number to text,
// a single text to a list.
func (f *fitter) fit(n *yaml.Node, t reflect.Type) {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if n.Tag == "!!null" {
		return
	}
	switch t.Kind() {
	case reflect.Pointer:
		f.fit(n, t.Elem())
	case reflect.Slice:
		f.list(n, t.Elem())
	case reflect.Struct:
		f.object(n, fieldsOf(t), nil)
	case reflect.Map:
		f.object(n, nil, t.Elem())
	case reflect.String:
		f.scalar(n, "text", "")
		n.Tag = "!!str"
	case reflect.Bool:
		f.scalar(n, "true or false", "!!bool")
	case reflect.Int, reflect.Int64:
		f.scalar(n, "a whole number", "!!int")
	}
}

func (f *fitter) scalar(n *yaml.Node, what, tag string) {
	if n.Kind != yaml.ScalarNode || tag != "" && n.ShortTag() != tag {
		f.problem(n, "this must be %s, not %s", what, kind(n))
	}
}

func (f *fitter) list(n *yaml.Node, element reflect.Type) {
	if n.Kind == yaml.ScalarNode && element.Kind() == reflect.String {
		one := *n
		one.Tag = "!!str"
		*n = yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq", Content: []*yaml.Node{&one}, Line: n.Line, Anchor: n.Anchor}
	}
	if n.Kind != yaml.SequenceNode {
		f.problem(n, "this must be a list, not %s", kind(n))
		return
	}
	for _, e := range n.Content {
		f.fit(e, element)
	}
}

// object looks at an object with these fields, or with any keys and values of one type.
func (f *fitter) object(n *yaml.Node, fields map[string]reflect.Type, value reflect.Type) {
	if n.Kind != yaml.MappingNode {
		f.problem(n, "this must be an object, as {key: value}, not %s", kind(n))
		return
	}
	seen := map[string]bool{}
	for i := 0; i < len(n.Content); i += 2 {
		key := n.Content[i]
		t, known := fields[key.Value]
		switch {
		case seen[key.Value]:
			f.problem(key, "the key %q is there twice", key.Value)
		case fields == nil:
			key.Tag = "!!str"
			f.fit(n.Content[i+1], value)
		case !known:
			f.problem(key, "unknown key %q; there are %s", key.Value, strings.Join(names(fields), ", "))
		default:
			f.fit(n.Content[i+1], t)
		}
		seen[key.Value] = true
	}
}

// fieldsOf returns the types of a structure's fields, by their names in JSON.
func fieldsOf(t reflect.Type) map[string]reflect.Type {
	fields := map[string]reflect.Type{}
	for _, field := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if name != "" && name != "-" {
			fields[name] = field.Type
		}
	}
	return fields
}

func names(fields map[string]reflect.Type) []string {
	var list []string
	for name := range fields {
		list = append(list, name)
	}
	slices.Sort(list)
	return list
}

// kind says what a node is, in words.
func kind(n *yaml.Node) string {
	switch n.Kind {
	case yaml.SequenceNode:
		return "a list"
	case yaml.MappingNode:
		return "an object"
	}
	return strconv.Quote(n.Value)
}
