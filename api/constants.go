package api

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"calipso.io/calipso/api/wire"
	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/store"
)

func constantRoutes() []route {
	return []route{
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
	constant := *found
	if found.Name == "link_types" {
		made, err := s.DB.LinkTypes.Find(c.Request.Context(), store.Query{})
		if err != nil {
			return err
		}
		for _, lt := range made {
			constant.Data = append(slices.Clip(constant.Data), model.ConstantValue{Value: lt.Type, Label: lt.Type})
		}
	}
	id := model.DBID("constant", found.Name)
	c.JSON(http.StatusOK, wire.WholeConstant{DBID: id, ID: id, Constant: constant})
	return nil
}
