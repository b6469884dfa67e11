package api

import (
	"context"
	"sync"

	"calipso.io/calipso/pkg/search"
	"calipso.io/calipso/pkg/store"
)

// indexes are the indexes of the inventories that were searched in.
type indexes struct {
	mu      sync.Mutex
	byNames map[string]*search.Follower
}

// of returns the index of the inventory with a name, of the whole database.
func (x *indexes) of(ctx context.Context, db *store.DB, name string) (*search.Follower, error) {
	inv, err := db.Inventory(ctx, name)
	if err != nil {
		return nil, err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.byNames[inv.Name] == nil {
		x.byNames[inv.Name] = search.Follow(inv)
	}
	return x.byNames[inv.Name], nil
}
