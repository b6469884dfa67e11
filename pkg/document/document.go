// Package document reads YAML files (JSON is YAML, too) so that all that is wrong in them can be told with its line.
package document

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"

	"go.yaml.in/yaml/v3"
)

// Document is a file that was read. It knows where what it says stands.
type Document struct {
	file string
	root *yaml.Node
}

// Source is a file's name, for messages, and its content.
type Source struct {
	File    string
	Content []byte
}

// Path leads to a value: keys of objects, and places in lists from 0 on.
type Path []any

// Read reads a file's content into a value, by the names of its JSON form. Unknown keys, keys that are there twice and
// values of the wrong type are errors: all of them, a line for each, "<file>:<line>: <what is wrong>". A number stands for
// its text where text is wanted, and a single text for a list of one. An empty file leaves the value as it is.
func Read(source Source, into any) (*Document, error) {
	d := &Document{file: source.File, root: &yaml.Node{}}
	if err := yaml.Unmarshal(source.Content, d.root); err != nil {
		return nil, d.syntax(err)
	}
	if d.root.Kind == 0 {
		return d, nil
	}
	f := fitter{Document: d}
	f.fit(d.root.Content[0], reflect.TypeOf(into).Elem())
	if len(f.problems) > 0 {
		return nil, errors.Join(f.problems...)
	}
	var value any
	if err := d.root.Decode(&value); err != nil {
		return nil, d.syntax(err)
	}
	text, err := json.Marshal(value)
	if err == nil {
		err = json.Unmarshal(text, into)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", source.File, err)
	}
	return d, nil
}

// Errorf makes an error about the value at a path, or about what comes nearest to it.
func (d *Document) Errorf(at Path, format string, args ...any) error {
	return d.errorf(d.line(at), format, args...)
}

// Place is a value of a document.
type Place struct {
	doc *Document
	at  Path
}

// Place returns the value at a path.
func (d *Document) Place(at ...any) Place { return Place{d, at} }

// Errorf makes an error about a key of the value, or about the value when it has no such key.
func (p Place) Errorf(key, format string, args ...any) error {
	return p.doc.Errorf(append(slices.Clip(p.at), key), format, args...)
}

func (d *Document) errorf(line int, format string, args ...any) error {
	return fmt.Errorf("%s:%d: %w", d.file, line, fmt.Errorf(format, args...))
}

var yamlError = regexp.MustCompile(`(?s)^yaml: (?:unmarshal errors:\s*)?line (\d+): (.*)$`)

// syntax makes an error of one of the YAML library, which has the line in its text.
func (d *Document) syntax(err error) error {
	if m := yamlError.FindStringSubmatch(err.Error()); m != nil {
		return fmt.Errorf("%s:%s: it is not YAML: %s", d.file, m[1], m[2])
	}
	return fmt.Errorf("%s: it is not YAML: %w", d.file, err)
}

// line is where the value at a path begins; for a value of an object, its key.
func (d *Document) line(at Path) int {
	if d.root.Kind == 0 {
		return 1
	}
	node := d.root.Content[0]
	line := node.Line
	for _, step := range at {
		if node.Kind == yaml.AliasNode {
			node = node.Alias
		}
		key, next := child(node, step)
		if next == nil {
			break
		}
		line, node = key.Line, next
	}
	return line
}

// child returns what is at a key or a place, and the node that begins it; nil when there is nothing.
func child(node *yaml.Node, step any) (key, value *yaml.Node) {
	switch step := step.(type) {
	case int:
		if node.Kind == yaml.SequenceNode && step < len(node.Content) {
			return node.Content[step], node.Content[step]
		}
	case string:
		if node.Kind != yaml.MappingNode {
			return nil, nil
		}
		for i := 0; i < len(node.Content); i += 2 {
			if node.Content[i].Value == step {
				return node.Content[i], node.Content[i+1]
			}
		}
	}
	return nil, nil
}
