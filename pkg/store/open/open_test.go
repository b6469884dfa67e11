package open_test

import (
	"path/filepath"
	"strings"
	"testing"

	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/store"
	"calipso.io/calipso/pkg/store/open"
)

func TestStore(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "calipso.db")
	for i, address := range []string{path, "sqlite:" + path} {
		db, err := open.Store(t.Context(), address)
		if err != nil {
			t.Fatal(err)
		}
		if n, err := db.NextGeneration(t.Context(), "env"); err != nil || n != int64(i+1)*model.GenerationsPerScan {
			t.Errorf("%s: the generation is %d (%v), want the %d. one: it is one file", address, n, err, i+1)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestStoreAddresses(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]struct {
		code store.Code
		text string
	}{
		"":                               {store.Invalid, "empty"},
		"postgres://u:secret@db/calipso": {store.Invalid, "postgres://"},
		"mongodb://127.0.0.1:1/x?serverSelectionTimeoutMS=100": {store.Unavailable, "127.0.0.1:1"},
		"mongodb+srv://": {store.Invalid, "URI"},
		filepath.Join(t.TempDir(), "no", "such", "folder", "calipso.db"): {store.Unavailable, "no such file or directory"},
	} {
		_, err := open.Store(t.Context(), address)
		if store.CodeOf(err) != want.code || !strings.Contains(err.Error(), want.text) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: the error is %v, want one that is %s and says %q", address, err, want.code, want.text)
		}
	}
}
