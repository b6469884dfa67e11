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
	"calipso.io/calipso/pkg/topology"
)

func cliqueTypeRoutes() []route {
	return []route{
		{"GET", "/clique_types", login, cliqueTypeParams(), (*server).listCliqueTypes,
			doc{about: "List clique types, those that were made over the API first; with an id, that one.", answer: either{wire.CliqueTypeList{}, wire.CliqueTypeEntry{}}}},
		{"POST", "/clique_types", access(auth.ManageCliqueTypes), nil, (*server).createCliqueType,
			doc{about: "Make a clique type for an environment or for a configuration.", body: cliqueTypeDraft(), answer: wire.Done{}, status: http.StatusCreated}},
		{"PUT", "/clique_types/:id", access(auth.ManageCliqueTypes), nil, (*server).replaceCliqueType,
			doc{about: "Replace a clique type that was made over the API.", body: cliqueTypeDraft(), answer: wire.Done{}}},
		{"DELETE", "/clique_types/:id", access(auth.ManageCliqueTypes), nil, (*server).deleteCliqueType,
			doc{about: "Delete a clique type that was made over the API. Cliques stay as they are until the next scan.", answer: wire.Done{}}},
	}
}

func cliqueTypeParams() []param {
	return paged(documentID("id"), text("env_name"), text("name"), text("focal_point_type").many(), text("link_type").many(),
		text("distribution"), text("distribution_version"), text("mechanism_drivers").many(), text("type_drivers").many())
}

// listCliqueTypes answers GET /clique_types: those that were made over the API, then those that are configured.
func (s *server) listCliqueTypes(c *gin.Context, q query) error {
	if q.has("distribution_version") && !q.has("distribution") {
		return invalid("distribution_version", "it goes with distribution")
	}
	made, err := s.DB.CliqueTypes.Find(c.Request.Context(), store.Query{})
	if err != nil {
		return err
	}
	entries := []wire.CliqueTypeEntry{}
	for i, ct := range slices.Concat(made, s.CliqueTypes) {
		if q.matchesCliqueType(&ct) {
			entries = append(entries, wire.CliqueTypeEntry{CliqueType: ct, Key: ct.ID, Configured: i >= len(made)})
		}
	}
	if q.has("id") {
		if len(entries) == 0 {
			return store.Errorf(store.NotFound, "clique_types: there is no %q", q.text("id"))
		}
		c.JSON(http.StatusOK, entries[0])
		return nil
	}
	page := q.page()
	first := min(page.Skip, len(entries))
	if page.Past != nil {
		first = 1 + slices.IndexFunc(entries, func(e wire.CliqueTypeEntry) bool { return e.Key == page.Past.ID })
		if first == 0 {
			return invalid(cursorParam, "the clique type that the page before ended with is gone: begin again")
		}
	}
	entries = entries[first:min(first+page.Limit, len(entries))]
	c.JSON(http.StatusOK, wire.CliqueTypeList{CliqueTypes: entries, Page: next(q, page, entries, func(e *wire.CliqueTypeEntry) store.Place {
		return store.Place{ID: e.Key}
	})})
	return nil
}

// matchesCliqueType tells whether a clique type is as the parameters say: it must have all link types that are given.
func (q query) matchesCliqueType(ct *model.CliqueType) bool {
	for name, value := range map[string]string{"id": ct.ID, "env_name": ct.Environment, "name": ct.Name, "focal_point_type": ct.FocalPointType,
		"distribution": ct.Distribution, "distribution_version": ct.DistributionVersion, "type_drivers": ct.TypeDrivers} {
		if !q.meets(name, []string{value}) {
			return false
		}
	}
	has := func(lt string) bool { return slices.Contains(ct.LinkTypes, lt) }
	return q.meets("mechanism_drivers", ct.MechanismDrivers) && !slices.ContainsFunc(q.list("link_type"), func(lt string) bool { return !has(lt) })
}

// createCliqueType answers POST /clique_types.
func (s *server) createCliqueType(c *gin.Context, _ query) error {
	ct, err := s.readCliqueType(c)
	if err != nil {
		return err
	}
	if err := s.DB.CliqueTypes.Create(c.Request.Context(), ct); store.CodeOf(err) == store.Conflict {
		return store.Errorf(store.Conflict, "there is a clique type for %s of %s already: change that one, %s", ct.FocalPointType, purpose(&ct), ct.ID)
	} else if err != nil {
		return err
	}
	c.JSON(http.StatusCreated, wire.Done{ID: ct.ID, Message: "made clique type " + ct.Name + " of " + ct.FocalPointType})
	return nil
}

