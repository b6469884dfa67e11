package workers

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/store"
	"calipso.io/calipso/pkg/topology"
)

// rebuild builds the cliques anew that a change of links may change, and removes those that are no more, then the links.
func (r *reconciler) rebuild(ctx context.Context) error {
	affected, err := r.affectedCliques(ctx)
	if err != nil {
		return err
	}
	gone := map[string]bool{}
	for _, c := range r.links {
		if c.now == nil {
			gone[c.before.ID] = true
		}
	}
	if len(affected) > 0 {
		all := store.Where(store.Is(store.Environment, r.scan.Environment))
		graph, err := topology.NewGraph(func(add func(model.Link) error) error {
			return r.session.inventory.Links.Each(ctx, all, func(l model.Link) error {
				if gone[l.ID] {
					return nil
				}
				return add(l)
			})
		})
		if err != nil {
			return err
		}
		if err := r.buildAround(ctx, graph, affected); err != nil {
			return err
		}
	}
	return r.removeLinks(ctx, slices.Sorted(maps.Keys(gone)))
}

// affectedCliques returns the focal points whose cliques a change may change, with the clique that each has, if any.
//
// A clique is made by following links from what it has reached. If none of the links at its nodes has changed that it
// could have followed, it is what it was: so only those are affected that have an end of a changed link among their
// nodes, on whose networks the link is or was.
func (r *reconciler) affectedCliques(ctx context.Context) (map[string]*model.Clique, error) {
	affected, ends := map[string]*model.Clique{}, map[string][]linkChange{}
	for _, c := range r.links {
		for _, l := range []*model.Link{c.before, c.now} {
			if l != nil {
				affected[l.Source], affected[l.Target] = nil, nil
				ends[l.Source], ends[l.Target] = append(ends[l.Source], c), append(ends[l.Target], c)
			}
		}
	}
	for _, c := range r.changes {
		for _, o := range []*model.Object{c.before, c.now} {
			if o != nil && slices.Contains(focalTypes(r.types), o.Type) {
				affected[o.DBID()] = nil
			}
		}
	}
	if len(affected) == 0 {
		return nil, nil
	}
	all := store.Where(store.Is(store.Environment, r.scan.Environment))
	err := r.session.inventory.Cliques.Each(ctx, all, func(c model.Clique) error {
		_, named := affected[c.FocalPoint]
		if named || slices.ContainsFunc(c.Nodes, func(node string) bool { return mayFollow(&c, ends[node]) }) {
			affected[c.FocalPoint] = &c
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read cliques: %w", err)
	}
	return affected, nil
}

// mayFollow tells whether a clique could have, or could now follow one of the links.
func mayFollow(c *model.Clique, links []linkChange) bool {
	networks, bound := c.Constraints["network"]
	fits := func(l *model.Link) bool {
		return l != nil && (!bound || l.Attributes.Network == nil ||
			slices.ContainsFunc(networks, func(n string) bool { return slices.Contains(l.Attributes.Network, n) }))
	}
	return slices.ContainsFunc(links, func(change linkChange) bool { return fits(change.before) || fits(change.now) })
}

// buildAround builds the cliques of focal points.
func (r *reconciler) buildAround(ctx context.Context, graph *topology.Graph, affected map[string]*model.Clique) error {
	var put []model.Clique
	flags := map[string]any{}
	var none []string
	for chunk := range slices.Chunk(slices.Sorted(maps.Keys(affected)), mostIDs) {
		there := map[string]bool{}
		q := store.Where(store.IDs(chunk...), store.Is(store.Type, focalTypes(r.types)...))
		err := r.session.inventory.Objects.Each(ctx, q, func(o model.Object) error {
			if r.isGone(o.DBID()) {
				return nil
			}
			there[o.DBID()] = true
			clique, ok := r.clique(graph, &o)
			if ok != o.Bool("clique") {
				flags[o.DBID()] = flag(ok)
			}
			if !ok {
				there[o.DBID()] = false
				return nil
			}
			unchanged, err := same(affected[o.DBID()], clique)
			if err == nil && !unchanged {
				put = append(put, clique)
			}
			return err
		})
		if err != nil {
			return fmt.Errorf("read the focal points: %w", err)
		}
		for _, id := range chunk {
			if affected[id] != nil && !there[id] {
				none = append(none, affected[id].ID)
			}
		}
	}
	return r.writeCliques(ctx, put, flags, none)
}

// clique builds the clique of one focal point; false when it has none.
func (r *reconciler) clique(graph *topology.Graph, focal *model.Object) (model.Clique, bool) {
	ct, ok := topology.SelectCliqueType(r.session.env, r.types, focal.Type)
	if !ok {
		return model.Clique{}, false
	}
	clique, ok := graph.Clique(focal, ct, topology.ConstraintsFor(r.bound, focal.Environment, focal.Type))
	clique.LastScanned = r.Now().UTC()
	return clique, ok
}

func (r *reconciler) writeCliques(ctx context.Context, put []model.Clique, flags map[string]any, none []string) error {
	if err := r.lease.fence(ctx); err != nil {
		return err
	}
	inv := r.session.inventory
	refused, err := inv.Cliques.Put(ctx, r.generation, put...)
	r.Metrics.Fenced(r.scan.Environment, refused)
	if err != nil {
		return fmt.Errorf("write cliques: %w", err)
	}
	if err := inv.Objects.PutPart(ctx, model.PartClique, r.generation, flags, false); err != nil {
		return fmt.Errorf("note which objects have cliques: %w", err)
	}
	for chunk := range slices.Chunk(none, mostIDs) {
		if _, err := inv.Cliques.Delete(ctx, store.IDs(chunk...), store.Older(r.generation)); err != nil {
			return fmt.Errorf("remove cliques: %w", err)
		}
	}
	return nil
}
