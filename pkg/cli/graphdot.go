package cli

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"slices"

	"calipso.io/calipso/pkg/export"
	"calipso.io/calipso/pkg/model"
)

// printDOT writes the graph in the language of Graphviz: one box a node, in frames by host.
func printDOT(w io.Writer, g graph) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "digraph %s {\n  rankdir=LR;\n  node [shape=box];\n", export.Quoted(g.nodes[g.focal].Name))
	byHost := map[string][]string{}
	for id, n := range g.nodes {
		byHost[n.Host] = append(byHost[n.Host], id)
	}
	for i, host := range slices.Sorted(maps.Keys(byHost)) {
		if host != "" {
			fmt.Fprintf(&b, "  subgraph cluster_%d {\n  label=%s;\n", i, export.Quoted(host))
		}
		for _, id := range slices.Sorted(slices.Values(byHost[host])) {
			g.dotNode(&b, id)
		}
		if host != "" {
			b.WriteString("  }\n")
		}
	}
	for _, l := range g.links {
		dotLink(&b, l)
	}
	b.WriteString("}\n")
	_, err := w.Write(b.Bytes())
	return err
}

func (g graph) dotNode(b *bytes.Buffer, id string) {
	n := g.nodes[id]
	style := ""
	if id == g.focal {
		style = ", style=bold"
	}
	fmt.Fprintf(b, "  %s [label=%s%s];\n", export.Quoted(id), export.Quoted(n.Type, n.Name), style)
}

func dotLink(b *bytes.Buffer, l model.Link) {
	style := ""
	if l.State != model.LinkUp {
		style = ", style=dashed"
	}
	fmt.Fprintf(b, "  %s -> %s [label=%s%s];\n", export.Quoted(l.Source), export.Quoted(l.Target), export.Quoted(l.LinkType, l.LinkName), style)
}
