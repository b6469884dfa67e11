package api

import (
	"context"

	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/store"
)

// inventory opens the inventory that the parameters env_name and inventory name, and returns it with the environment.
// Reading makes no new inventories: one beside the default must have been scanned into.
func (s *server) inventory(ctx context.Context, q query) (*store.Inventory, string, error) {
	environment, name := q.text("env_name"), q.text("inventory")
	if err := s.checkEnvironment(ctx, environment); err != nil {
		return nil, "", err
	}
	if name == "" {
		name = store.DefaultInventory
	}
	key := [2]string{environment, name}
	if _, known := s.inventories.Load(key); !known {
		if err := s.checkInventory(ctx, environment, name); err != nil {
			return nil, "", err
		}
		s.inventories.Store(key, true)
	}
	inv, err := s.DB.Inventory(ctx, name)
	return inv, environment, err
}

// checkEnvironment returns an error that names the parameter env_name when there is no such environment.
func (s *server) checkEnvironment(ctx context.Context, name string) error {
	there, err := s.DB.Environments.IDs(ctx, store.Where(store.IDs(name)))
	if err == nil && len(there) == 0 {
		return invalid("env_name", "there is no environment \""+name+"\"")
	}
	return err
}

func (s *server) checkInventory(ctx context.Context, environment, name string) error {
	if name == store.DefaultInventory {
		return nil
	}
	names, err := s.inventoryNames(ctx, environment)
	if err == nil && !names[name] {
		err = invalid("inventory", "nothing of "+environment+" was scanned into an inventory \""+name+"\"")
	}
	return err
}

// inventoryNames returns the inventories that an environment was scanned or imported into, and the default one. The value is
// false of those that only an import was begun into.
func (s *server) inventoryNames(ctx context.Context, environment string) (map[string]bool, error) {
	names := map[string]bool{store.DefaultInventory: true}
	err := s.DB.Scans.Each(ctx, store.Where(store.Is(store.Environment, environment)), func(scan model.Scan) error {
		names[scan.Inventory] = names[scan.Inventory] || scan.OriginType != model.OriginImport || scan.Status == model.ScanCompleted
		return nil
	})
	return names, err
}
