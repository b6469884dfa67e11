package api

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"calipso.io/calipso/api/wire"
	"calipso.io/calipso/pkg/monitor"
)

func templateRoutes() []route {
	return []route{
		{"GET", "/monitoring_config_templates", login,
			paged(documentID("id"), number("order", 1), oneOf("side", monitor.Sides()...), text("type").many()), (*server).listTemplates,
			doc{about: "What the configuration of monitoring servers and clients is made of; with an id, a whole template.", answer: either{wire.TemplateList{}, wire.WholeTemplate{}}}},
	}
}

// listTemplates answers GET /monitoring_config_templates.
func (s *server) listTemplates(c *gin.Context, q query) error {
	list := wire.TemplateList{Templates: []wire.TemplateEntry{}}
	whole := []wire.WholeTemplate{}
	for _, t := range s.Templates {
		if q.meets("id", []string{t.ID}) && (!q.has("order") || q.number("order", 0) == t.Order) && q.meets("side", []string{t.Side}) && q.meets("type", []string{t.Type}) {
			list.Templates = append(list.Templates, wire.TemplateEntry{ID: t.ID, Side: t.Side, Type: t.Type, Order: t.Order})
			whole = append(whole, wire.WholeTemplate{Key: t.ID, Template: t})
		}
	}
	if q.has("id") {
		return one(c, "template", q.text("id"), whole)
	}
	list.Templates = pageOf(q, list.Templates)
	c.JSON(http.StatusOK, list)
	return nil
}
