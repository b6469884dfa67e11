package api

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"calipso.io/calipso/api/wire"
	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/store"
)

func treeRoutes() []route {
	return []route{{"GET", "/tree", login, paged(text("env_name").must(), text("inventory"), text("id"), text("type"), documentID("node")),
		(*server).tree, doc{about: "What is directly below a node of an environment's tree, with the numbers of what is below that, and the path to the node. " +
			"The node is the environment, or an object by its id (and type) or by its document's id (node).", answer: wire.Tree{}}}}
}

// tree answers GET /tree.
func (s *server) tree(c *gin.Context, q query) error {
	ctx := c.Request.Context()
	inv, environment, err := s.inventory(ctx, q)
	if err != nil {
		return err
	}
	node, err := nodeOf(ctx, inv, q, environment)
	if err != nil {
		return err
	}
	path, err := pathTo(ctx, inv, node)
	if err != nil {
		return err
	}
	page := q.page(store.Is(store.Environment, environment), store.Is(store.ParentID, node.ID), store.Is(store.ParentType, node.Type))
	page.Sort = []store.Order{{By: store.Name}}
	objects, err := pickAs(ctx, inv.Objects, page, func(o *treeObject) bool { return o.ShowInTree })
	if err != nil {
		return err
	}
	children, err := treeNodes(ctx, inv, objects)
	if err != nil {
		return err
	}
	if path[len(path)-1].Children, err = inv.Objects.Count(ctx, page.Where...); err != nil {
		return err
	}
	c.JSON(http.StatusOK, wire.Tree{Path: path, Children: children, Page: next(q, page, objects, func(o *treeObject) store.Place {
		return store.Place{Key: o.Name, ID: o.DBID}
	})})
	return nil
}

// nodeOf returns the object that the parameters name, or the environment, as if it were one.
func nodeOf(ctx context.Context, inv *store.Inventory, q query, environment string) (treeObject, error) {
	conds := append(q.where(store.ID, store.Type), store.Is(store.Environment, environment))
	switch {
	case q.has("node") && (q.has("id") || q.has("type")):
		return treeObject{}, invalid("node", "it does not go with id and type")
	case q.has("node"):
		conds = append(conds, store.IDs(q.text("node")))
	case q.has("type") && !q.has("id"):
		return treeObject{}, invalid("type", "it goes with id")
	case !q.has("id") || q.text("id") == environment && q.text("type") == model.TypeEnvironment:
		top := treeObject{IDPath: "/" + environment}
		top.Environment, top.Type, top.ID, top.Name = environment, model.TypeEnvironment, environment, environment
		return top, nil
	}
	return oneObject(ctx, inv, q, conds)
}

// oneObject returns the one object that the conditions select.
func oneObject(ctx context.Context, inv *store.Inventory, q query, conds []store.Cond) (treeObject, error) {
	found, err := store.FindAs[treeObject](ctx, inv.Objects, store.Query{Where: conds, Limit: 2})
	switch {
	case err != nil:
		return treeObject{}, err
	case len(found) == 0:
		return treeObject{}, store.Errorf(store.NotFound, "there is no such object in the inventory of %s", q.text("env_name"))
	case len(found) > 1:
		return treeObject{}, invalid("type", found[0].Type+" and "+found[1].Type+" have objects with this id: say which is meant")
	}
	return found[0], nil
}

// pathTo returns the nodes from the environment to an object: what has a part of its path, and is its parent, and so on.
func pathTo(ctx context.Context, inv *store.Inventory, o treeObject) ([]wire.TreeNode, error) {
	path := []wire.TreeNode{nodeFor(&o)}
	above, err := store.FindAs[treeObject](ctx, inv.Objects, store.Where(store.Is(store.Environment, o.Environment), store.Is(store.IDPath, pathsAbove(o.IDPath)...)))
	if err != nil {
		return nil, err
	}
	for o.Type != model.TypeEnvironment {
		i := slices.IndexFunc(above, func(p treeObject) bool { return p.Type == o.ParentType && p.ID == o.ParentID })
		if i < 0 {
			return append([]wire.TreeNode{{ID: o.Environment, Type: model.TypeEnvironment, Name: o.Environment}}, path...), nil
		}
		o = above[i]
		above = slices.Delete(above, i, i+1) // even a circle of parents comes to an end
		path = append([]wire.TreeNode{nodeFor(&o)}, path...)
	}
	return path, nil
}

// pathsAbove returns the id_paths of what is above a path.
func pathsAbove(path string) (above []string) {
	for i := strings.LastIndexByte(path, '/'); i > 0; i = strings.LastIndexByte(path, '/') {
		path = path[:i]
		above = append(above, path)
	}
	return above
}

// treeObject is what trees need of an object. The environment is one without a document's id.
type treeObject struct {
	wire.ObjectEntry
	IDPath string `json:"id_path"`
	Stale  any    `json:"stale"` // an object where it could not be read again
}

func nodeFor(o *treeObject) wire.TreeNode {
	_, stale := o.Stale.(map[string]any)
	return wire.TreeNode{DBID: o.DBID, ID: o.ID, Type: o.Type, Name: o.Name, Host: o.Host, Clique: o.Clique, Stale: stale}
}

// treeNodes makes nodes of objects, and counts what is below them: with one query for each type among them.
func treeNodes(ctx context.Context, inv *store.Inventory, objects []treeObject) ([]wire.TreeNode, error) {
	nodes := make([]wire.TreeNode, len(objects))
	idsOf := map[string][]string{} // by type
	for i := range objects {
		nodes[i] = nodeFor(&objects[i])
		idsOf[objects[i].Type] = append(idsOf[objects[i].Type], objects[i].ID)
	}
	for objectType, ids := range idsOf {
		counts, err := inv.Objects.CountBy(ctx, store.ParentID, store.Is(store.Environment, objects[0].Environment),
			store.Is(store.ParentID, ids...), store.Is(store.ParentType, objectType))
		if err != nil {
			return nil, err
		}
		for i := range nodes {
			if nodes[i].Type == objectType {
				nodes[i].Children = counts[nodes[i].ID]
			}
		}
	}
	return nodes, nil
}
