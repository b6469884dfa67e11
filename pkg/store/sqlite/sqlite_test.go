package sqlite_test

import (
	"path/filepath"
	"testing"

	"calipso.io/calipso/pkg/store"
	"calipso.io/calipso/pkg/store/sqlite"
	"calipso.io/calipso/pkg/store/storetest"
)

func open(t testing.TB, path string) store.Driver {
	t.Helper()
	d, err := sqlite.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

func TestConformance(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) store.Driver { return open(t, filepath.Join(t.TempDir(), "calipso.db")) })
}

func BenchmarkDriver(b *testing.B) {
	storetest.Benchmark(b, func(b *testing.B) store.Driver { return open(b, filepath.Join(b.TempDir(), "calipso.db")) })
}
