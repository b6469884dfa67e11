package cli

import (
	"fmt"
	"io"
	"strings"

	"calipso.io/calipso/api/wire"
	"calipso.io/calipso/pkg/model"
)

// graph is a clique as a graph that can be walked from its focal point.
type graph struct {
	focal string // document id
	links []model.Link
	nodes map[string]wire.Node // by document id
}

// newGraph makes the graph of a clique; ends of links that the answer has no details of are named by the links.
func newGraph(clique wire.WholeClique) graph {
	g := graph{focal: clique.FocalPoint, links: clique.LinksDetailed, nodes: map[string]wire.Node{}}
	g.nodes[g.focal] = wire.Node{DBID: g.focal, ID: clique.FocalPointID, Type: clique.FocalPointType, Name: clique.FocalPointID}
	for _, l := range g.links {
		source, target, _ := strings.Cut(l.LinkType, "-")
		g.nodes[l.Source] = wire.Node{DBID: l.Source, ID: l.SourceID, Type: source, Name: l.SourceID}
		g.nodes[l.Target] = wire.Node{DBID: l.Target, ID: l.TargetID, Type: target, Name: l.TargetID}
	}
	for _, n := range clique.NodesDetailed {
		g.nodes[n.DBID] = n
	}
	return g
}

// hop is a link as it is met on the way from the focal point.
type hop struct {
	link   model.Link
	to     string // document id of the far end
	back   bool   // the link points at the near end
	repeat bool   // the far end is reached by a shorter way, and shown there
}

// hops returns the links that lead on from each node, each link once: those of the shortest ways from the focal point,
// and of the others one that ends at a node which is shown elsewhere. Links that are not connected are the rest.
func (g graph) hops() (from map[string][]hop, rest []model.Link) {
	from = map[string][]hop{}
	used := make([]bool, len(g.links))
	seen := map[string]bool{g.focal: true}
	for queue := []string{g.focal}; len(queue) > 0; queue = queue[1:] {
		near := queue[0]
		for i, l := range g.links {
			if used[i] || l.Source != near && l.Target != near {
				continue
			}
			used[i] = true
			h := hop{link: l, to: l.Target, back: l.Source != near}
			if h.back {
				h.to = l.Source
			}
			if h.repeat = seen[h.to]; !h.repeat {
				seen[h.to] = true
				queue = append(queue, h.to)
			}
			from[near] = append(from[near], h)
		}
	}
	for i, l := range g.links {
		if !used[i] {
			rest = append(rest, l)
		}
	}
	return from, rest
}

// printGraph writes the graph as the ways that lead down from its focal point.
func printGraph(w io.Writer, g graph) error {
	from, rest := g.hops()
	if _, err := fmt.Fprintln(w, nodeText(g.nodes[g.focal])); err != nil {
		return err
	}
	if err := g.printHops(w, "", g.focal, from); err != nil {
		return err
	}
	for _, l := range rest {
		if _, err := fmt.Fprintf(w, "not connected: %s %s → %s\n", nodeText(g.nodes[l.Source]), linkText(l), nodeText(g.nodes[l.Target])); err != nil {
			return err
		}
	}
	return nil
}

func (g graph) printHops(w io.Writer, indent, near string, from map[string][]hop) error {
	hops := from[near]
	for i, h := range hops {
		fork, below := "├─ ", "│  "
		if i == len(hops)-1 {
			fork, below = "└─ ", "   "
		}
		if _, err := fmt.Fprintln(w, indent+fork+g.hopText(h)); err != nil {
			return err
		}
		if h.repeat {
			continue
		}
		if err := g.printHops(w, indent+below, h.to, from); err != nil {
			return err
		}
	}
	return nil
}

func (g graph) hopText(h hop) string {
	arrow := "→"
	if h.back {
		arrow = "←"
	}
	text := fmt.Sprintf("%s %s %s", linkText(h.link), arrow, nodeText(g.nodes[h.to]))
	if h.repeat {
		text += " (shown elsewhere)"
	}
	return text
}

// linkText is a link in words: its type, name and state.
func linkText(l model.Link) string {
	text := safe(l.LinkType)
	if l.LinkName != "" {
		text += fmt.Sprintf(" %q", l.LinkName) // quoted: what doesn't print is escaped
	}
	return text + " " + safe(l.State)
}

// nodeText is a node in words: its type, name and host.
func nodeText(n wire.Node) string {
	text := safe(n.Type) + " " + safe(n.Name)
	if n.Host != "" && n.Host != n.Name {
		text += " on " + safe(n.Host)
	}
	return text
}
