package api

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/store"
)

func constantRoutes() []route {
	return []route{
		{"GET", "/clique_constraints", login, params(text("focal_point_type").many()), (*server).listConstraints, doc{}},
		{"GET", "/constants", login, params(text("name").must()), (*server).getConstant, doc{}},
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
	c.JSON(http.StatusOK, gin.H{"_id": id, "id": id, "name": found.Name, "data": found.Data})
	return nil
}

// listConstraints answers GET /clique_constraints: by what cliques are bound. They are configured.
func (s *server) listConstraints(c *gin.Context, q query) error {
	type entry struct {
		ID string `json:"id"`
		model.CliqueConstraint
	}
	entries := []entry{}
	for _, constraint := range s.Constraints {
		if q.meets("focal_point_type", []string{constraint.FocalPointType}) {
			entries = append(entries, entry{model.DBID("clique_constraint", constraint.FocalPointType), constraint})
		}
	}
	c.JSON(http.StatusOK, gin.H{"clique_constraints": entries})
	return nil
}
