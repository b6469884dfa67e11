package api

import (
	"errors"
	"net/http"
	"slices"
	"strconv"

	"github.com/gin-gonic/gin"

	"calipso.io/calipso/api/wire"
	"calipso.io/calipso/pkg/auth"
	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/store"
)

func environmentRoutes() []route {
	return []route{
		{"GET", "/environment_configs", login, environmentParams(), (*server).listEnvironments,
			doc{about: "List environments; with a name, the whole document, its secrets masked.", answer: either{wire.EnvironmentList{}, model.Environment{}}}},
		{"POST", "/environment_configs", login, params(flag("force")), (*server).createEnvironment,
			doc{about: "Register an environment. One that is not supported needs force.", body: environmentDraft(), answer: wire.Done{}, status: http.StatusCreated}},
		{"PUT", "/environment_configs/:name", login, params(flag("force")), (*server).replaceEnvironment,
			doc{about: "Replace an environment's document; masked secrets in it stand for those that are stored.", body: environmentDraft(), answer: wire.Done{}}},
		{"DELETE", "/environment_configs/:name", login, nil, (*server).deleteEnvironment,
			doc{about: "Delete an environment, and all that is known of it.", answer: wire.Done{}}},
	}
}

func environmentParams() []param {
	return paged(text("name"), text("distribution").many(), text("distribution_version").many(), text("mechanism_drivers").many(),
		text("type_drivers").many(), text("user").many(), flag("listen"), flag("scanned"), flag("monitoring_setup_done"),
		oneOf("operational", "stopped", "running", "error").many(), text("environment_type").many())
}

// listEnvironments answers GET /environment_configs: with a name the whole document with its secrets masked, else a list.
func (s *server) listEnvironments(c *gin.Context, q query) error {
	if q.has("name") {
		env, err := s.DB.Environments.Get(c.Request.Context(), q.text("name"))
		if err != nil {
			return err
		}
		c.JSON(http.StatusOK, auth.MaskEnvironment(&env))
		return nil
	}
	page := q.page()
	environments, err := pick(c.Request.Context(), s.DB.Environments, page, q.matchesEnvironment)
	if err != nil {
		return err
	}
	entries := make([]wire.EnvironmentEntry, 0, len(environments))
	for _, e := range environments {
		entries = append(entries, wire.EnvironmentEntry{Name: e.Name, EnvironmentType: e.Kind(), Distribution: e.Distribution,
			DistributionVersion: e.DistributionVersion, MechanismDrivers: e.MechanismDrivers, TypeDrivers: e.TypeDrivers,
			Operational: e.Operational, Scanned: e.Scanned, LastScanned: e.LastScanned})
	}
	c.JSON(http.StatusOK, wire.EnvironmentList{Environments: entries, Page: next(q, page, environments, func(e *model.Environment) store.Place {
		return store.Place{ID: e.Name}
	})})
	return nil
}

// matchesEnvironment tells whether an environment is as the parameters say. It must have all mechanism drivers that are
// given; of the others it must have one of the values that are given.
func (q query) matchesEnvironment(e *model.Environment) bool {
	for name, value := range map[string]string{
		"distribution": e.Distribution, "distribution_version": e.DistributionVersion, "type_drivers": e.TypeDrivers,
		"user": e.User, "operational": e.Operational, "environment_type": e.Kind(),
	} {
		if q.has(name) && !slices.Contains(q.list(name), value) {
			return false
		}
	}
	for name, value := range map[string]bool{"listen": e.Listen, "scanned": e.Scanned, "monitoring_setup_done": e.MonitoringSetupDone} {
		if q.has(name) && q.flag(name) != value {
			return false
		}
	}
	for _, driver := range q.list("mechanism_drivers") {
		if !slices.Contains(e.MechanismDrivers, driver) {
			return false
		}
	}
	return true
}

// createEnvironment answers POST /environment_configs: it registers an environment. One that is not supported needs force.
func (s *server) createEnvironment(c *gin.Context, q query) error {
	body, err := s.environmentBody(c)
	if err != nil {
		return err
	}
	env, err := s.admit(body, &model.Environment{}, q.flag("force"))
	if err != nil {
		return err
	}
	if env.Auth, err = s.authOf(env.Auth, nil); err != nil {
		return err
	}
	if err := s.DB.Environments.Create(c.Request.Context(), *env); err != nil {
		return err
	}
	c.JSON(http.StatusCreated, wire.Done{ID: env.Name, Message: "environment " + env.Name + " is registered"})
	return nil
}

// replaceEnvironment answers PUT /environment_configs/{name}: masked secrets stay what they were, and so does what only
// scans set.
func (s *server) replaceEnvironment(c *gin.Context, q query) error {
	name := c.Param("name")
	body, err := s.environmentBody(c)
	if err != nil {
		return err
	}
	if body.Name != name {
		return invalid("name", "it can't be changed: the environment is "+strconv.Quote(name))
	}
	_, err = s.DB.Environments.Update(c.Request.Context(), name, func(stored *model.Environment) error {
		env, err := s.admit(body, stored, q.flag("force"))
		if err != nil {
			return err
		}
		if env.Auth, err = s.authOf(env.Auth, stored.Auth); err != nil {
			return err
		}
		keepState(env, stored)
		*stored = *env
		return nil
	})
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, wire.Done{ID: name, Message: "environment " + name + " is changed"})
	return nil
}

// environmentBody reads an environment from the body; it is not validated yet.
func (s *server) environmentBody(c *gin.Context) (*model.Environment, error) {
	body, err := objectBody(c)
	if err != nil {
		return nil, err
	}
	env, err := model.ParseEnvironment(body, s.Constants)
	return env, wrongEnvironment(err)
}

// wrongEnvironment makes the error of an environment that can't be admitted; its field is the first that is wrong.
func wrongEnvironment(err error) error {
	if err == nil {
		return nil
	}
	wrong := store.Errorf(store.Invalid, "%w", err)
	if all := new(model.InvalidError); errors.As(err, &all) && len(all.Problems) > 0 {
		wrong.Field = all.Problems[0].Path
	}
	return wrong
}

// admit returns an environment as it is to be stored: masked secrets are those of the stored one, all is validated, it is
// supported unless that does not matter, and the secrets are encrypted.
func (s *server) admit(env, stored *model.Environment, force bool) (*model.Environment, error) {
	kept, err := auth.KeepSecrets(env, stored)
	if err == nil {
		err = model.ValidateEnvironment(kept, s.Constants)
	}
	if err != nil {
		return nil, wrongEnvironment(err)
	}
	if !force {
		if err := s.checkSupported(kept); err != nil {
			return nil, err
		}
	}
	return s.Sealer.SealEnvironment(kept), nil
}
