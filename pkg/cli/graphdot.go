package cli

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"calipso.io/calipso/pkg/model"
)

// printDOT writes the graph in the language of Graphviz: one box a node, in frames by host.
func printDOT(w io.Writer, g graph) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "digraph %s {\n  rankdir=LR;\n  node [shape=box];\n", dotText(g.nodes[g.focal].Name))
	byHost := map[string][]string{}
	for id, n := range g.nodes {
		byHost[n.Host] = append(byHost[n.Host], id)
	}
	for i, host := range slices.Sorted(maps.Keys(byHost)) {
		if host != "" {
			fmt.Fprintf(&b, "  subgraph cluster_%d {\n  label=%s;\n", i, dotText(host))
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
	fmt.Fprintf(b, "  %s [label=%s%s];\n", dotText(id), dotText(n.Type, n.Name), style)
}

func dotLink(b *bytes.Buffer, l model.Link) {
	style := ""
	if l.State != model.LinkUp {
		style = ", style=dashed"
	}
	fmt.Fprintf(b, "  %s -> %s [label=%s%s];\n", dotText(l.Source), dotText(l.Target), dotText(l.LinkType, l.LinkName), style)
}

// dotText quotes lines of text, without empty ones. A backslash would begin an escape, such as \N for the node's name, and an ampersand one
// of HTML's.
func dotText(lines ...string) string {
	escaped := make([]string, 0, len(lines))
	for _, line := range lines {
		if line == "" {
			continue
		}
		escaped = append(escaped, strings.NewReplacer(`\`, `\\`, `"`, `\"`, `&`, `&amp;`).Replace(safe(line)))
	}
	return `"` + strings.Join(escaped, `\n`) + `"`
}
