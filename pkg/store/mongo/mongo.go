// Package mongo keeps documents in MongoDB or in another server that speaks its wire protocol. It uses only what
// MongoDB and FerretDB both do: no transactions, change streams, collations, or conditions in JavaScript.
package mongo

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"calipso.io/calipso/pkg/store"
)

// Limits that the URI may change, with the options serverSelectionTimeoutMS and timeoutMS.
const (
	selectionTimeout = 5 * time.Second // to find a server that answers
	requestTimeout   = time.Minute     // for one request, where the caller sets no limit
)

// defaultDatabase is the database when the URI names none.
const defaultDatabase = "calipso"

type driver struct {
	client   *mongo.Client
	database *mongo.Database
}

// Open connects to the server of a URI "mongodb://…" or "mongodb+srv://…"; the URI's path is the name of the database.
// The error has the code Unavailable when no server answers within five seconds, and Invalid when the URI is wrong.
func Open(ctx context.Context, uri string) (store.Driver, error) {
	name, err := databaseName(uri)
	if err != nil {
		return nil, err
	}
	client, err := mongo.Connect(options.Client().SetServerSelectionTimeout(selectionTimeout).
		SetTimeout(requestTimeout).SetAppName("calipso").ApplyURI(uri))
	if err != nil {
		return nil, &store.Error{Code: store.Invalid, Message: "the database's URI", Err: err}
	}
	d := &driver{client: client, database: client.Database(name)}
	if err := d.Ping(ctx); err != nil {
		_ = d.Close()
		return nil, err
	}
	return d, nil
}

// databaseName takes the name from the URI by hand: several hosts make it one that net/url does not read.
func databaseName(uri string) (string, error) {
	_, rest, _ := strings.Cut(uri, "://")
	rest, _, _ = strings.Cut(rest, "?")
	_, path, _ := strings.Cut(rest, "/")
	name, err := url.PathUnescape(path)
	if strings.Contains(path, "@") {
		// It is the rest of a password, which a message must not show.
		return "", store.Errorf(store.Invalid, "the database's URI has a \"/\" in its user or password: write %%2F")
	}
	if err != nil || strings.ContainsAny(name, "/\\. \"$\x00") {
		return "", store.Errorf(store.Invalid, "%q is not the name of a database", path)
	}
	if name == "" {
		return defaultDatabase, nil
	}
	return name, nil
}

// Open makes the collection's indexes; the server makes the collection with them, or with its first document.
func (d *driver) Open(ctx context.Context, spec store.Spec) error {
	var models []mongo.IndexModel
	for _, fields := range spec.Indexes {
		keys := bson.D{}
		for _, f := range fields {
			keys = append(keys, bson.E{Key: key(f), Value: 1})
		}
		models = append(models, mongo.IndexModel{Keys: keys})
	}
	if spec.Followed {
		models = append(models, mongo.IndexModel{Keys: bson.D{{Key: keyVersion, Value: 1}}})
	}
	if len(models) == 0 {
		return nil
	}
	_, err := d.collection(spec).Indexes().CreateMany(ctx, models)
	return failure(ctx, err, "make the indexes of %s", spec.Name)
}

// Ping asks the server for an answer.
func (d *driver) Ping(ctx context.Context) error {
	return failure(ctx, d.client.Ping(ctx, nil), "reach the database")
}

// Close ends all connections.
func (d *driver) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), selectionTimeout)
	defer cancel()
	if err := d.client.Disconnect(ctx); err != nil {
		return fmt.Errorf("disconnect from the database: %w", err)
	}
	return nil
}

func (d *driver) collection(spec store.Spec) *mongo.Collection {
	return d.database.Collection(spec.Name)
}
