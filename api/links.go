package api

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"calipso.io/calipso/api/wire"
	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/store"
)

func linkRoutes() []route {
	return []route{
		{"GET", "/links", login, linkParams(), (*server).getLinks,
			doc{about: "List links; with an id, the whole link.", answer: either{wire.LinkList[wire.LinkEntry]{}, wire.LinkList[wire.Projection]{}, wire.WholeLink{}, wire.Projection{}}}},
	}
}

// attributePrefix begins the parameters that say what a link's attributes must be: attributes:network=…
const attributePrefix = "attributes:"

func linkParams() []param {
	attributes := text(attributePrefix)
	attributes.prefix = true
	return paged(text("env_name").must(), text("inventory"), documentID("id"), text("host").many(), text("link_type").many(),
		text("link_name").many(), text("source_id").many(), text("target_id").many(),
		oneOf("state", model.LinkUp, model.LinkDown), text("projection"), attributes)
}

// getLinks answers GET /links: the whole link when an id is given, else a list.
func (s *server) getLinks(c *gin.Context, q query) error {
	ctx := c.Request.Context()
	inv, environment, err := s.inventory(ctx, q)
	if err != nil {
		return err
	}
	conds := append(q.where(store.Host, store.LinkType, store.LinkName, store.SourceID, store.TargetID, store.State),
		store.Is(store.Environment, environment))
	if q.has("id") {
		link, err := inv.Links.First(ctx, store.Where(append(conds, store.IDs(q.text("id")))...))
		if err != nil {
			return err
		}
		c.JSON(http.StatusOK, wire.WholeLink{Link: link, Key: link.ID})
		return nil
	}
	if q.has("projection") {
		return writeLinkProjections(c, inv, q, q.page(conds...))
	}
	return writeLinks(c, inv, q, q.page(conds...))
}

// listedLink is what lists need of a link.
type listedLink struct {
	wire.LinkEntry
	Key        string               `json:"_id"`
	Attributes model.LinkAttributes `json:"attributes"`
}

// writeLinks answers with a list.
func writeLinks(c *gin.Context, inv *store.Inventory, q query, page store.Query) error {
	links, err := listLinks(c.Request.Context(), inv, q, page, func(l *listedLink) *model.LinkAttributes { return &l.Attributes })
	if err != nil {
		return err
	}
	answer := wire.LinkList[wire.LinkEntry]{Links: make([]wire.LinkEntry, len(links))}
	for i, l := range links {
		answer.Links[i] = l.LinkEntry
		answer.Links[i].ID = l.Key
	}
	answer.Page = next(q, page, links, func(l *listedLink) store.Place { return store.Place{ID: l.Key} })
	c.JSON(http.StatusOK, answer)
	return nil
}

func writeLinkProjections(c *gin.Context, inv *store.Inventory, q query, page store.Query) error {
	links, err := listLinks(c.Request.Context(), inv, q, page, func(l *model.Link) *model.LinkAttributes { return &l.Attributes })
	if err != nil {
		return err
	}
	entries, err := projections(links, q.words("projection"), func(l *model.Link) string { return l.ID })
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, wire.LinkList[wire.Projection]{Links: entries,
		Page: next(q, page, links, func(l *model.Link) store.Place { return store.Place{ID: l.ID} })})
	return nil
}

// listLinks reads the links of a page whose attributes are as the parameters wish.
func listLinks[E any](ctx context.Context, inv *store.Inventory, q query, page store.Query, of func(*E) *model.LinkAttributes) ([]E, error) {
	wished := map[string]string{}
	for name := range q {
		if attribute, ok := strings.CutPrefix(name, attributePrefix); ok {
			wished[attribute] = q.text(name)
		}
	}
	if len(wished) == 0 {
		return store.FindAs[E](ctx, inv.Links, page)
	}
	return pickAs(ctx, inv.Links, page, func(l *E) bool { return hasAttributes(of(l), wished) })
}

// hasAttributes tells whether a link has all attributes with these values; a list has each of its elements.
func hasAttributes(own *model.LinkAttributes, wished map[string]string) bool {
	data, err := json.Marshal(own)
	attributes := map[string]any{}
	if err != nil || json.Unmarshal(data, &attributes) != nil {
		return false
	}
	for name, value := range wished {
		if !slices.Contains(model.Strings(attributes[name]), value) {
			return false
		}
	}
	return true
}