// replaceCliqueType answers PUT /clique_types/{id}.
func (s *server) replaceCliqueType(c *gin.Context, _ query) error {
	id := c.Param("id")
	ct, err := s.readCliqueType(c)
	if err != nil {
		return err
	}
	if made := ct.ID; made != id {
		return invalid("_id", "the body is about "+ct.FocalPointType+" of "+purpose(&ct)+", which has the id "+made+": that can't be changed")
	}
	_, err = s.DB.CliqueTypes.Update(c.Request.Context(), id, func(stored *model.CliqueType) error { *stored = ct; return nil })
	if err != nil {
		return s.configured(id, err)
	}
	c.JSON(http.StatusOK, wire.Done{ID: id, Message: "changed clique type " + ct.Name + " of " + ct.FocalPointType})
	return nil
}

// deleteCliqueType answers DELETE /clique_types/{id}. Cliques stay as they are until the next scan.
func (s *server) deleteCliqueType(c *gin.Context, _ query) error {
	id := c.Param("id")
	deleted, err := s.DB.CliqueTypes.Delete(c.Request.Context(), store.IDs(id))
	if err == nil && deleted == 0 {
		err = s.configured(id, store.Errorf(store.NotFound, "clique_types: there is no %q", id))
	}
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, wire.Done{ID: id, Message: "the clique type is deleted"})
	return nil
}

// configured says of a clique type that is configured, and therefore not found in the store, that it can't be changed.
func (s *server) configured(id string, err error) error {
	is := func(ct model.CliqueType) bool { return ct.ID == id }
	if store.CodeOf(err) == store.NotFound && slices.ContainsFunc(s.CliqueTypes, is) {
		return store.Errorf(store.Conflict, "clique type %s is configured: it can't be changed here; make one for the environment, which is used in its place", id)
	}
	return err
}

// readCliqueType checks the body, which must be for one environment or for a configuration.
func (s *server) readCliqueType(c *gin.Context) (ct model.CliqueType, err error) {
	if ct, err = decodeBody[model.CliqueType](c); err != nil {
		return ct, err
	}
	known, _, err := s.linkTypes(c.Request.Context())
	if err != nil {
		return ct, err
	}
	return ct, s.checkCliqueType(c.Request.Context(), &ct, known, nil)
}

// giveID gives a clique type the id that follows from the type of focal point and from what it is for.
func giveID(ct *model.CliqueType) error {
	id := model.DBID("made clique type", ct.FocalPointType, purpose(ct))
	if ct.ID != "" && ct.ID != id {
		return invalid("_id", "it follows from the rest, and is "+id)
	}
	ct.ID = id
	return nil
}

// checkCliqueType checks a clique type, which may be of known link types, and gives it its id. Beside the environments that there
// are, it may be for one that comes with it.
func (s *server) checkCliqueType(ctx context.Context, ct *model.CliqueType, known []model.LinkType, coming []string) error {
	byConfiguration := ct.Distribution != "" && ct.DistributionVersion != "" || len(ct.MechanismDrivers) > 0 || ct.TypeDrivers != ""
	switch {
	case ct.Name == "":
		return invalid("name", "this key is missing")
	case ct.FocalPointType == "":
		return invalid("focal_point_type", "this key is missing")
	case ct.DistributionVersion != "" && ct.Distribution == "":
		return invalid("distribution_version", "it goes with distribution")
	case (ct.Environment != "") == (byConfiguration || ct.Distribution != ""):
		return invalid("environment", "give either an environment or a configuration: distribution with distribution_version, mechanism_drivers, type_drivers")
	case ct.Environment == "" && !byConfiguration:
		return invalid("distribution_version", "a distribution goes with a version")
	case ct.Environment == topology.AnyEnvironment:
		return invalid("environment", "those for all environments are configured")
	case ct.Environment != "" && !slices.Contains(coming, ct.Environment):
		if err := s.checkNamed(ctx, "environment", ct.Environment); err != nil {
			return err
		}
	}
	for name, values := range map[string][]string{model.ConstantMechanismDrivers: ct.MechanismDrivers, model.ConstantTypeDrivers: {ct.TypeDrivers}} {
		for _, value := range values {
			if err := checkOneOf(value, s.Constants.Values(name)); err != nil && value != "" {
				return invalid(name, "must be "+err.Error()+", not "+value)
			}
		}
	}
	if err := topology.ValidateCliqueType(ct, known); err != nil {
		return invalid("link_types", strings.ReplaceAll(err.Error(), "\n", "; "))
	}
	return giveID(ct)
}

// purpose says in words what a clique type is for: the environment or, of its configuration, what weighs most.
func purpose(ct *model.CliqueType) string {
	switch {
	case ct.Environment != "":
		return "environment " + ct.Environment
	case ct.Distribution != "":
		return ct.Distribution + " " + ct.DistributionVersion
	case len(ct.MechanismDrivers) > 0:
		drivers := slices.Sorted(slices.Values(ct.MechanismDrivers))
		return strings.Join(drivers, ", ")
	}
	return ct.TypeDrivers
}
