package api

import (
	"context"
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"calipso.io/calipso/api/wire"
	"calipso.io/calipso/pkg/auth"
	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/store"
	"calipso.io/calipso/pkg/topology"
)

func constraintRoutes() []route {
	return []route{
		{"GET", "/clique_constraints", login, constraintParams(), (*server).listConstraints,
			doc{about: "By what cliques are bound, the constraints made over the API first; with an id, one of them.", answer: either{wire.ConstraintList{}, wire.ConstraintEntry{}}}},
		{"POST", "/clique_constraints", access(auth.ManageCliqueConstraints), nil, (*server).createConstraint,
			doc{about: "Bind the cliques of a type of focal point, in one environment or in all.", body: constraintDraft(), answer: wire.Done{}, status: http.StatusCreated}},
		{"PUT", "/clique_constraints/:id", access(auth.ManageCliqueConstraints), nil, (*server).replaceConstraint,
			doc{about: "Change by what cliques are bound.", body: constraintDraft(), answer: wire.Done{}}},
		{"DELETE", "/clique_constraints/:id", access(auth.ManageCliqueConstraints), nil, (*server).deleteConstraint,
			doc{about: "Delete a clique constraint: what is configured holds again.", answer: wire.Done{}}},
	}
}

func constraintParams() []param {
	return paged(documentID("id"), text("env_name"), text("focal_point_type").many(), text("constraint").many())
}

// listConstraints answers GET /clique_constraints: of one that is given several times, constraints must all be there.
func (s *server) listConstraints(c *gin.Context, q query) error {
	made, err := s.DB.Constraints.Find(c.Request.Context(), store.Query{})
	if err != nil {
		return err
	}
	list := wire.ConstraintList{Constraints: []wire.ConstraintEntry{}}
	for i, bound := range slices.Concat(made, s.Constraints) {
		lacks := func(wanted string) bool { return !slices.Contains(bound.Constraints, wanted) }
		if q.meets("id", []string{bound.ID}) && q.meets("env_name", []string{bound.Environment}) && q.meets("focal_point_type", []string{bound.FocalPointType}) &&
			!slices.ContainsFunc(q.list("constraint"), lacks) {
			list.Constraints = append(list.Constraints, wire.ConstraintEntry{Key: bound.ID, CliqueConstraint: bound, Configured: i >= len(made)})
		}
	}
	if q.has("id") {
		return one(c, "clique constraint", q.text("id"), list.Constraints)
	}
	list.Constraints = pageOf(q, list.Constraints)
	c.JSON(http.StatusOK, list)
	return nil
}

// createConstraint answers POST /clique_constraints. It stands in the place of what is configured for its type of focal point.
func (s *server) createConstraint(c *gin.Context, _ query) error {
	bound, err := s.readConstraint(c)
	if err != nil {
		return err
	}
	if err := s.DB.Constraints.Create(c.Request.Context(), bound); store.CodeOf(err) == store.Conflict {
		return store.Errorf(store.Conflict, "there is a clique constraint for %s already: change that one, %s", bound.FocalPointType, bound.ID)
	} else if err != nil {
		return err
	}
	c.JSON(http.StatusCreated, wire.Done{ID: bound.ID, Message: "made the clique constraint of " + bound.FocalPointType})
	return nil
}

// replaceConstraint answers PUT /clique_constraints/{id}.
func (s *server) replaceConstraint(c *gin.Context, _ query) error {
	id := c.Param("id")
	bound, err := s.readConstraint(c)
	if err != nil {
		return err
	}
	if bound.ID != id {
		return invalid("_id", "the body is about another type of focal point or environment: its id is "+bound.ID)
	}
	_, err = s.DB.Constraints.Update(c.Request.Context(), id, func(stored *model.CliqueConstraint) error { *stored = bound; return nil })
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, wire.Done{ID: id, Message: "changed the clique constraint of " + bound.FocalPointType})
	return nil
}

// deleteConstraint answers DELETE /clique_constraints/{id}. Cliques stay as they are until the next scan.
func (s *server) deleteConstraint(c *gin.Context, _ query) error {
	id := c.Param("id")
	deleted, err := s.DB.Constraints.Delete(c.Request.Context(), store.IDs(id))
	if err == nil && deleted == 0 {
		err = store.Errorf(store.NotFound, "there is no clique constraint %q that was made over the API", id)
	}
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, wire.Done{ID: id, Message: "the clique constraint is deleted"})
	return nil
}

func (s *server) readConstraint(c *gin.Context) (bound model.CliqueConstraint, err error) {
	if bound, err = decodeBody[model.CliqueConstraint](c); err != nil {
		return bound, err
	}
	return bound, s.checkConstraint(c.Request.Context(), &bound, nil)
}

// checkConstraint checks a clique constraint and gives it its id. Beside the environments that there are, it may be of one that
// comes with it.
func (s *server) checkConstraint(ctx context.Context, bound *model.CliqueConstraint, coming []string) error {
	known := slices.Compact(slices.Sorted(slices.Values(slices.Concat(model.ObjectTypes(), s.Constants.Values("object_types")))))
	if err := checkOneOf(bound.FocalPointType, known); err != nil {
		return invalid("focal_point_type", "must be a type of objects, "+err.Error()+", not \""+bound.FocalPointType+"\"")
	}
	if bound.Constraints == nil {
		return invalid("constraints", "this key is missing: give ["+topology.ConstraintNetwork+"], or [] for none")
	}
	for _, attribute := range bound.Constraints {
		if attribute != topology.ConstraintNetwork {
			return invalid("constraints", "must be "+topology.ConstraintNetwork+", which is all that cliques can be bound by, not \""+attribute+"\"")
		}
	}
	if bound.Environment != "" && !slices.Contains(coming, bound.Environment) {
		if err := s.checkNamed(ctx, "environment", bound.Environment); err != nil {
			return err
		}
	}
	id := model.CliqueConstraintID(bound.Environment, bound.FocalPointType)
	if bound.ID != "" && bound.ID != id {
		return invalid("_id", "it follows from the rest, and is "+id)
	}
	bound.ID = id
	return nil
}

// checkNamed returns an error about a key when there is no environment of the name that it has.
func (s *server) checkNamed(ctx context.Context, key, environment string) error {
	_, err := s.DB.Environments.Get(ctx, environment)
	if store.CodeOf(err) == store.NotFound {
		return invalid(key, "there is no environment \""+environment+"\"")
	}
	return err
}
