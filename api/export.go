package api

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/gin-gonic/gin"

	"calipso.io/calipso/api/wire"
	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/store"
)

func exportRoutes() []route {
	return []route{
		{"GET", "/export", login, params(text("env_name").must(), text("inventory")), (*server).export,
			doc{about: "All objects, links and cliques of an environment, one JSON document a line.", answer: wire.ExportLine[any]{}, media: mediaLines, long: true}},
	}
}

// export answers GET /export: all objects, links and cliques of an environment, one JSON document a line, in this order
// and each in the order of their ids. An answer that breaks off is not complete.
func (s *server) export(c *gin.Context, q query) error {
	ctx := c.Request.Context()
	inv, environment, err := s.inventory(ctx, q)
	if err != nil {
		return err
	}
	c.Header("Content-Type", "application/x-ndjson")
	all := store.Where(store.Is(store.Environment, environment))
	e := exporter{ctx: ctx, c: c, lines: json.NewEncoder(c.Writer)}
	err = inv.Objects.Each(ctx, all, func(o model.Object) error { return e.write("inventory", o) })
	if err == nil {
		err = inv.Links.Each(ctx, all, func(l model.Link) error { return e.write("links", l) })
	}
	if err == nil {
		err = e.cliques(inv, all)
	}
	if err != nil {
		return fmt.Errorf("export %s: %w", environment, err)
	}
	c.Writer.WriteHeaderNow()
	return nil
}

// exporter writes the lines of an export.
type exporter struct {
	ctx   context.Context
	c     *gin.Context
	lines *json.Encoder
	n     int
}

func (e *exporter) write(collection string, document any) error {
	if e.n%1000 == 0 {
		extendDeadline(e.c)
	}
	e.n++
	return e.lines.Encode(wire.ExportLine[any]{Collection: collection, Document: document})
}

// cliques writes cliques with their links, for which it reads some cliques at a time.
func (e *exporter) cliques(inv *store.Inventory, all store.Query) error {
	const atATime = 100
	for all.Limit = atATime; ; {
		cliques, err := inv.Cliques.Find(e.ctx, all)
		if err != nil {
			return err
		}
		if err := addLinks(e.ctx, inv, cliques); err != nil {
			return err
		}
		for _, clique := range cliques {
			if err := e.write("cliques", clique); err != nil {
				return err
			}
		}
		if len(cliques) < atATime {
			return nil
		}
		all.After = cliques[len(cliques)-1].ID
	}
}
