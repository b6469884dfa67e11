package topology

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"calipso.io/calipso/pkg/model"
)

// randomCloud makes a small cloud of any shape, a part of whose objects and attributes is missing when holes is true.
func randomCloud(r *rand.Rand, holes bool) *cloud {
	c := newCloud()
	networks := []string{"blue", "cyan", "green", "red", "ext", "split"}
	for i := range 1 + r.IntN(4) {
		h := c.host(fmt.Sprintf("n%d", i)).provider()
		if r.IntN(3) > 0 {
			h.tunnel()
		} else {
			h.otep("br-mesh")
			h.bridge("br-mesh", "eth1")
			h.nic("eth1", nil)
		}
		for j := range r.IntN(6) {
			r.Shuffle(len(networks), func(a, b int) { networks[a], networks[b] = networks[b], networks[a] })
			on := networks[:r.IntN(4)]
			if r.IntN(4) == 0 {
				h.service(fmt.Sprintf("s%d-%d", i, j), on...)
			} else {
				h.instance(fmt.Sprintf("vm%d-%d", i, j), r.IntN(2) == 0, on...)
			}
		}
		if holes {
			h.punch(r)
		}
	}
	return c
}

func (h *host) punch(r *rand.Rand) {
	h.objects = slices.DeleteFunc(h.objects, func(*model.Object) bool { return r.IntN(8) == 0 })
	for _, o := range h.objects {
		for key := range o.Attrs {
			switch r.IntN(12) {
			case 0:
				delete(o.Attrs, key)
			case 1:
				o.Attrs[key] = []any{nil, 1, "", "blue", map[string]any{"name": "qvo", "id": 1.5}}[r.IntN(5)]
			}
		}
	}
}

func FuzzCliques(f *testing.F) {
	for seed := range uint64(60) {
		f.Add(seed, seed%2 == 0)
	}
	f.Fuzz(func(t *testing.T, seed uint64, holes bool) {
		t.Parallel()
		c := randomCloud(rand.New(rand.NewPCG(seed, 0)), holes)
		links := map[string]model.Link{}
		for _, l := range c.links() {
			links[l.ID] = l
		}
		cliques := c.cliques(t)
		for focal, clique := range cliques {
			checkClique(t, focal, clique, links)
			if !holes && focal.Type != model.TypeNetwork {
				c.checkWhole(t, focal, cliques)
			}
		}
	})
}

// cliques builds the cliques of all focal points; the clique of one that has none is empty.
func (c *cloud) cliques(t *testing.T) map[*model.Object]model.Clique {
	t.Helper()
	graph := graphOf(t, c.links())
	cliques := map[*model.Object]model.Clique{}
	for _, focalType := range []string{model.TypeInstance, model.TypeVservice, model.TypeNetwork} {
		ct, constraints := defaults(t, c.env, focalType)
		for _, o := range c.all() {
			if o.Type == focalType {
				cliques[o], _ = graph.Clique(o, ct, constraints)
			}
		}
	}
	return cliques
}

// checkClique: a clique hangs together from its focal point on, and all of it that tells carries one of its networks.
func checkClique(t *testing.T, focal *model.Object, clique model.Clique, links map[string]model.Link) {
	t.Helper()
	reached := map[string]bool{focal.DBID(): true}
	for _, id := range clique.Links {
		l := links[id]
		if !reached[l.Source] && !reached[l.Target] {
			t.Errorf("the clique of %s has %s %s>%s, which nothing before it leads to", focal.ID, l.LinkType, l.SourceID, l.TargetID)
		}
		reached[l.Source], reached[l.Target] = true, true
		if carried := l.Attributes.Network; carried != nil && !overlap(carried, focal.Strs("network")) {
			t.Errorf("the clique of %s has %s %s>%s, which carries %v", focal.ID, l.LinkType, l.SourceID, l.TargetID, carried)
		}
	}
	if len(clique.Links) > 0 && len(reached) != len(clique.Nodes) {
		t.Errorf("the clique of %s has %d nodes, its links %d", focal.ID, len(clique.Nodes), len(reached))
	}
	if n := len(slices.Compact(slices.Sorted(slices.Values(clique.Links)))); n != len(clique.Links) {
		t.Errorf("the clique of %s has links twice", focal.ID)
	}
}

// checkWhole: the path goes all the way from a thing to each of its networks, to no other network, and is seen from the
// network as well.
func (c *cloud) checkWhole(t *testing.T, focal *model.Object, cliques map[*model.Object]model.Clique) {
	t.Helper()
	for id, network := range c.networks {
		on := slices.Contains(focal.Strs("network"), id)
		if slices.Contains(cliques[focal].Nodes, network.DBID()) != on {
			t.Errorf("%s is on network %s: %v, its clique says otherwise", focal.ID, id, on)
		}
		if slices.Contains(cliques[network].Nodes, focal.DBID()) != on {
			t.Errorf("%s is on network %s: %v, the network's clique says otherwise", focal.ID, id, on)
		}
	}
}
