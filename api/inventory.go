package api

import (
	"context"
	"net/http"

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
	return paged(text("env_name"), text("inventory"), text("id"), text("type").many(), text("name").many(),
		text("host").many(), text("parent_id"), text("parent_type"), text("id_path"), text("parent_path"), flag("sub_tree"),
		instant("scanned_after"), instant("scanned_before"), text("projection"), flag("all"))
}

// getInventory answers GET /inventory: the whole object when an id is given, else a list: of an environment in the order of
// the tree, of one type in the order of ids, of all that the user may see in the order of the documents' ids.
func (s *server) getInventory(c *gin.Context, q query) error {
	inv, environment, err := s.inventoryOfAny(c.Request.Context(), q)
	if err != nil {
		return err
	}
	conds := append(q.where(store.ID, store.Type, store.Name, store.Host, store.ParentID, store.ParentType, store.IDPath),
		q.between(store.LastScanned, "scanned_after", "scanned_before")...)
	if environment != "" {
		conds = append(conds, store.Is(store.Environment, environment))
	}
	if q.has("id") {
		return writeObject(c, inv, q, conds)
	}
	return writeObjects(c, inv, q, environment, conds)
}

// inventoryOfAny is inventory, for who may leave env_name out and means all environments.
func (s *server) inventoryOfAny(ctx context.Context, q query) (*store.Inventory, string, error) {
	if q.has("env_name") {
		return s.inventory(ctx, q)
	}
	for _, name := range []string{"inventory", "parent_path", "sub_tree"} {
		if q.has(name) {
			return nil, "", invalid(name, "it goes with env_name")
		}
	}
	inv, err := s.DB.Inventory(ctx, "")
	return inv, "", err
}

// writeObjects answers with a list.
func writeObjects(c *gin.Context, inv *store.Inventory, q query, environment string, conds []store.Cond) error {
	page, err := q.objectPage(environment, conds)
	if err != nil {
		return err
	}
	if q.has("projection") {
		return writeProjections(c, inv, q, environment, page)
	}
	entries, err := listObjects[listedObject](c.Request.Context(), inv, q, environment, page)
	if err != nil {
		return err
	}
	answer := wire.ObjectList[wire.ObjectEntry]{Objects: make([]wire.ObjectEntry, len(entries))}
	for i, e := range entries {
		answer.Objects[i] = e.ObjectEntry
	}
	answer.Page = next(q, page, entries, func(e *listedObject) store.Place { return placeOf(page, e.ID, e.IDPath, e.DBID) })
	c.JSON(http.StatusOK, answer)
	return nil
}

// listedObject is what lists need of an object.
type listedObject struct {
	wire.ObjectEntry
	IDPath string `json:"id_path"`
}

func writeProjections(c *gin.Context, inv *store.Inventory, q query, environment string, page store.Query) error {
	objects, err := listObjects[model.Object](c.Request.Context(), inv, q, environment, page)
	if err != nil {
		return err
	}
	entries, err := projections(objects, q.words("projection"), func(o *model.Object) string { return o.ID })
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, wire.ObjectList[wire.Projection]{Objects: entries, Page: next(q, page, objects, func(o *model.Object) store.Place {
		return placeOf(page, o.ID, o.IDPath, o.DBID())
	})})
	return nil
}

// placeOf returns the place of an object in the order of a page.
func placeOf(page store.Query, id, path, dbID string) store.Place {
	place := store.Place{ID: dbID}
	switch {
	case len(page.Sort) == 0:
	case page.Sort[0].By == store.ID:
		place.Key = id
	default:
		place.Key = path
	}
	return place
}

// writeObject answers with the one object that is asked for.
func writeObject(c *gin.Context, inv *store.Inventory, q query, conds []store.Cond) error {
	found, err := inv.Objects.Find(c.Request.Context(), store.Query{Where: conds, Limit: 2})
	switch {
	case err != nil:
		return err
	case len(found) == 0 && !q.has("env_name"):
		return store.Errorf(store.NotFound, "there is no object %q", q.text("id"))
	case len(found) == 0:
		return store.Errorf(store.NotFound, "there is no object %q in the inventory of %s", q.text("id"), q.text("env_name"))
	case len(found) > 1 && found[0].Environment != found[1].Environment:
		return invalid("env_name", "several environments have objects with this id: say which is meant")
	case len(found) > 1:
		return invalid("type", found[0].Type+" and "+found[1].Type+" have objects with this id: say which is meant")
	case q.has("projection"):
		entry, err := projectionOf(&found[0], q.words("projection"), found[0].ID)
		if err == nil {
			c.JSON(http.StatusOK, entry)
		}
		return err
	}
	c.JSON(http.StatusOK, found[0])
	return nil
}

// objectPage is the page of a list of objects that is asked for.
func (q query) objectPage(environment string, conds []store.Cond) (store.Query, error) {
	page := q.page(conds...)
	switch {
	case environment == "":
	case len(q.list("type")) == 1 && !q.has("parent_path"):
		page.Sort = []store.Order{{By: store.ID}} // for which there is an index
	default:
		page.Sort = []store.Order{{By: store.IDPath}}
	}
	if !q.flag("all") {
		return page, nil
	}
	if q.has("page") || q.has("page_size") || q.has(cursorParam) {
		return page, invalid("all", "it does not go with page, page_size and cursor")
	}
	page.Skip, page.Limit = 0, 0
	return page, nil
}

// listObjects reads the objects of a page that are where parent_path and sub_tree say.
func listObjects[E any](ctx context.Context, inv *store.Inventory, q query, environment string, page store.Query) ([]E, error) {
	switch path := q.text("parent_path"); {
	case path == "" && q.has("sub_tree"):
		return nil, invalid("sub_tree", "it goes with parent_path")
	case path == "":
		return store.FindAs[E](ctx, inv.Objects, page)
	case q.flag("sub_tree"):
		return subTree[E](ctx, inv, path, page)
	default:
		return children[E](ctx, inv, environment, path, page)
	}
}

// subTree reads the object with the path, and everything below it.
func subTree[E any](ctx context.Context, inv *store.Inventory, path string, page store.Query) ([]E, error) {
	where := page.Where
	first := page
	first.Where, first.Skip, first.Limit = append([]store.Cond{store.Is(store.IDPath, path)}, where...), 0, 0
	top, err := store.FindAs[E](ctx, inv.Objects, first)
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
	below, err := store.FindAs[E](ctx, inv.Objects, page)
	return append(here, below...), err
}

// children reads what is directly below the object with the path. The environment is at the root: "/<environment>".
func children[E any](ctx context.Context, inv *store.Inventory, environment, path string, page store.Query) ([]E, error) {
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
	return store.FindAs[E](ctx, inv.Objects, page)
}
