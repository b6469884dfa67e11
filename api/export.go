package api

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"calipso.io/calipso/api/wire"
	"calipso.io/calipso/pkg/export"
	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/store"
)

func exportRoutes() []route {
	return []route{
		{"GET", "/export", login, params(text("env_name").must(), text("inventory"), oneOf("format", export.Formats()...),
			oneOf("collection", export.Collections()...), documentID("focal_point")), (*server).export,
			doc{about: "All objects, links and cliques of an environment, or those of the clique of a focal point, in one of the formats.",
				answer: wire.ExportLine[any]{}, media: mediaLines, long: true,
				also: []string{export.Media(export.CSV), export.Media(export.GraphML), export.Media(export.DOT)}}},
	}
}

// export answers GET /export: the objects, links and cliques of an environment, in this order and each in the order of their
// ids. An answer that breaks off is not complete.
func (s *server) export(c *gin.Context, q query) error {
	ctx := c.Request.Context()
	format, collection := q.text("format"), q.text("collection")
	if format == "" {
		format = export.JSONLines
	}
	if err := checkExport(format, collection); err != nil {
		return err
	}
	inv, environment, err := s.inventory(ctx, q)
	if err != nil {
		return err
	}
	e := exporter{ctx: ctx, c: c, inv: inv, collection: collection}
	read := func() error { return e.all(environment) }
	if q.has("focal_point") {
		clique, err := inv.Cliques.First(ctx, store.Where(store.Is(store.Environment, environment), store.Is(store.FocalPoint, q.text("focal_point"))))
		if store.CodeOf(err) == store.NotFound {
			err = store.Errorf(store.NotFound, "%q is not the focal point of a clique of %s", q.text("focal_point"), environment)
		}
		if err != nil {
			return err
		}
		read = func() error { return e.clique(clique) }
	}
	c.Header("Content-Type", export.Media(format))
	c.Header("Content-Disposition", fmt.Sprintf("attachment; filename=%q", "calipso."+format))
	e.to = export.New(c.Writer, format, environment, collection)
	if err := read(); err != nil {
		return fmt.Errorf("export %s: %w", environment, err)
	}
	if err := e.to.Close(); err != nil {
		return fmt.Errorf("export %s: %w", environment, err)
	}
	c.Writer.WriteHeaderNow()
	return nil
}

// checkExport refuses a table of several collections, and a graph of one.
func checkExport(format, collection string) error {
	isGraph := format == export.GraphML || format == export.DOT
	switch {
	case format == export.CSV && collection == "":
		return invalid("collection", "a table has one: say which, "+strings.Join(export.Collections(), ", "))
	case isGraph && collection != "":
		return invalid("collection", "it does not go with "+format+", which is the graph of all objects and links")
	}
	return nil
}

// exporter reads what is exported, and writes it.
type exporter struct {
	ctx        context.Context
	c          *gin.Context
	inv        *store.Inventory
	to         export.Writer
	collection string // the only one, or ""
	n          int
}

func (e *exporter) wants(collection string) bool {
	return e.collection == "" || e.collection == collection
}

// wrote keeps the connection open for an answer that takes long.
func (e *exporter) wrote(err error) error {
	if e.n%1000 == 0 {
		extendDeadline(e.c)
	}
	e.n++
	return err
}

func (e *exporter) all(environment string) error {
	all := store.Where(store.Is(store.Environment, environment))
	if e.wants(export.Inventory) {
		if err := e.inv.Objects.Each(e.ctx, all, func(o model.Object) error { return e.wrote(e.to.Object(o)) }); err != nil {
			return err
		}
	}
	if e.wants(export.Links) {
		if err := e.inv.Links.Each(e.ctx, all, func(l model.Link) error { return e.wrote(e.to.Link(l)) }); err != nil {
			return err
		}
	}
	if e.wants(export.Cliques) {
		return e.cliques(all)
	}
	return nil
}

// clique writes what one clique consists of.
func (e *exporter) clique(clique model.Clique) error {
	var objects []model.Object
	if err := eachByID(e.ctx, e.inv.Objects, clique.Nodes, func(o model.Object) { objects = append(objects, o) }); err != nil {
		return err
	}
	cliques := []model.Clique{clique}
	if err := addLinks(e.ctx, e.inv, cliques); err != nil {
		return err
	}
	slices.SortFunc(objects, func(a, b model.Object) int { return strings.Compare(a.DBID(), b.DBID()) })
	for _, o := range objects {
		if !e.wants(export.Inventory) {
			break
		}
		if err := e.wrote(e.to.Object(o)); err != nil {
			return err
		}
	}
	for _, l := range cliques[0].LinksDetailed {
		if !e.wants(export.Links) {
			break
		}
		if err := e.wrote(e.to.Link(l)); err != nil {
			return err
		}
	}
	if e.wants(export.Cliques) {
		return e.wrote(e.to.Clique(cliques[0]))
	}
	return nil
}

// cliques writes cliques with their links, for which it reads some cliques at a time.
func (e *exporter) cliques(all store.Query) error {
	const atATime = 100
	for all.Limit = atATime; ; {
		cliques, err := e.inv.Cliques.Find(e.ctx, all)
		if err != nil {
			return err
		}
		if err := addLinks(e.ctx, e.inv, cliques); err != nil {
			return err
		}
		for _, clique := range cliques {
			if err := e.wrote(e.to.Clique(clique)); err != nil {
				return err
			}
		}
		if len(cliques) < atATime {
			return nil
		}
		all.After = cliques[len(cliques)-1].ID
	}
}
