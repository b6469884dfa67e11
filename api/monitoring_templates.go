package api

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"calipso.io/calipso/pkg/monitor"
)

func templateRoutes() []route {
	return []route{
		{"GET", "/monitoring_config_templates", login,
			paged(documentID("id"), number("order", 1), oneOf("side", monitor.Sides()...), text("type").many()), (*server).listTemplates,
			doc{about: "What the configuration of monitoring servers and clients is made of; with an id, a whole template", answer: templateList{}}},
	}
}

// templateEntry is a template as lists show it.
type templateEntry struct {
	ID    string `json:"id"`
	Side  string `json:"side"`
	Type  string `json:"type"`
	Order int    `json:"order"`
}

type templateList struct {
	Templates []templateEntry `json:"monitoring_config_templates"`
}

// wholeTemplate is a template with all that is known of it.
type wholeTemplate struct {
	Entry string `json:"id"`
	monitor.Template
}

// listTemplates answers GET /monitoring_config_templates.
func (s *server) listTemplates(c *gin.Context, q query) error {
	list := templateList{Templates: []templateEntry{}}
	whole := []wholeTemplate{}
	for _, t := range s.Templates {
		if q.meets("id", []string{t.ID}) && (!q.has("order") || q.number("order", 0) == t.Order) && q.meets("side", []string{t.Side}) && q.meets("type", []string{t.Type}) {
			list.Templates = append(list.Templates, templateEntry{t.ID, t.Side, t.Type, t.Order})
			whole = append(whole, wholeTemplate{t.ID, t})
		}
	}
	if q.has("id") {
		return one(c, "template", q.text("id"), whole)
	}
	list.Templates = pageOf(q, list.Templates)
	c.JSON(http.StatusOK, list)
	return nil
}
