package api

import (
	"context"
	"crypto/rand"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"calipso.io/calipso/pkg/store/open"
)

// onBothStores runs a test with a server on each kind of store, whose environment lab has the small cloud. The one on a
// MongoDB is skipped without CALIPSO_TEST_MONGO_URI.
func onBothStores(t *testing.T, test func(t *testing.T, s *site)) {
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		s, _ := withCloud(t)
		test(t, s)
	})
	t.Run("mongo", func(t *testing.T) {
		t.Parallel()
		test(t, mongoSite(t))
	})
}

func mongoSite(t *testing.T) *site {
	t.Helper()
	text := os.Getenv("CALIPSO_TEST_MONGO_URI")
	if text == "" {
		t.Skip("CALIPSO_TEST_MONGO_URI does not name a server")
	}
	uri, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	name := "test_" + strings.ToLower(rand.Text())
	uri.Path = "/" + name
	db, err := open.Store(t.Context(), uri.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		db.Close()
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
		defer cancel()
		client, err := mongo.Connect(options.Client().ApplyURI(text))
		if err != nil {
			t.Error(err)
			return
		}
		defer client.Disconnect(ctx)
		if err := client.Database(name).Drop(ctx); err != nil {
			t.Error(err)
		}
	})
	s := newSiteOn(t, db)
	s.call("POST", "/environment_configs", environmentDoc).want(201)
	smallCloud("lab").put(t, db, "")
	return s
}
