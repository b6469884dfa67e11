package api

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"

	"calipso.io/calipso/api/wire"
	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/store"
)

// deleteAlternate answers DELETE /inventory: what an alternate inventory has of an environment goes. The inventory that
// is there without being named stays: it follows the cloud.
func (s *server) deleteAlternate(c *gin.Context, q query) error {
	ctx := c.Request.Context()
	inv, environment, err := s.inventory(ctx, q)
	if err != nil {
		return err
	}
	if err := s.DB.MayEdit(environment); err != nil {
		return err
	}
	if inv.Name == store.DefaultInventory {
		return invalid("inventory", "only alternate inventories can be deleted, and this is the one that is used when none is named")
	}
	if err := s.checkIdle(ctx, environment, inv.Name); err != nil {
		return err
	}
	if err := s.deleteInventory(ctx, inv.Name, environment); err != nil {
		return err
	}
	c.JSON(http.StatusOK, wire.Done{Message: "inventory " + inv.Name + " has nothing of " + environment + " anymore"})
	return nil
}

// checkIdle is an error while a scan of the environment writes into the inventory, or waits to do so.
func (s *server) checkIdle(ctx context.Context, environment, inventory string) error {
	busy, err := s.DB.Scans.Find(ctx, store.Where(store.Is(store.Environment, environment), store.Is(store.Status, model.ScanPending, model.ScanRunning)))
	if err != nil {
		return err
	}
	for _, scan := range busy {
		if scan.Inventory == inventory {
			return store.Errorf(store.Conflict, "scan %s writes into inventory %s: wait until it has ended", scan.ID, inventory)
		}
	}
	return nil
}
