package api

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"calipso.io/calipso/api/wire"
	"calipso.io/calipso/pkg/auth"
	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/store"
)

func linkTypeRoutes() []route {
	return []route{
		{"GET", "/link_types", login, linkTypeParams(), (*server).listLinkTypes,
			doc{about: "The types that links have, those made over the API first; with an id, one of them.", answer: either{wire.LinkTypeList{}, wire.LinkTypeEntry{}}}},
		{"POST", "/link_types", access(auth.ManageLinkTypes), nil, (*server).createLinkType,
			doc{about: "Make a link type, which clique types may then name.", body: linkTypeDraft(), answer: wire.Done{}, status: http.StatusCreated}},
		{"PUT", "/link_types/:id", access(auth.ManageLinkTypes), nil, (*server).replaceLinkType,
			doc{about: "Change the description of a link type.", body: linkTypeDraft(), answer: wire.Done{}}},
		{"DELETE", "/link_types/:id", access(auth.ManageLinkTypes), nil, (*server).deleteLinkType,
			doc{about: "Delete a link type that no clique type names.", answer: wire.Done{}}},
	}
}

func linkTypeParams() []param {
	return paged(documentID("id"), text("type").many(), text("endPointA").many(), text("endPointB").many())
}

// linkTypes returns those that were made over the API, then those that are configured.
func (s *server) linkTypes(ctx context.Context) (all []model.LinkType, made int, err error) {
	all, err = s.DB.LinkTypes.Find(ctx, store.Query{})
	return slices.Concat(all, s.LinkTypes), len(all), err
}

// listLinkTypes answers GET /link_types.
func (s *server) listLinkTypes(c *gin.Context, q query) error {
	all, made, err := s.linkTypes(c.Request.Context())
	if err != nil {
		return err
	}
	list := wire.LinkTypeList{LinkTypes: []wire.LinkTypeEntry{}}
	for i, lt := range all {
		if q.meets("id", []string{lt.ID}) && q.meets("type", []string{lt.Type}) && q.meets("endPointA", []string{lt.EndPointA}) && q.meets("endPointB", []string{lt.EndPointB}) {
			list.LinkTypes = append(list.LinkTypes, wire.LinkTypeEntry{Key: lt.ID, LinkType: lt, Configured: i >= made})
		}
	}
	if q.has("id") {
		return one(c, "link type", q.text("id"), list.LinkTypes)
	}
	list.LinkTypes = pageOf(q, list.LinkTypes)
	c.JSON(http.StatusOK, list)
	return nil
}

// one answers with the document of an id, which is the only one of a list.
func one[T any](c *gin.Context, noun, id string, list []T) error {
	if len(list) == 0 {
		return store.Errorf(store.NotFound, "there is no %s %q", noun, id)
	}
	c.JSON(http.StatusOK, list[0])
	return nil
}

// pageOf returns the page of a list that is asked for.
func pageOf[T any](q query, list []T) []T {
	page := q.page()
	first := min(page.Skip, len(list))
	return list[first:min(first+page.Limit, len(list))]
}

// createLinkType answers POST /link_types.
func (s *server) createLinkType(c *gin.Context, _ query) error {
	lt, err := s.readLinkType(c)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(s.LinkTypes, func(o model.LinkType) bool { return o.ID == lt.ID }) {
		return store.Errorf(store.Conflict, "link type %q is configured already", lt.Type)
	}
	if err := s.DB.LinkTypes.Create(c.Request.Context(), lt); store.CodeOf(err) == store.Conflict {
		return store.Errorf(store.Conflict, "there is a link type %q already: change that one, %s", lt.Type, lt.ID)
	} else if err != nil {
		return err
	}
	c.JSON(http.StatusCreated, wire.Done{ID: lt.ID, Message: "made link type " + lt.Type})
	return nil
}

// replaceLinkType answers PUT /link_types/{id}.
func (s *server) replaceLinkType(c *gin.Context, _ query) error {
	id := c.Param("id")
	lt, err := s.readLinkType(c)
	if err != nil {
		return err
	}
	if lt.ID != id {
		return invalid("_id", "the body is about "+lt.Type+", which has the id "+lt.ID+": that can't be changed")
	}
	_, err = s.DB.LinkTypes.Update(c.Request.Context(), id, func(stored *model.LinkType) error { *stored = lt; return nil })
	if err != nil {
		return s.configuredLinkType(id, err)
	}
	c.JSON(http.StatusOK, wire.Done{ID: id, Message: "changed link type " + lt.Type})
	return nil
}

// deleteLinkType answers DELETE /link_types/{id}. Those that clique types name stay.
func (s *server) deleteLinkType(c *gin.Context, _ query) error {
	ctx, id := c.Request.Context(), c.Param("id")
	lt, err := s.DB.LinkTypes.Get(ctx, id)
	if err != nil {
		return s.configuredLinkType(id, err)
	}
	// Those of all environments: also of some that this user may not see, whose names are therefore not told.
	err = s.root.CliqueTypes.Each(ctx, store.Query{}, func(ct model.CliqueType) error {
		named := func(name string) bool { name, _, _ = strings.Cut(name, ":"); return name == lt.Type }
		if !slices.ContainsFunc(ct.LinkTypes, named) {
			return nil
		}
		if !s.rights.CanView(ct.Environment) && ct.Environment != "" {
			return store.Errorf(store.Conflict, "link type %s is used by a clique type of an environment that you may not see", lt.Type)
		}
		return store.Errorf(store.Conflict, "link type %s is used by clique type %q, %s: change that one first", lt.Type, ct.Name, ct.ID)
	})
	if err != nil {
		return err
	}
	if _, err := s.DB.LinkTypes.Delete(ctx, store.IDs(id)); err != nil {
		return err
	}
	c.JSON(http.StatusOK, wire.Done{ID: id, Message: "link type " + lt.Type + " is deleted"})
	return nil
}

// configuredLinkType says of a link type that is configured, and therefore not found in the store, that it can't be changed.
func (s *server) configuredLinkType(id string, err error) error {
	if store.CodeOf(err) == store.NotFound && slices.ContainsFunc(s.LinkTypes, func(lt model.LinkType) bool { return lt.ID == id }) {
		return store.Errorf(store.Conflict, "link type %s is configured: it can't be changed here", id)
	}
	return err
}

func (s *server) readLinkType(c *gin.Context) (lt model.LinkType, err error) {
	if lt, err = decodeBody[model.LinkType](c); err != nil {
		return lt, err
	}
	return lt, s.checkLinkType(&lt)
}

// checkLinkType checks a link type and fills in what follows from the rest: its type and its id.
func (s *server) checkLinkType(lt *model.LinkType) error {
	known := slices.Compact(slices.Sorted(slices.Values(slices.Concat(model.ObjectTypes(), s.Constants.Values("object_types")))))
	for _, end := range []struct{ key, value string }{{"endPointA", lt.EndPointA}, {"endPointB", lt.EndPointB}} {
		if err := checkOneOf(end.value, known); err != nil {
			return invalid(end.key, "must be a type of objects, "+err.Error()+", not \""+end.value+"\"")
		}
	}
	if name := lt.EndPointA + "-" + lt.EndPointB; lt.Type == "" {
		lt.Type = name
	} else if lt.Type != name {
		return invalid("type", "must be endPointA-endPointB, which is "+name)
	}
	if lt.Description == "" {
		return invalid("description", "this key is missing: say what such links are")
	}
	id := model.LinkTypeID(lt.Type)
	if lt.ID != "" && lt.ID != id {
		return invalid("_id", "it follows from the rest, and is "+id)
	}
	lt.ID = id
	return nil
}
