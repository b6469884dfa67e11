package api

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"calipso.io/calipso/api/wire"
	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/store"
)

func inventoryRoutes() []route {
	return []route{
		{"GET", "/inventory", login, inventoryParams(), (*server).getInventory,
			doc{about: "List objects in the order of the tree; with an id, the whole object.", answer: either{wire.ObjectList[wire.ObjectEntry]{}, wire.ObjectList[wire.Projection]{}, model.Object{}, wire.Projection{}}}},
		{"DELETE", "/inventory", login, params(text("env_name").must(), text("inventory").must()), (*server).deleteAlternate,
			doc{about: "Delete what an alternate inventory has of an environment.", answer: wire.Done{}}},
	}
}

func inventoryParams() []param {
	return paged(text("env_name").must(), text("inventory"), text("id"), text("type").many(), text("name").many(),
		text("host").many(), text("parent_id"), text("parent_type"), text("id_path"), text("parent_path"), flag("sub_tree"),
		text("projection"), flag("all"))
}

// getInventory answers GET /inventory: the whole object when an id is given, else a list in the order of the tree.
func (s *server) getInventory(c *gin.Context, q query) error {
	ctx := c.Request.Context()
	inv, environment, err := s.inventory(ctx, q)
	if err != nil {
		return err
	}
	conds := append(q.where(store.ID, store.Type, store.Name, store.Host, store.ParentID, store.ParentType, store.IDPath),
		store.Is(store.Environment, environment))
	if q.has("id") {
		return writeObject(c, inv, q, conds)
	}
	objects, err := listObjects(ctx, inv, q, environment, conds)
	if err != nil {
		return err
	}
	if q.has("projection") {
		return writeProjections(c, objects, q.words("projection"))
	}
	entries := make([]wire.ObjectEntry, 0, len(objects))
	for _, o := range objects {
		entries = append(entries, wire.ObjectEntry{DBID: o.DBID(), ID: o.ID, Name: o.Name, ObjectName: o.ObjectName, NamePath: o.NamePath,
			Type: o.Type, Environment: o.Environment, Host: o.Host, ParentID: o.ParentID, ParentType: o.ParentType,
			ShowInTree: o.ShowInTree, Clique: o.Bool("clique")})
	}
	c.JSON(http.StatusOK, wire.ObjectList[wire.ObjectEntry]{Objects: entries})
	return nil
}

func writeProjections(c *gin.Context, objects []model.Object, wished []string) error {
	entries := make([]wire.Projection, 0, len(objects))
	for i := range objects {
		entry, err := projectionOf(&objects[i], wished)
		if err != nil {
			return err
		}
		entries = append(entries, entry)
	}
	c.JSON(http.StatusOK, wire.ObjectList[wire.Projection]{Objects: entries})
	return nil
}

// writeObject answers with the one object that is asked for.
func writeObject(c *gin.Context, inv *store.Inventory, q query, conds []store.Cond) error {
	found, err := inv.Objects.Find(c.Request.Context(), store.Query{Where: conds, Limit: 2})
	switch {
	case err != nil:
		return err
	case len(found) == 0:
		return store.Errorf(store.NotFound, "there is no object %q in the inventory of %s", q.text("id"), q.text("env_name"))
	case len(found) > 1:
		return invalid("type", found[0].Type+" and "+found[1].Type+" have objects with this id: say which is meant")
	case q.has("projection"):
		entry, err := projectionOf(&found[0], q.words("projection"))
		if err == nil {
			c.JSON(http.StatusOK, entry)
		}
		return err
	}
	c.JSON(http.StatusOK, found[0])
	return nil
}

// listObjects reads the objects that all conditions select, and that are where parent_path and sub_tree say.
func listObjects(ctx context.Context, inv *store.Inventory, q query, environment string, conds []store.Cond) ([]model.Object, error) {
	page := q.page(conds...)
	page.Sort = []store.Order{{By: store.IDPath}}
	if q.flag("all") {
		if q.has("page") || q.has("page_size") {
			return nil, invalid("all", "it does not go with page and page_size")
		}
		page.Skip, page.Limit = 0, 0
	}
	switch path := q.text("parent_path"); {
	case path == "" && q.has("sub_tree"):
		return nil, invalid("sub_tree", "it goes with parent_path")
	case path == "":
		return inv.Objects.Find(ctx, page)
	case q.flag("sub_tree"):
		return subTree(ctx, inv, path, page)
	default:
		return children(ctx, inv, environment, path, page)
	}
}

// subTree reads the object with the path, and everything below it.
func subTree(ctx context.Context, inv *store.Inventory, path string, page store.Query) ([]model.Object, error) {
	where := page.Where
	top, err := inv.Objects.Find(ctx, store.Where(append([]store.Cond{store.Is(store.IDPath, path)}, where...)...))
	if err != nil {
		return nil, err
	}
	here := top[min(page.Skip, len(top)):]
	if page.Limit > 0 && len(here) >= page.Limit {
		return here[:page.Limit], nil
	}
	page.Skip -= len(top) - len(here)
	if page.Limit > 0 {
		page.Limit -= len(here)
	}
	page.Where = append([]store.Cond{store.HasPrefix(store.IDPath, path+"/")}, where...)
	below, err := inv.Objects.Find(ctx, page)
	return append(here, below...), err
}

// children reads what is directly below the object with the path. The environment is at the root: "/<environment>".
func children(ctx context.Context, inv *store.Inventory, environment, path string, page store.Query) ([]model.Object, error) {
	id, types := environment, []string{model.TypeEnvironment}
	if path != "/"+environment {
		parents, err := inv.Objects.Find(ctx, store.Where(store.Is(store.Environment, environment), store.Is(store.IDPath, path)))
		if err != nil || len(parents) == 0 {
			return nil, err
		}
		id, types = parents[0].ID, nil
		for _, p := range parents {
			types = append(types, p.Type)
		}
	}
	page.Where = append(page.Where, store.Is(store.ParentID, id), store.Is(store.ParentType, types...))
	return inv.Objects.Find(ctx, page)
}

// projectionOf returns the id of an object and those of its attributes that are wished for.
func projectionOf(o *model.Object, wished []string) (wire.Projection, error) {
	whole, err := json.Marshal(o)
	if err != nil {
		return nil, err
	}
	var attrs wire.Projection
	if err := json.Unmarshal(whole, &attrs); err != nil {
		return nil, err
	}
	maps.DeleteFunc(attrs, func(name string, _ json.RawMessage) bool { return name != "id" && !slices.Contains(wished, name) })
	return attrs, nil
}
