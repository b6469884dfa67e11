package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"slices"

	"github.com/gin-gonic/gin"

	"calipso.io/calipso/api/wire"
	"calipso.io/calipso/pkg/auth"
	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/store"
)

func importRoutes() []route {
	return []route{
		{"POST", "/import", login, params(flag("dry_run"), flag("force")), (*server).importAll,
			doc{about: "Import environments, link types, clique types and constraints. All is checked before anything is written.",
				body: wire.Import{LinkTypes: []model.LinkType{linkTypeDraft().document.(model.LinkType)}}, answer: wire.Imported{}}},
		{"POST", "/environment_configs/:name/export", access(auth.ManageUsers), nil, (*server).exportEnvironment,
			doc{about: "An environment with its secrets, encrypted with the key of the body: what an import takes.", body: wire.ExportKey{}, answer: model.Environment{}}},
	}
}

// What an import does with a document.
const (
	actionCreate  = "create"
	actionReplace = "replace"
	actionSame    = "same"
)

// importer checks what is imported, and collects what there is to be written.
type importer struct {
	*server
	ctx     context.Context
	force   bool
	changes []wire.ImportChange
	writes  []func() error
}

// importAll answers POST /import. Importing twice is the same as importing once.
func (s *server) importAll(c *gin.Context, q query) error {
	body, err := decodeBody[wire.Import](c)
	if err != nil {
		return err
	}
	i := &importer{server: s, ctx: c.Request.Context(), force: q.flag("force"), changes: []wire.ImportChange{}}
	if err := i.check(body); err != nil {
		return err
	}
	if !q.flag("dry_run") {
		for _, write := range i.writes {
			if err := write(); err != nil {
				return err
			}
		}
	}
	c.JSON(http.StatusOK, wire.Imported{Changes: i.changes, Written: !q.flag("dry_run")})
	return nil
}

// check goes through all documents, in the order in which they need each other.
func (i *importer) check(body wire.Import) error {
	var coming []string
	for n, doc := range body.Environments {
		name, err := i.environment(doc)
		if err != nil {
			return at("environments", n, err)
		}
		coming = append(coming, name)
	}
	known, _, err := i.linkTypes(i.ctx)
	if err != nil {
		return err
	}
	for n := range body.LinkTypes {
		if err := i.linkType(&body.LinkTypes[n]); err != nil {
			return at("link_types", n, err)
		}
	}
	known = slices.Concat(body.LinkTypes, known)
	for n := range body.CliqueTypes {
		if err := i.cliqueType(&body.CliqueTypes[n], known, coming); err != nil {
			return at("clique_types", n, err)
		}
	}
	for n := range body.CliqueConstraints {
		if err := i.constraint(&body.CliqueConstraints[n], coming); err != nil {
			return at("clique_constraints", n, err)
		}
	}
	return nil
}

// at says in which document something is wrong.
func at(list string, n int, err error) error {
	code := store.CodeOf(err)
	if code == "" || code == store.Unavailable {
		return err
	}
	return &store.Error{Code: code, Field: fmt.Sprintf("%s[%d]", list, n), Message: fmt.Sprintf("%s[%d]", list, n), Err: err}
}

func (i *importer) needs(role string) error {
	if i.user.Has(role) {
		return nil
	}
	return store.Errorf(store.Forbidden, "this takes the role %s", role)
}

// environment checks an environment, which is registered or takes the place of the one with its name.
func (i *importer) environment(doc map[string]any) (name string, err error) {
	data, err := json.Marshal(doc)
	if err != nil {
		return "", err
	}
	env, err := model.ParseEnvironment(data, i.Constants)
	if err != nil {
		return "", wrongEnvironment(err)
	}
	if !i.rights.CanEdit(env.Name) {
		return "", store.Errorf(store.Forbidden, "it takes the right edit-env for environment %q", env.Name)
	}
	stored, err := i.DB.Environments.Get(i.ctx, env.Name)
	isNew := store.CodeOf(err) == store.NotFound
	if err != nil && !isNew {
		return "", err
	}
	admitted, same, err := i.admitted(env, &stored)
	if err != nil {
		return "", err
	}
	i.plan("environments", env.Name, isNew, same, func() error {
		if isNew {
			return i.DB.Environments.Create(i.ctx, *admitted)
		}
		_, err := i.DB.Environments.Update(i.ctx, env.Name, func(now *model.Environment) error {
			replaced, _, err := i.admitted(env, now)
			if err == nil {
				*now = *replaced
			}
			return err
		})
		return err
	})
	return env.Name, nil
}

