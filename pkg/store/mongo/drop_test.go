package mongo_test

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// dropDatabase removes a test's database: with a client of its own, since the driver has no such function.
func dropDatabase(t testing.TB, text string) {
	t.Helper()
	uri, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	client, err := mongo.Connect(options.Client().ApplyURI(text))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Disconnect(context.Background()) }()
	if err := client.Database(strings.TrimPrefix(uri.Path, "/")).Drop(context.Background()); err != nil {
		t.Errorf("drop the test's database: %v", err)
	}
}
