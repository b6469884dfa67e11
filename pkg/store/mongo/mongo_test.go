package mongo_test

import (
	"crypto/rand"
	"net/url"
	"os"
	"testing"

	"calipso.io/calipso/pkg/store"
	"calipso.io/calipso/pkg/store/mongo"
	"calipso.io/calipso/pkg/store/storetest"
)

// testURI returns the URI of a database of the test's own, on the server that CALIPSO_TEST_MONGO_URI names.
func testURI(t testing.TB) string {
	t.Helper()
	text := os.Getenv("CALIPSO_TEST_MONGO_URI")
	if text == "" {
		t.Skip("CALIPSO_TEST_MONGO_URI is not set: no MongoDB to test with")
	}
	uri, err := url.Parse(text)
	if err != nil {
		t.Fatalf("CALIPSO_TEST_MONGO_URI: %v", err)
	}
	uri.Path = "/calipso_test_" + rand.Text()
	return uri.String()
}

// open connects to a database of the test's own, which goes when the test ends.
func open(t testing.TB) store.Driver {
	t.Helper()
	uri := testURI(t)
	d, err := mongo.Open(t.Context(), uri)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = d.Close()
		dropDatabase(t, uri)
	})
	return d
}

func TestConformance(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) store.Driver { return open(t) })
}

func BenchmarkDriver(b *testing.B) {
	storetest.Benchmark(b, func(b *testing.B) store.Driver { return open(b) })
}
