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
	page := q.page(conds...)
	links, err := listLinks(ctx, inv, q, page)
	if err != nil {
		return err
	}
	following := next(q, page, links, func(l *model.Link) store.Place { return store.Place{ID: l.ID} })
	if q.has("projection") {
		entries, err := projections(links, q.words("projection"), func(l *model.Link) string { return l.ID })
		if err == nil {
			c.JSON(http.StatusOK, wire.LinkList[wire.Projection]{Links: entries, Page: following})
		}
		return err
	}
	entries := make([]wire.LinkEntry, 0, len(links))
	for _, l := range links {
		entries = append(entries, wire.LinkEntry{ID: l.ID, LinkName: l.LinkName, LinkType: l.LinkType, Environment: l.Environment, Host: l.Host,
			State: l.State, Source: l.Source, Target: l.Target, SourceID: l.SourceID, TargetID: l.TargetID})
	}
	c.JSON(http.StatusOK, wire.LinkList[wire.LinkEntry]{Links: entries, Page: following})
	return nil
}

func listLinks(ctx context.Context, inv *store.Inventory, q query, page store.Query) ([]model.Link, error) {
	wished := map[string]string{}
	for name := range q {
		if attribute, ok := strings.CutPrefix(name, attributePrefix); ok {
			wished[attribute] = q.text(name)
		}
	}
	if len(wished) == 0 {
		return inv.Links.Find(ctx, page)
	}
	return pick(ctx, inv.Links, page, func(l *model.Link) bool { return hasAttributes(l, wished) })
}

// hasAttributes tells whether the link has all attributes with these values; a list has each of its elements.
func hasAttributes(l *model.Link, wished map[string]string) bool {
	data, err := json.Marshal(l.Attributes)
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
