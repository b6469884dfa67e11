package api

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"calipso.io/calipso/api/wire"
	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/search"
)

// How many hits an answer has: usually, and at most.
const (
	usualHits = 15
	mostHits  = 500
)

func searchRoutes() []route {
	return []route{{"GET", searchPath, login, params(text("query").must(), text("env_name").many(), text("type").many(), text("inventory"),
		oneOf("source", "inventory"), number("page", 0), numberUpTo("page_size", 1, mostHits), flag("all")), (*server).search,
		doc{about: "Find objects by a part of a name, an id or an address, in all environments that the user may see. The best hits come first.",
			answer: wire.SearchAnswer{}}}}
}

const searchPath = "/search"

// search answers GET /search. What the index says is only a hint: hits are objects that the user's store has.
func (s *server) search(c *gin.Context, q query) error {
	if model.FoldText(q.text("query")) == "" {
		return invalid("query", "there is nothing in it to look for")
	}
	index, err := s.searchIndex(c, q)
	if err != nil {
		return err
	}
	wanted, err := s.searchQuery(q)
	if err != nil {
		return err
	}
	if err := index.Look(c.Request.Context(), s.Now()); err != nil {
		return err
	}
	done, err := s.turns.take(c.Request.Context())
	if err != nil {
		return err
	}
	defer done()
	found, total := index.Search(wanted)
	hits, err := s.readHits(c, q, found)
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, wire.SearchAnswer{Objects: hits, Total: total - (len(found) - len(hits))})
	return nil
}

// searchIndex returns the index of the inventory that is meant. An inventory beside the default one goes with environments.
func (s *server) searchIndex(c *gin.Context, q query) (*search.Follower, error) {
	ctx, name := c.Request.Context(), q.text("inventory")
	if name != "" && !q.has("env_name") {
		return nil, invalid("inventory", "it goes with env_name")
	}
	for _, environment := range q.list("env_name") {
		if _, _, err := s.inventory(ctx, query{"env_name": {environment}, "inventory": q.list("inventory")}); err != nil {
			return nil, err
		}
	}
	return s.searches.of(ctx, s.quiet, name)
}

func (s *server) searchQuery(q query) (search.Query, error) {
	size := q.number("page_size", usualHits)
	if q.flag("all") {
		if q.has("page") || q.has("page_size") {
			return search.Query{}, invalid("all", "it does not go with page and page_size")
		}
		size = mostHits
	}
	meant := func(environment string) bool {
		return s.rights.CanView(environment) && q.meets("env_name", []string{environment})
	}
	return search.Query{Text: q.text("query"), Types: q.list("type"), Environment: meant, Skip: q.number("page", 0) * size, Limit: size}, nil
}

// readHits reads the objects that were found, in their order; those that are gone meanwhile are left out.
func (s *server) readHits(c *gin.Context, q query, found []search.Hit) ([]wire.Hit, error) {
	ctx := c.Request.Context()
	inv, err := s.DB.Inventory(ctx, q.text("inventory"))
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(found))
	for i, f := range found {
		ids[i] = f.ID
	}
	objects := map[string]wire.Hit{}
	if err := eachByIDAs(ctx, inv.Objects, ids, func(o foundObject) { objects[o.DBID] = o.hit() }); err != nil {
		return nil, err
	}
	hits := make([]wire.Hit, 0, len(found))
	for _, f := range found {
		if h, ok := objects[f.ID]; ok {
			h.Match, h.Attribute, h.Text = f.Match.String(), f.Attribute, f.Text
			hits = append(hits, h)
		}
	}
	return hits, nil
}

// foundObject is what hits tell of an object.
type foundObject struct {
	wire.ObjectEntry
	IDPath      string    `json:"id_path"`
	LastScanned time.Time `json:"last_scanned"`
}

func (o *foundObject) hit() wire.Hit {
	return wire.Hit{DBID: o.DBID, ID: o.ID, Name: o.Name, ObjectName: o.ObjectName, Type: o.Type, Environment: o.Environment,
		Host: o.Host, IDPath: o.IDPath, NamePath: o.NamePath, LastScanned: o.LastScanned}
}
