package export

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/plain"
)

// dot writes the graph in the language of Graphviz: one box a node, in frames by host.
type dot struct {
	*bufio.Writer
	nodes nodes
}

func newDOT(w io.Writer, title string) dot {
	d := dot{bufio.NewWriter(w), nodes{}}
	fmt.Fprintf(d, "digraph %s {\n  rankdir=LR;\n  node [shape=box];\n", Quoted(title)) // what can't be written is told at the end
	return d
}

// Object implements Writer. A frame may be opened again and again.
func (d dot) Object(o model.Object) error {
	node := fmt.Sprintf("%s [label=%s];", Quoted(d.nodes.add(&o)), Quoted(o.Type, o.Name))
	var err error
	if o.Host == "" {
		_, err = fmt.Fprintf(d, "  %s\n", node)
	} else {
		_, err = fmt.Fprintf(d, "  subgraph %s { label=%s; %s }\n", Quoted("cluster_"+o.Host), Quoted(o.Host), node)
	}
	return err
}

// Link implements Writer.
func (d dot) Link(l model.Link) error {
	if !d.nodes.join(&l) {
		return nil
	}
	style := ""
	if l.State != model.LinkUp {
		style = ", style=dashed"
	}
	_, err := fmt.Fprintf(d, "  %s -> %s [label=%s%s];\n", Quoted(l.Source), Quoted(l.Target), Quoted(l.LinkType, l.LinkName), style)
	return err
}

// Clique implements Writer: the graph has no place for it.
func (dot) Clique(model.Clique) error { return nil }

// Close implements Writer.
func (d dot) Close() error {
	d.WriteString("}\n")
	return d.Flush()
}

// Quoted quotes lines of text for Graphviz, without empty ones. A backslash would begin an escape, such as \N for the node's name, and an
// ampersand one of HTML's.
func Quoted(lines ...string) string {
	escaped := make([]string, 0, len(lines))
	for _, line := range lines {
		if line == "" {
			continue
		}
		escaped = append(escaped, strings.NewReplacer(`\`, `\\`, `"`, `\"`, `&`, `&amp;`).Replace(plain.Text(line)))
	}
	return `"` + strings.Join(escaped, `\n`) + `"`
}
