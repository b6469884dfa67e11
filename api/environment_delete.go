package api

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"

	"calipso.io/calipso/api/wire"
	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/store"
)

// deleteEnvironment answers DELETE /environment_configs/{name}: the environment goes, and all that is known of it.
func (s *server) deleteEnvironment(c *gin.Context, _ query) error {
	ctx, name := c.Request.Context(), c.Param("name")
	if _, err := s.DB.Environments.Get(ctx, name); err != nil {
		return err
	}
	if err := s.DB.MayEdit(name); err != nil {
		return err
	}
	inventories, err := s.inventoryNames(ctx, name)
	if err != nil {
		return err
	}
	if err := s.abortPending(ctx, name); err != nil {
		return err
	}
	if _, err := s.DB.Schedules.Delete(ctx, store.Is(store.Environment, name)); err != nil {
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
	c.JSON(http.StatusOK, wire.Done{ID: name, Message: "environment " + name + " is deleted"})
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
	if _, err := s.DB.Messages.Delete(ctx, its); err != nil {
		return err
	}
	if _, err := s.DB.Events.Delete(ctx, its); err != nil {
		return err
	}
	if _, err := s.DB.HostKeys.Delete(ctx, its); err != nil {
		return err
	}
	if _, err := s.DB.CliqueTypes.Delete(ctx, its); err != nil {
		return err
	}
	if _, err := s.DB.Constraints.Delete(ctx, its); err != nil {
		return err
	}
	if _, err := s.DB.Tests.Delete(ctx, its); err != nil {
		return err
	}
	_, err := s.DB.Environments.Delete(ctx, store.IDs(environment))
	return err
}
