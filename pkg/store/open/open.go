// Package open opens the document store that an address names, with the driver for it.
package open

import (
	"context"
	"strings"

	"calipso.io/calipso/pkg/store"
	"calipso.io/calipso/pkg/store/mongo"
	"calipso.io/calipso/pkg/store/sqlite"
)

// Store opens the store at an address: "mongodb://host/database" or "mongodb+srv://…" for a MongoDB server,
// "sqlite:PATH" or just the path of a file, which is made if it does not exist, for the embedded database.
// The error has the code Invalid when the address is wrong, and Unavailable when there is no database to reach there.
func Store(ctx context.Context, address string) (*store.DB, error) {
	driver, err := open(ctx, address)
	if err != nil {
		return nil, err
	}
	db, err := store.NewDB(ctx, driver)
	if err != nil {
		_ = driver.Close()
		return nil, err
	}
	return db, nil
}

func open(ctx context.Context, address string) (store.Driver, error) {
	scheme, _, hasScheme := strings.Cut(address, "://")
	switch {
	case address == "":
		return nil, store.Errorf(store.Invalid, "the store's address is empty")
	case scheme == "mongodb" || scheme == "mongodb+srv":
		return mongo.Open(ctx, address)
	case hasScheme:
		return nil, store.Errorf(store.Invalid, "no store is known for %s:// (mongodb://, mongodb+srv:// or the path of a file)", scheme)
	}
	return sqlite.Open(ctx, strings.TrimPrefix(address, "sqlite:"))
}
