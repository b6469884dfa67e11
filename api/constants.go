package api

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"calipso.io/calipso/api/wire"
	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/store"
)

func constantRoutes() []route {
	return []route{
		{"GET", "/clique_constraints", login, params(text("focal_point_type").many()), (*server).listConstraints,
			doc{about: "List by what cliques are bound.", answer: wire.ConstraintList{}}},
		{"GET", "/constants", login, params(text("name").must()), (*server).getConstant,
			doc{about: "The values that something may have, by the name of the list.", answer: wire.WholeConstant{}}},
	}
}

// getConstant answers GET /constants: a list of values by its name.
func (s *server) getConstant(c *gin.Context, q query) error {
	found := s.Constants.Find(q.text("name"))
	if found == nil {
		var names []string
		for _, c := range s.Constants {
			names = append(names, c.Name)
		}
		return store.Errorf(store.NotFound, "there is no constant %s; there are %s", strconv.Quote(q.text("name")), strings.Join(names, ", "))
	}
	id := model.DBID("constant", found.Name)
	c.JSON(http.StatusOK, wire.WholeConstant{DBID: id, ID: id, Constant: *found})
	return nil
}

// listConstraints answers GET /clique_constraints: by what cliques are bound. They are configured.
func (s *server) listConstraints(c *gin.Context, q query) error {
	entries := []wire.ConstraintEntry{}
	for _, constraint := range s.Constraints {
		if q.meets("focal_point_type", []string{constraint.FocalPointType}) {
			entries = append(entries, wire.ConstraintEntry{ID: model.DBID("clique_constraint", constraint.FocalPointType), CliqueConstraint: constraint})
		}
	}
	c.JSON(http.StatusOK, wire.ConstraintList{Constraints: entries})
	return nil
}
