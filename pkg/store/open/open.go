// Package open opens the document store at an address.
package open

import (
	"context"
	"strings"

	"calipso.io/calipso/pkg/store"
	"calipso.io/calipso/pkg/store/mongo"
	"calipso.io/calipso/pkg/store/sqlite"
)

// Store opens the store at an address: "mongodb://…" or "mongodb+srv://…" is a MongoDB server, with the database's
// name as the path; anything else is the path of an SQLite file, with or without "sqlite:" before it. The error is a
// *store.Error.
func Store(ctx context.Context, address string) (*store.DB, error) {
	driver, err := openDriver(ctx, address)
	if err != nil {
		return nil, err
	}
	db, err := store.NewDB(ctx, driver)
	if err != nil {
		driver.Close()
	}
	return db, err
}

func openDriver(ctx context.Context, address string) (store.Driver, error) {
	if strings.HasPrefix(address, "mongodb://") || strings.HasPrefix(address, "mongodb+srv://") {
		return mongo.Open(ctx, address)
	}
	return sqlite.Open(ctx, strings.TrimPrefix(address, "sqlite:"))
}
