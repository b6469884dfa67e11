package api

import (
	"context"
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"calipso.io/calipso/api/wire"
	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/store"
)

func cliqueRoutes() []route {
	return []route{
		{"GET", "/cliques", login, cliqueParams(), (*server).getCliques,
			doc{about: "List cliques; with an id or a focal point, the whole clique with its links and nodes.", answer: either{wire.CliqueList[wire.CliqueEntry]{}, wire.CliqueList[wire.Projection]{}, wire.WholeClique{}, wire.Projection{}}}},
	}
}

func cliqueParams() []param {
	return paged(text("env_name").must(), text("inventory"), documentID("id"), documentID("focal_point"),
		text("focal_point_type").many(), text("link_type").many(), documentID("link_id"), text("projection"))
}

// getCliques answers GET /cliques: the whole clique when its id or its focal point is given, else a list.
func (s *server) getCliques(c *gin.Context, q query) error {
	ctx := c.Request.Context()
	inv, environment, err := s.inventory(ctx, q)
	if err != nil {
		return err
	}
	conds := append(q.where(store.FocalPoint, store.FocalPointType), store.Is(store.Environment, environment))
	if q.has("id") {
		conds = append(conds, store.IDs(q.text("id")))
	}
	page := q.page(conds...)
	cliques, err := listCliques(ctx, inv, q, environment, page)
	if err != nil {
		return err
	}
	if q.has("id") || q.has("focal_point") {
		return writeClique(c, inv, cliques)
	}
	following := next(q, page, cliques, func(c *model.Clique) store.Place { return store.Place{ID: c.ID} })
	if q.has("projection") {
		entries, err := projections(cliques, q.words("projection"), func(c *model.Clique) string { return c.ID })
		if err == nil {
			c.JSON(http.StatusOK, wire.CliqueList[wire.Projection]{Cliques: entries, Page: following})
		}
		return err
	}
	entries := make([]wire.CliqueEntry, 0, len(cliques))
	for _, q := range cliques {
		entries = append(entries, wire.CliqueEntry{ID: q.ID, FocalPointType: q.FocalPointType, Environment: q.Environment,
			FocalPoint: q.FocalPoint, FocalPointID: q.FocalPointID})
	}
	c.JSON(http.StatusOK, wire.CliqueList[wire.CliqueEntry]{Cliques: entries, Page: following})
	return nil
}

// listCliques reads the cliques that a query selects and that hold the links that link_type and link_id name.
func listCliques(ctx context.Context, inv *store.Inventory, q query, environment string, page store.Query) ([]model.Clique, error) {
	if !q.has("link_type") && !q.has("link_id") {
		return inv.Cliques.Find(ctx, page)
	}
	wanted := []map[string]bool{}
	if q.has("link_type") {
		ofType := map[string]bool{}
		conds := append(q.where(store.LinkType), store.Is(store.Environment, environment))
		err := inv.Links.EachRecord(ctx, store.Where(conds...), func(l store.Record) error { ofType[l.ID] = true; return nil })
		if err != nil {
			return nil, err
		}
		wanted = append(wanted, ofType)
	}
	if q.has("link_id") {
		wanted = append(wanted, map[string]bool{q.text("link_id"): true})
	}
	return pick(ctx, inv.Cliques, page, func(c *model.Clique) bool { return hasOneOfEach(c.Links, wanted) })
}

// hasOneOfEach tells whether each of the sets has an id of the list.
func hasOneOfEach(ids []string, sets []map[string]bool) bool {
	for _, set := range sets {
		if !slices.ContainsFunc(ids, func(id string) bool { return set[id] }) {
			return false
		}
	}
	return true
}

// writeClique answers with the one clique that was found.
func writeClique(c *gin.Context, inv *store.Inventory, found []model.Clique) error {
	if len(found) == 0 {
		return store.Errorf(store.NotFound, "there is no such clique")
	}
	ctx := c.Request.Context()
	if err := addLinks(ctx, inv, found[:1]); err != nil {
		return err
	}
	nodes, err := nodesOf(ctx, inv, found[0].Nodes)
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, wire.WholeClique{Clique: found[0], Key: found[0].ID, NodesDetailed: nodes})
	return nil
}

// addLinks fills LinksDetailed of the cliques, in the order of their Links.
func addLinks(ctx context.Context, inv *store.Inventory, cliques []model.Clique) error {
	links := map[string]model.Link{}
	var ids []string
	for _, c := range cliques {
		ids = append(ids, c.Links...)
	}
	err := eachByID(ctx, inv.Links, ids, func(l model.Link) { links[l.ID] = l })
	for i := range cliques {
		for _, id := range cliques[i].Links {
			if l, ok := links[id]; ok {
				cliques[i].LinksDetailed = append(cliques[i].LinksDetailed, l)
			}
		}
	}
	return err
}

// nodesOf reads the objects with these document ids; those that are gone meanwhile are left out.
func nodesOf(ctx context.Context, inv *store.Inventory, ids []string) ([]wire.Node, error) {
	found := map[string]wire.Node{}
	err := eachByIDAs(ctx, inv.Objects, ids, func(n wire.Node) { found[n.DBID] = n })
	nodes := make([]wire.Node, 0, len(found))
	for _, id := range ids {
		if n, ok := found[id]; ok {
			nodes = append(nodes, n)
		}
	}
	return nodes, err
}

// eachByID passes the documents with these ids to a function, in no particular order. It asks for some hundred at a
// time, so that a query never grows too long for a database.
func eachByID[T any](ctx context.Context, from *store.Collection[T], ids []string, each func(T)) error {
	return eachByIDAs(ctx, from, ids, each)
}

// eachByIDAs is eachByID for documents that are read as another type: see store.FindAs.
func eachByIDAs[E, T any](ctx context.Context, from *store.Collection[T], ids []string, each func(E)) error {
	ids = slices.Clone(ids)
	slices.Sort(ids)
	for some := range slices.Chunk(slices.Compact(ids), 500) {
		found, err := store.FindAs[E](ctx, from, store.Where(store.IDs(some...)))
		if err != nil {
			return err
		}
		for _, doc := range found {
			each(doc)
		}
	}
	return nil
}