// admitted returns an environment as it is to be stored, and whether it is stored so already.
func (i *importer) admitted(env, stored *model.Environment) (admitted *model.Environment, same bool, err error) {
	if admitted, err = i.admit(env, stored, i.force); err != nil {
		return nil, false, err
	}
	if admitted.Auth, err = i.authOf(admitted.Auth, stored.Auth); err != nil {
		return nil, false, err
	}
	opened, err := i.Sealer.OpenEnvironment(admitted)
	if err != nil {
		return nil, false, store.Errorf(store.Invalid, "its secrets are encrypted with another key than this server's: import it with the key that it was exported with")
	}
	if stored.Name != "" {
		keepState(admitted, stored)
		keepState(opened, stored)
	}
	before, err := i.Sealer.OpenEnvironment(stored)
	return admitted, err == nil && reflect.DeepEqual(jsonOf(opened), jsonOf(before)), nil
}

// keepState keeps what only scans set.
func keepState(env, stored *model.Environment) {
	env.Scanned, env.LastScanned = stored.Scanned, stored.LastScanned
	env.Operational, env.OperationalReason = stored.Operational, stored.OperationalReason
	env.MonitoringSetupDone = stored.MonitoringSetupDone
}

func jsonOf(v any) string {
	text, _ := json.Marshal(v) // documents of the model can be written
	return string(text)
}

func (i *importer) linkType(lt *model.LinkType) error {
	if err := i.needs(auth.ManageLinkTypes); err != nil {
		return err
	}
	if err := i.checkLinkType(lt); err != nil {
		return err
	}
	if slices.ContainsFunc(i.LinkTypes, func(o model.LinkType) bool { return o.ID == lt.ID }) {
		return store.Errorf(store.Conflict, "link type %q is configured already", lt.Type)
	}
	return keep(i, "link_types", lt.Type, i.DB.LinkTypes, lt.ID, *lt)
}

func (i *importer) cliqueType(ct *model.CliqueType, known []model.LinkType, coming []string) error {
	if err := i.needs(auth.ManageCliqueTypes); err != nil {
		return err
	}
	if err := i.checkCliqueType(i.ctx, ct, known, coming); err != nil {
		return err
	}
	return keep(i, "clique_types", ct.FocalPointType+" of "+purpose(ct), i.DB.CliqueTypes, ct.ID, *ct)
}

func (i *importer) constraint(bound *model.CliqueConstraint, coming []string) error {
	if err := i.needs(auth.ManageCliqueConstraints); err != nil {
		return err
	}
	if err := i.checkConstraint(i.ctx, bound, coming); err != nil {
		return err
	}
	name := bound.FocalPointType
	if bound.Environment != "" {
		name += " of environment " + bound.Environment
	}
	return keep(i, "clique_constraints", name, i.DB.Constraints, bound.ID, *bound)
}

// keep plans to write a document under its id, over the one that may be there.
func keep[T any](i *importer, collection, name string, to *store.Collection[T], id string, doc T) error {
	stored, err := to.Get(i.ctx, id)
	isNew := store.CodeOf(err) == store.NotFound
	if err != nil && !isNew {
		return err
	}
	i.plan(collection, name, isNew, jsonOf(stored) == jsonOf(doc), func() error {
		if isNew {
			return to.Create(i.ctx, doc)
		}
		_, err := to.Update(i.ctx, id, func(now *T) error { *now = doc; return nil })
		return err
	})
	return nil
}

func (i *importer) plan(collection, name string, isNew, same bool, write func() error) {
	action := actionReplace
	switch {
	case isNew:
		action = actionCreate
	case same:
		action, write = actionSame, func() error { return nil }
	}
	i.changes = append(i.changes, wire.ImportChange{Collection: collection, Name: name, Action: action})
	i.writes = append(i.writes, write)
}

// exportEnvironment answers POST /environment_configs/{name}/export. Who changes an environment can't read its secrets, so this is
// for who manages users; and it is in the audit log, or it is not done.
func (s *server) exportEnvironment(c *gin.Context, _ query) error {
	ctx, name := c.Request.Context(), c.Param("name")
	body, err := decodeBody[wire.ExportKey](c)
	if err != nil {
		return err
	}
	if body.Key == "" {
		return invalid("key", "this key is missing")
	}
	key, err := auth.LoadKey("", body.Key)
	if err != nil {
		return invalid("key", "must be 32 bytes in base64 or hexadecimal, as `openssl rand -base64 32` prints")
	}
	sealer, err := auth.NewSealer(key)
	if err != nil {
		return err
	}
	stored, err := s.DB.Environments.Get(ctx, name)
	if err != nil {
		return err
	}
	if !s.rights.CanEdit(name) {
		return store.Errorf(store.Forbidden, "it takes the right edit-env for environment %q, too", name)
	}
	opened, err := s.Sealer.OpenEnvironment(&stored)
	if err != nil {
		return fmt.Errorf("open the secrets of environment %s: %w", name, err)
	}
	if err := auditOf(c).note(ctx, "exported the secrets of environment "+name+", encrypted with a key of the user's"); err != nil {
		return err
	}
	c.JSON(http.StatusOK, sealer.SealEnvironment(opened))
	return nil
}
