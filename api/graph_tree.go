package api

import (
	"context"
	"slices"

	"calipso.io/calipso/api/wire"
	"calipso.io/calipso/pkg/store"
)

// branch is a node of a tree, and the place of the one above it in a list; -1 at the top.
type branch struct {
	wire.GraphNode
	above int
}

// key is what nodes of a drawn tree are named by: their documents' ids, and the environment by its name.
func (b *branch) key() string {
	if b.DBID == "" {
		return b.ID
	}
	return b.DBID
}

// drawTree puts the tree of the environment, or what is below an object, into a graph.
func drawTree(ctx context.Context, inv *store.Inventory, q query, g *wire.Graph) error {
	top, err := treeTop(ctx, inv, q)
	if err != nil {
		return err
	}
	branches, err := branchesBelow(ctx, inv, top, q.number("max_nodes", usualNodes))
	if err != nil {
		return err
	}
	if err := leaveOutOfTree(ctx, inv, g, top, branches); err != nil {
		return err
	}
	switch g.Type {
	case graphForce:
		drawForce(g, branches)
	case graphChildren:
		g.Tree = nested(branches)
	default:
		g.Values = stratified(branches)
	}
	return nil
}

// treeTop returns the object that the parameter focal_point_id names, or the environment.
func treeTop(ctx context.Context, inv *store.Inventory, q query) (treeObject, error) {
	environment, id := q.text("env_name"), q.text("focal_point_id")
	if id == "" {
		return nodeOf(ctx, inv, query{}, environment)
	}
	if documentID("").check(id) == nil {
		found, err := store.FindAs[treeObject](ctx, inv.Objects, store.Where(store.Is(store.Environment, environment), store.IDs(id)))
		if err != nil || len(found) > 0 {
			return first(found), err
		}
	}
	return oneObject(ctx, inv, q, []store.Cond{store.Is(store.Environment, environment), store.Is(store.ID, id)})
}

// branchesBelow reads a tree level by level, until there are so many nodes.
func branchesBelow(ctx context.Context, inv *store.Inventory, top treeObject, most int) ([]branch, error) {
	branches := []branch{{wire.GraphNode{DBID: top.DBID, ID: top.ID, Type: top.Type, Name: top.Name, Host: top.Host}, -1}}
	seen := map[string]bool{top.DBID: true} // even a circle of parents comes to an end
	for level := 0; level < len(branches) && len(branches) < most; {
		above := map[[2]string]int{}
		var ids, types []string
		first := level
		for ; level < len(branches) && level < first+500; level++ {
			b := branches[level]
			above[[2]string{b.Type, b.ID}] = level
			ids, types = append(ids, b.ID), append(types, b.Type)
		}
		slices.Sort(types)
		q := store.Where(store.Is(store.Environment, top.Environment), store.Is(store.ParentID, ids...), store.Is(store.ParentType, slices.Compact(types)...))
		q.Only = []store.Field{store.Type, store.ID, store.Name, store.Host, store.ParentID, store.ParentType}
		err := eachUntil(ctx, inv.Objects, q, func() int { return most - len(branches) }, func(r store.Record) {
			at, ok := above[[2]string{r.Fields[store.ParentType], r.Fields[store.ParentID]}]
			if ok && !seen[r.ID] {
				seen[r.ID] = true
				branches = append(branches, branch{wire.GraphNode{DBID: r.ID, ID: r.Fields[store.ID], Type: r.Fields[store.Type],
					Name: r.Fields[store.Name], Host: r.Fields[store.Host]}, at})
			}
		})
		if err != nil {
			return nil, err
		}
	}
	return branches, nil
}

// eachUntil passes records to a function until no more are needed: only as many as are still needed are asked for at a time.
func eachUntil[T any](ctx context.Context, from *store.Collection[T], q store.Query, needed func() int, each func(store.Record)) error {
	for q.Limit = needed(); q.Limit > 0; q.Limit = needed() {
		got := 0
		err := from.EachRecord(ctx, q, func(r store.Record) error {
			got++
			q.After = r.ID
			each(r)
			return nil
		})
		if err != nil || got < q.Limit {
			return err
		}
	}
	return nil
}

// leaveOutOfTree counts what is below the top and not among the branches.
func leaveOutOfTree(ctx context.Context, inv *store.Inventory, g *wire.Graph, top treeObject, branches []branch) error {
	below := []store.Cond{store.Is(store.Environment, top.Environment)}
	if top.DBID != "" { // and not the environment, which everything is below
		below = append(below, store.HasPrefix(store.IDPath, top.IDPath+"/"))
	}
	counts, err := inv.Objects.CountBy(ctx, store.Type, below...)
	if err != nil {
		return err
	}
	for _, b := range branches[1:] {
		counts[b.Type]--
	}
	for objectType, n := range counts {
		if n > 0 {
			g.LeftOut += n
			g.LeftOutType[objectType] = n
		}
	}
	return nil
}

func drawForce(g *wire.Graph, branches []branch) {
	for _, b := range branches {
		b.DBID = b.key()
		g.Nodes = append(g.Nodes, b.GraphNode)
		if b.above >= 0 {
			g.Links = append(g.Links, wire.TreeEdge{Source: branches[b.above].key(), Target: b.key()})
		}
	}
}

func nested(branches []branch) *wire.GraphBranch {
	made := make([]*wire.GraphBranch, len(branches))
	for i, b := range branches {
		b.DBID = b.key()
		made[i] = &wire.GraphBranch{GraphNode: b.GraphNode}
		if b.above >= 0 {
			made[b.above].Children = append(made[b.above].Children, made[i])
		}
	}
	return made[0]
}

func stratified(branches []branch) []wire.StratifyNode {
	values := make([]wire.StratifyNode, len(branches))
	for i, b := range branches {
		values[i] = wire.StratifyNode{ID: b.key(), Name: b.Name, Type: b.Type}
		if b.above >= 0 {
			values[i].Parent = branches[b.above].key()
		}
	}
	return values
}
