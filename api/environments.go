package api

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"calipso.io/calipso/pkg/auth"
	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/store"
)

func environmentParams() []param {
	return paged(text("name"), text("distribution").many(), text("distribution_version").many(), text("mechanism_drivers").many(),
		text("type_drivers").many(), text("user").many(), flag("listen"), flag("scanned"), flag("monitoring_setup_done"),
		oneOf("operational", "stopped", "running", "error").many(), text("environment_type").many())
}

// environmentEntry is an environment as lists show it.
type environmentEntry struct {
	Name                string     `json:"name"`
	EnvironmentType     string     `json:"environment_type"`
	Distribution        string     `json:"distribution"`
	DistributionVersion string     `json:"distribution_version"`
	MechanismDrivers    []string   `json:"mechanism_drivers"`
	TypeDrivers         string     `json:"type_drivers"`
	Operational         string     `json:"operational"`
	Scanned             bool       `json:"scanned"`
	LastScanned         *time.Time `json:"last_scanned,omitempty"`
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
	environments, err := pick(c.Request.Context(), s.DB.Environments, q.page(), q.matchesEnvironment)
	if err != nil {
		return err
	}
	entries := make([]environmentEntry, 0, len(environments))
	for _, e := range environments {
		entries = append(entries, environmentEntry{Name: e.Name, EnvironmentType: e.Kind(), Distribution: e.Distribution,
			DistributionVersion: e.DistributionVersion, MechanismDrivers: e.MechanismDrivers, TypeDrivers: e.TypeDrivers,
			Operational: e.Operational, Scanned: e.Scanned, LastScanned: e.LastScanned})
	}
	c.JSON(http.StatusOK, gin.H{"environment_configs": entries})
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

// createEnvironment answers POST /environment_configs: it registers an environment.
func (s *server) createEnvironment(c *gin.Context, _ query) error {
	body, err := environmentBody(c)
	if err != nil {
		return err
	}
	env, err := s.admit(body, &model.Environment{})
	if err != nil {
		return err
	}
	if err := s.DB.Environments.Create(c.Request.Context(), *env); err != nil {
		return err
	}
	c.JSON(http.StatusCreated, gin.H{"id": env.Name, "message": "environment " + env.Name + " is registered"})
	return nil
}

// replaceEnvironment answers PUT /environment_configs/{name}: masked secrets stay what they were, and so does what only
// scans set.
func (s *server) replaceEnvironment(c *gin.Context, _ query) error {
	name := c.Param("name")
	body, err := environmentBody(c)
	if err != nil {
		return err
	}
	if body.Name != name {
		return invalid("name", "it can't be changed: the environment is "+strconv.Quote(name))
	}
	_, err = s.DB.Environments.Update(c.Request.Context(), name, func(stored *model.Environment) error {
		env, err := s.admit(body, stored)
		if err != nil {
			return err
		}
		env.Scanned, env.LastScanned = stored.Scanned, stored.LastScanned
		env.Operational, env.MonitoringSetupDone = stored.Operational, stored.MonitoringSetupDone
		*stored = *env
		return nil
	})
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, gin.H{"id": name, "message": "environment " + name + " is changed"})
	return nil
}

// environmentBody reads an environment from the body; it is not validated yet.
func environmentBody(c *gin.Context) (*model.Environment, error) {
	body, err := objectBody(c)
	if err != nil {
		return nil, err
	}
	env, err := model.ParseEnvironment(body)
	if err != nil {
		return nil, store.Errorf(store.Invalid, "%v", err)
	}
	return env, nil
}

// admit returns an environment as it is to be stored: masked secrets are those of the stored one, all is validated, and
// the secrets are encrypted.
func (s *server) admit(env, stored *model.Environment) (*model.Environment, error) {
	kept, err := auth.KeepSecrets(env, stored)
	if err == nil {
		err = model.ValidateEnvironment(kept)
	}
	if err != nil {
		return nil, store.Errorf(store.Invalid, "%v", err)
	}
	return s.Sealer.SealEnvironment(kept), nil
}

// deleteEnvironment answers DELETE /environment_configs/{name}: the environment goes, and all that is known of it.
func (s *server) deleteEnvironment(c *gin.Context, _ query) error {
	ctx, name := c.Request.Context(), c.Param("name")
	if _, err := s.DB.Environments.Get(ctx, name); err != nil {
		return err
	}
	inventories, err := s.inventoryNames(ctx, name)
	if err != nil {
		return err
	}
	if err := s.abortPending(ctx, name); err != nil {
		return err
	}
	for inventory := range inventories {
		if err := s.deleteInventory(ctx, inventory, name); err != nil {
			return err
		}
	}
	if err := s.deleteRest(ctx, name); err != nil {
		return err
	}
	c.JSON(http.StatusOK, gin.H{"id": name, "message": "environment " + name + " is deleted"})
	return nil
}

// abortPending sees to it that no scan of the environment begins; one that runs already is a conflict.
func (s *server) abortPending(ctx context.Context, environment string) error {
	scans, err := s.DB.Scans.Find(ctx, store.Where(store.Is(store.Environment, environment),
		store.Is(store.Status, model.ScanPending, model.ScanRunning)))
	if err != nil {
		return err
	}
	for _, scan := range scans {
		_, err := s.DB.Scans.Update(ctx, scan.ID, func(now *model.Scan) error {
			if now.Status == model.ScanRunning {
				return store.Errorf(store.Conflict, "environment %s is being scanned: wait until scan %s has ended", environment, now.ID)
			}
			now.Status = model.ScanAborted
			return nil
		})
		if err != nil && store.CodeOf(err) != store.NotFound {
			return err
		}
	}
	return nil
}

func (s *server) deleteInventory(ctx context.Context, inventory, environment string) error {
	inv, err := s.DB.Inventory(ctx, inventory)
	if err != nil {
		return err
	}
	its := store.Is(store.Environment, environment)
	if _, err := inv.Cliques.Delete(ctx, its); err != nil {
		return err
	}
	if _, err := inv.Links.Delete(ctx, its); err != nil {
		return err
	}
	_, err = inv.Objects.Delete(ctx, its)
	return err
}

// deleteRest removes what is not in an inventory. The environment itself is last: if this breaks off it can be repeated.
func (s *server) deleteRest(ctx context.Context, environment string) error {
	its := store.Is(store.Environment, environment)
	if _, err := s.DB.Steps.Delete(ctx, its); err != nil {
		return err
	}
	if _, err := s.DB.Scans.Delete(ctx, its); err != nil {
		return err
	}
	if _, err := s.DB.HostKeys.Delete(ctx, its); err != nil {
		return err
	}
	_, err := s.DB.Environments.Delete(ctx, store.IDs(environment))
	return err
}
