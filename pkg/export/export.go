// Package export writes what is known of a cloud in the formats of other programs. Names in it are text, whatever they look
// like: nothing in an exported file is a formula, a tag or a quote that ends.
package export

import (
	"encoding/json"
	"io"

	"calipso.io/calipso/pkg/model"
)

// Writer writes documents one after the other: objects, then links, then cliques. Close writes the end; it doesn't close what is
// written to. A format writes only what it has a place for.
type Writer interface {
	Object(model.Object) error
	Link(model.Link) error
	Clique(model.Clique) error
	Close() error
}

// Formats. CSV is a table, so of one collection; GraphML and DOT are the graph of objects and links.
const (
	JSONLines = "jsonl"
	CSV       = "csv"
	GraphML   = "graphml"
	DOT       = "dot"
)

// Formats returns all formats, the usual one first.
func Formats() []string { return []string{JSONLines, CSV, GraphML, DOT} }

// Collections that are exported, whatever the inventory's name.
const (
	Inventory = "inventory"
	Links     = "links"
	Cliques   = "cliques"
)

// Collections returns what is exported, in the order in which it is.
func Collections() []string { return []string{Inventory, Links, Cliques} }

// Media returns a format's media type.
func Media(format string) string {
	return map[string]string{JSONLines: "application/x-ndjson", CSV: "text/csv", GraphML: "application/graphml+xml",
		DOT: "text/vnd.graphviz"}[format]
}

// New returns a writer of a format. The title is the name of what is exported; a CSV is of one collection.
func New(w io.Writer, format, title, collection string) Writer {
	switch format {
	case CSV:
		return newTable(w, collection)
	case GraphML:
		return newGraphML(w, title)
	case DOT:
		return newDOT(w, title)
	}
	return lines{json.NewEncoder(w)}
}

// lines writes a JSON document a line.
type lines struct{ *json.Encoder }

// line is one line of an export.
type line struct {
	Collection string `json:"collection"`
	Document   any    `json:"document"`
}

func (l lines) Object(o model.Object) error { return l.Encode(line{Inventory, o}) }
func (l lines) Link(k model.Link) error     { return l.Encode(line{Links, k}) }
func (l lines) Clique(c model.Clique) error { return l.Encode(line{Cliques, c}) }
func (lines) Close() error                  { return nil }

// nodes are the document ids of the objects that were written: a link to what is gone has no place in a graph.
type nodes map[string]struct{}

func (n nodes) add(o *model.Object) string {
	id := o.DBID()
	n[id] = struct{}{}
	return id
}

func (n nodes) join(l *model.Link) bool {
	_, source := n[l.Source]
	_, target := n[l.Target]
	return source && target
}
