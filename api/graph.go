package api

import (
	"cmp"
	"context"
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"calipso.io/calipso/api/wire"
	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/store"
)

// Types of graphs.
const (
	graphClique   = "clique"        // of a focal point
	graphForce    = "force_tree"    // a tree as nodes and links
	graphChildren = "children_tree" // a tree as branches within branches
	graphVega     = "vega_tree"     // a tree as a list of nodes that name their parents
)

// How many nodes a graph has: usually, and at most.
const (
	usualNodes = 200
	mostNodes  = 5000
)

func graphRoutes() []route {
	return []route{{"GET", "/graph", login, params(text("env_name").must(), text("inventory"),
		oneOf("type", graphClique, graphForce, graphChildren, graphVega).must(), text("focal_point_id"), numberUpTo("max_nodes", 1, mostNodes)),
		(*server).graph, doc{about: "The clique of an object, or the tree of an environment or below an object, to be drawn. " +
			"focal_point_id is the object's id or its document's id.", answer: wire.Graph{}}}}
}

// graph answers GET /graph.
func (s *server) graph(c *gin.Context, q query) error {
	ctx := c.Request.Context()
	inv, environment, err := s.inventory(ctx, q)
	if err != nil {
		return err
	}
	g := &wire.Graph{Type: q.text("type"), EnvName: environment, LeftOutType: map[string]int{}}
	switch {
	case g.Type == graphClique && !q.has("focal_point_id"):
		return invalid("focal_point_id", "this parameter is missing: a clique is one of an object")
	case g.Type == graphForce && q.has("focal_point_id"):
		return invalid("focal_point_id", "it does not go with a force_tree, which is of the whole environment")
	case g.Type == graphClique:
		err = drawClique(ctx, inv, q, g)
	default:
		err = drawTree(ctx, inv, q, g)
	}
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, g)
	return nil
}

// drawClique puts the clique of the focal point into a graph. The focal point is the first of its nodes.
func drawClique(ctx context.Context, inv *store.Inventory, q query, g *wire.Graph) error {
	clique, err := cliqueOf(ctx, inv, q)
	if err != nil {
		return err
	}
	g.FocalPoint = clique.FocalPoint
	ids := nearest(&clique, q.number("max_nodes", usualNodes))
	if g.Nodes, err = graphNodes(ctx, inv, ids); err != nil {
		return err
	}
	if err := leaveOut(ctx, inv, g, clique.Nodes[len(ids):]); err != nil {
		return err
	}
	drawn := map[string]bool{}
	for _, n := range g.Nodes {
		drawn[n.DBID] = true
	}
	one := []model.Clique{clique}
	if err := addLinks(ctx, inv, one); err != nil {
		return err
	}
	for _, l := range one[0].LinksDetailed {
		if drawn[l.Source] && drawn[l.Target] {
			g.Edges = append(g.Edges, wire.GraphEdge{ID: l.ID, LinkType: l.LinkType, LinkName: l.LinkName, Source: l.Source, Target: l.Target,
				State: l.State, Host: l.Host})
		}
	}
	return nil
}

// cliqueOf returns the clique of the object that is the focal point: by its document's id, or by its id.
func cliqueOf(ctx context.Context, inv *store.Inventory, q query) (model.Clique, error) {
	environment, id := store.Is(store.Environment, q.text("env_name")), q.text("focal_point_id")
	found, err := inv.Cliques.Find(ctx, store.Where(environment, store.Is(store.FocalPoint, id)))
	if err != nil || len(found) > 0 {
		return first(found), err
	}
	var focal []string
	err = inv.Objects.EachRecord(ctx, store.Where(environment, store.Is(store.ID, id)), func(r store.Record) error {
		focal = append(focal, r.ID)
		return nil
	})
	if err == nil {
		found, err = inv.Cliques.Find(ctx, store.Where(environment, store.Is(store.FocalPoint, focal...)))
	}
	switch {
	case err != nil:
		return model.Clique{}, err
	case len(found) == 0:
		return model.Clique{}, store.Errorf(store.NotFound, "%q is not the focal point of a clique in %s", id, q.text("env_name"))
	case len(found) > 1:
		return model.Clique{}, invalid("focal_point_id", "a "+found[0].FocalPointType+" and a "+found[1].FocalPointType+
			" have this id: give the id of the document")
	}
	return found[0], nil
}

func first[T any](list []T) (one T) {
	if len(list) > 0 {
		one = list[0]
	}
	return one
}

// nearest returns the first nodes of a clique, which are in the order in which they were reached from the focal point.
func nearest(c *model.Clique, most int) []string {
	if i := slices.Index(c.Nodes, c.FocalPoint); i > 0 {
		c.Nodes = slices.Concat([]string{c.FocalPoint}, c.Nodes[:i], c.Nodes[i+1:])
	}
	return c.Nodes[:min(most, len(c.Nodes))]
}

// graphNodes reads the objects with these document ids; those that are gone meanwhile are left out.
func graphNodes(ctx context.Context, inv *store.Inventory, ids []string) ([]wire.GraphNode, error) {
	found := map[string]wire.GraphNode{}
	err := eachByIDAs(ctx, inv.Objects, ids, func(o drawnObject) { found[o.DBID] = o.node() })
	nodes := make([]wire.GraphNode, 0, len(found))
	for _, id := range ids {
		if n, ok := found[id]; ok {
			nodes = append(nodes, n)
		}
	}
	return nodes, err
}

// drawnObject is what a graph tells of an object. What clouds say may be of any type.
type drawnObject struct {
	wire.Node
	Status any `json:"status"`
	State  any `json:"state"`
}

func (o *drawnObject) node() wire.GraphNode {
	status, _ := o.Status.(string)
	state, _ := o.State.(string)
	return wire.GraphNode{DBID: o.DBID, ID: o.ID, Type: o.Type, Name: o.Name, Host: o.Host, State: cmp.Or(status, state)}
}

// leaveOut counts the objects with these ids by their types.
func leaveOut(ctx context.Context, inv *store.Inventory, g *wire.Graph, ids []string) error {
	for some := range slices.Chunk(ids, 500) {
		counts, err := inv.Objects.CountBy(ctx, store.Type, store.IDs(some...))
		if err != nil {
			return err
		}
		for objectType, n := range counts {
			g.LeftOut += n
			g.LeftOutType[objectType] += n
		}
	}
	return nil
}
