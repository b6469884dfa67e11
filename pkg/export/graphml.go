package export

import (
	"bufio"
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"strings"

	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/plain"
)

// graphML writes the graph as GraphML, which networkx, yEd, Gephi and others read.
type graphML struct {
	*bufio.Writer
	nodes nodes
}

// attribute is what GraphML is told of the attributes of nodes or edges.
type attribute struct{ name, kind string }

var (
	nodeAttributes = []attribute{{"label", "string"}, {"type", "string"}, {"id", "string"}, {"host", "string"}, {"parent_type", "string"},
		{"parent_id", "string"}, {"id_path", "string"}, {"name_path", "string"}, {"focal_point", "boolean"}, {"last_scanned", "string"}}
	edgeAttributes = []attribute{{"label", "string"}, {"link_type", "string"}, {"state", "string"}, {"implicit", "boolean"}, {"link_weight", "int"},
		{"host", "string"}, {"source_label", "string"}, {"target_label", "string"}, {"network", "string"}, {"mac_address", "string"}}
)

func newGraphML(w io.Writer, title string) graphML {
	g := graphML{bufio.NewWriter(w), nodes{}}
	// What can't be written is told at the end.
	g.WriteString(xml.Header + `<graphml xmlns="http://graphml.graphdrawing.org/xmlns" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" ` +
		`xsi:schemaLocation="http://graphml.graphdrawing.org/xmlns http://graphml.graphdrawing.org/xmlns/1.0/graphml.xsd">` + "\n")
	for _, of := range []struct {
		kind, prefix string
		attributes   []attribute
	}{{"node", "n", nodeAttributes}, {"edge", "e", edgeAttributes}} {
		for i, a := range of.attributes {
			fmt.Fprintf(g, "  <key id=\"%s%d\" for=\"%s\" attr.name=\"%s\" attr.type=\"%s\"/>\n", of.prefix, i, of.kind, a.name, a.kind)
		}
	}
	fmt.Fprintf(g, "  <graph id=\"%s\" edgedefault=\"directed\">\n", escaped(title))
	return g
}

// Object implements Writer.
func (g graphML) Object(o model.Object) error {
	fmt.Fprintf(g, "    <node id=\"%s\">", g.nodes.add(&o))
	g.data("n", o.Name, o.Type, o.ID, o.Host, o.ParentType, o.ParentID, o.IDPath, o.NamePath, strconv.FormatBool(o.Bool("clique")), instant(o.LastScanned))
	_, err := g.WriteString("</node>\n")
	return err
}

// Link implements Writer.
func (g graphML) Link(l model.Link) error {
	if !g.nodes.join(&l) {
		return nil
	}
	fmt.Fprintf(g, "    <edge id=\"%s\" source=\"%s\" target=\"%s\">", escaped(l.ID), escaped(l.Source), escaped(l.Target))
	g.data("e", l.LinkName, l.LinkType, l.State, strconv.FormatBool(l.Implicit), strconv.Itoa(l.LinkWeight), l.Host, l.SourceLabel, l.TargetLabel,
		strings.Join(l.Attributes.Network, " "), l.Attributes.MACAddress)
	_, err := g.WriteString("</edge>\n")
	return err
}

// data writes the values of attributes, in their order; empty ones are left out.
func (g graphML) data(prefix string, values ...string) {
	for i, value := range values {
		if value != "" {
			fmt.Fprintf(g, `<data key="%s%d">%s</data>`, prefix, i, escaped(value))
		}
	}
}

// Clique implements Writer: the graph has no place for it.
func (graphML) Clique(model.Clique) error { return nil }

// Close implements Writer.
func (g graphML) Close() error {
	g.WriteString("  </graph>\n</graphml>\n")
	return g.Flush()
}

// escaped is text for XML, in which control characters have no place: they are written as escapes.
func escaped(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(plain.Text(text))) // writing into memory does not fail
	return b.String()
}
