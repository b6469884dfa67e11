package topology

import (
	"slices"
	"strings"

	"calipso.io/calipso/pkg/model"
)

// Clique builds the clique of an object by a clique type: it follows the type's link types one after the other, from
// what was reached so far, in both directions, whichever way the links are stored. A link type that leads nowhere does
// not end the clique.
//
// Links may not contradict the focal point's values of the constraints, which are names of attributes: see passes. The
// order of links and nodes follows from the clique type and the ids alone; the focal point is the first node. It returns
// false when there is no link. LastScanned and LinksDetailed are left unset.
func (g *Graph) Clique(focal *model.Object, ct *model.CliqueType, constraints []string) (model.Clique, bool) {
	start, known := g.nodeOf[focal.DBID()]
	if !known {
		return model.Clique{}, false
	}
	values := constraintValues(focal, constraints)
	w := g.walkFrom(start, focal.Type, values)
	for _, lt := range ct.LinkTypes {
		w.step(lt, ct.UseImplicitLinks)
	}
	return model.Clique{
		ID: model.CliqueID(focal.Environment, focal.DBID()), Environment: focal.Environment,
		FocalPoint: focal.DBID(), FocalPointType: focal.Type, FocalPointID: focal.ID,
		CliqueType: ct.ID, Constraints: values, Links: w.linkIDs(), Nodes: w.nodeIDs(),
	}, len(w.links) > 0
}

func constraintValues(focal *model.Object, constraints []string) map[string][]string {
	values := make(map[string][]string, len(constraints))
	for _, attr := range constraints {
		values[attr] = append([]string{}, focal.Strs(attr)...)
	}
	return values
}

// walk is a clique that is being built.
type walk struct {
	g        *Graph
	bound    bool                // whether links have to carry one of the networks
	networks []uint32            // numbers of the focal point's networks
	reached  map[string][]uint32 // nodes by their type
	seen     map[uint32]bool     // nodes
	used     map[uint32]bool     // links
	nodes    []uint32
	links    []uint32
}

func (g *Graph) walkFrom(start uint32, nodeType string, constraints map[string][]string) *walk {
	w := &walk{g: g, reached: map[string][]uint32{}, seen: map[uint32]bool{}, used: map[uint32]bool{}}
	networks, bound := constraints["network"]
	w.bound = bound
	for _, id := range networks {
		if n, known := g.networks[id]; known {
			w.networks = append(w.networks, n)
		}
	}
	w.visit(start, nodeType)
	return w
}

func (w *walk) visit(node uint32, nodeType string) {
	if !w.seen[node] {
		w.seen[node] = true
		w.nodes = append(w.nodes, node)
		w.reached[nodeType] = append(w.reached[nodeType], node)
	}
}

// step follows one link type, "X-Y" or, only to ports of a role, "X-Y:role", from all nodes of type X.
func (w *walk) step(name string, implicit bool) {
	from, to, role := splitLinkType(name)
	forward := w.g.linkTypes(name, implicit)
	backward := w.g.linkTypes(to+"-"+from+role, implicit)
	if len(forward)+len(backward) == 0 {
		return
	}
	for _, node := range slices.Clone(w.reached[from]) {
		for _, i := range w.g.incident[w.g.offsets[node]:w.g.offsets[node+1]] {
			l := w.g.links[i]
			if l.source == node && slices.Contains(forward, l.linkType) {
				w.follow(i, l.target, to)
			} else if l.target == node && slices.Contains(backward, l.linkType) {
				w.follow(i, l.source, to)
			}
		}
	}
}

// linkTypes returns the numbers of a link type's explicit links and, where they are wanted, its implicit ones.
func (g *Graph) linkTypes(name string, implicit bool) []uint32 {
	if implicit {
		return slices.Concat(g.typesOf[linkType{name, false}], g.typesOf[linkType{name, true}])
	}
	return g.typesOf[linkType{name, false}]
}

// splitLinkType returns the types of objects that a link type joins, and what limits it to a role: ":uplink", or "".
func splitLinkType(name string) (from, to, role string) {
	if at := strings.IndexByte(name, ':'); at >= 0 {
		name, role = name[:at], name[at:]
	}
	from, to, _ = strings.Cut(name, "-")
	return from, to, role
}

func (w *walk) follow(link, node uint32, nodeType string) {
	if !w.used[link] && w.passes(link) {
		w.used[link] = true
		w.links = append(w.links, link)
		w.visit(node, nodeType)
	}
}

// passes tells whether a link may be in the clique: when it carries one of the focal point's networks, or does not tell
// what it carries, or networks don't matter. Networks are the only thing that links tell of, so other constraints never
// contradict a link.
func (w *walk) passes(link uint32) bool {
	carried := w.g.carried[w.g.links[link].carries]
	if !w.bound || carried == nil {
		return true
	}
	return slices.ContainsFunc(w.networks, func(n uint32) bool {
		_, found := slices.BinarySearch(carried, n)
		return found
	})
}

func (w *walk) linkIDs() []string {
	ids := make([]string, 0, len(w.links))
	for _, i := range w.links {
		ids = append(ids, w.g.links[i].id)
	}
	return ids
}

func (w *walk) nodeIDs() []string {
	ids := make([]string, 0, len(w.nodes))
	for _, n := range w.nodes {
		ids = append(ids, w.g.nodes[n])
	}
	return ids
}
