package topology

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"

	"calipso.io/calipso/pkg/model"
)

// Graph is an environment's links in a compact form, to build cliques on. It does not change once it is made, so any
// number of goroutines may use it.
type Graph struct {
	nodes    []string              // document ids of the objects
	nodeOf   map[string]uint32     // index of nodes
	typesOf  map[linkType][]uint32 // numbers of link types; the name without a role has those of all roles
	networks map[string]uint32     // numbers of network ids
	carried  [][]uint32            // sorted numbers of networks; links share them. The first is nil: "does not tell"
	links    []edge                // in the order of ids
	offsets  []uint32              // node n's links are incident[offsets[n]:offsets[n+1]]
	incident []uint32              // numbers of links
}

// linkType is a type of links, with the role of the port that they lead to when they tell: "switch-switch_pnic:uplink".
type linkType struct {
	name     string
	implicit bool
}

// edge is a link. The numbers are indexes of the graph's tables.
type edge struct {
	id             string
	source, target uint32
	linkType       uint32
	carries        uint32
}

// NewGraph makes a graph of the links that each passes to add, in any order. An error is each's own or says that the
// links are too many (2³¹ or more). The store's Each, called with add, is such a function.
func NewGraph(each func(add func(model.Link) error) error) (*Graph, error) {
	b := newBuilder()
	if err := each(b.add); err != nil {
		return nil, fmt.Errorf("read links: %w", err)
	}
	return b.finish(), nil
}

type builder struct {
	Graph
	typeOf    map[linkType]uint32
	carriedOf map[string]uint32 // index of carried, by the numbers as text
}

func newBuilder() *builder {
	return &builder{
		Graph: Graph{nodeOf: map[string]uint32{}, typesOf: map[linkType][]uint32{}, networks: map[string]uint32{},
			carried: [][]uint32{nil}},
		typeOf: map[linkType]uint32{}, carriedOf: map[string]uint32{},
	}
}

func (b *builder) add(link model.Link) error {
	if len(b.links) == maxLinks {
		return fmt.Errorf("there are more than %d", maxLinks)
	}
	b.links = append(b.links, edge{
		id: link.ID, source: b.node(link.Source), target: b.node(link.Target),
		linkType: b.linkType(&link),
		carries:  b.carries(link.Attributes.Network),
	})
	return nil
}

// linkType returns the number of a link's type.
func (b *builder) linkType(link *model.Link) uint32 {
	names := []string{link.LinkType}
	if role := link.Attributes.Role; role != "" {
		names = append(names, link.LinkType+":"+role)
	}
	known := len(b.typeOf)
	n := number(b.typeOf, linkType{names[len(names)-1], link.Implicit})
	if int(n) == known {
		for _, name := range names {
			key := linkType{name, link.Implicit}
			b.typesOf[key] = append(b.typesOf[key], n)
		}
	}
	return n
}

const maxLinks = 1<<31 - 1

func (b *builder) node(id string) uint32 {
	n := number(b.nodeOf, id)
	if int(n) == len(b.nodes) {
		b.nodes = append(b.nodes, id)
	}
	return n
}

// carries returns the index of a list of networks in carried.
func (b *builder) carries(networks []string) uint32 {
	if networks == nil {
		return 0
	}
	numbers := make([]uint32, 0, len(networks))
	for _, id := range networks {
		numbers = append(numbers, number(b.networks, id))
	}
	slices.Sort(numbers)
	key := make([]byte, 0, 4*len(numbers))
	for _, n := range numbers {
		key = binary.BigEndian.AppendUint32(key, n)
	}
	i, known := b.carriedOf[string(key)]
	if !known {
		i = uint32(len(b.carried))
		b.carriedOf[string(key)] = i
		b.carried = append(b.carried, numbers)
	}
	return i
}

// finish sorts the links, drops those that came twice, and lists the links of each node.
func (b *builder) finish() *Graph {
	g := b.Graph // a copy: the builder goes
	slices.SortFunc(g.links, func(x, y edge) int { return cmp.Compare(x.id, y.id) })
	g.links = slices.CompactFunc(g.links, func(x, y edge) bool { return x.id == y.id })
	g.offsets = make([]uint32, len(g.nodes)+1)
	for _, l := range g.links {
		g.offsets[l.source+1]++
		g.offsets[l.target+1]++
	}
	for n := range g.nodes {
		g.offsets[n+1] += g.offsets[n]
	}
	g.incident = make([]uint32, 2*len(g.links))
	next := slices.Clone(g.offsets)
	for i, l := range g.links {
		for _, n := range []uint32{l.source, l.target} {
			g.incident[next[n]] = uint32(i)
			next[n]++
		}
	}
	return &g
}

// number returns the number of a key, the next free one when it has none yet.
func number[K comparable](numbers map[K]uint32, key K) uint32 {
	n, known := numbers[key]
	if !known {
		n = uint32(len(numbers))
		numbers[key] = n
	}
	return n
}
