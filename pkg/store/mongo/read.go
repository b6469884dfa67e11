package mongo

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"calipso.io/calipso/pkg/store"
)

// readBatch is how many documents one answer of the server holds.
const readBatch = 1000

// stored is a document as it is read.
type stored struct {
	ID         string        `bson:"_id"`
	Generation int64         `bson:"generation"`
	Version    int64         `bson:"version"`
	Doc        bson.RawValue `bson:"doc"`
	Parts      bson.Raw      `bson:"parts"`
}

// Find implements store.Driver.
func (d *driver) Find(ctx context.Context, spec store.Spec, query store.Query, each func(store.Record) error) error {
	if err := spec.Check(query, ""); err != nil {
		return err
	}
	opts := options.Find().SetSort(sort(query)).SetSkip(int64(query.Skip)).SetLimit(int64(query.Limit)).
		SetBatchSize(readBatch).SetProjection(bson.D{{Key: keyFields, Value: 0}})
	cursor, err := d.collection(spec).Find(ctx, filter(query, query.After), opts)
	if err != nil {
		return failure(ctx, err, "find in %s", spec.Name)
	}
	defer func() { _ = cursor.Close(context.WithoutCancel(ctx)) }()
	for ctx.Err() == nil && cursor.Next(ctx) { // Next does not look at the context while it has documents
		record, err := decode(cursor)
		if err != nil {
			return fmt.Errorf("find in %s: %w", spec.Name, err)
		}
		if err := each(record); err != nil {
			return err
		}
	}
	return failure(ctx, cmp.Or(cursor.Err(), ctx.Err()), "find in %s", spec.Name)
}

func decode(cursor *mongo.Cursor) (store.Record, error) {
	var s stored
	if err := cursor.Decode(&s); err != nil {
		return store.Record{}, err
	}
	doc, err := toJSON(s.Doc)
	if err != nil {
		return store.Record{}, fmt.Errorf("document %s: %w", s.ID, err)
	}
	parts, err := partsJSON(s.Parts)
	if err != nil {
		return store.Record{}, fmt.Errorf("parts of document %s: %w", s.ID, err)
	}
	return store.Record{ID: s.ID, Generation: s.Generation, Version: s.Version, Doc: doc, Parts: parts}, nil
}

func partsJSON(raw bson.Raw) (map[string]json.RawMessage, error) {
	elements, err := raw.Elements()
	if err != nil || len(elements) == 0 {
		return nil, nil //nolint:nilerr // no parts at all is an empty Raw, which is no valid one
	}
	parts := make(map[string]json.RawMessage, len(elements))
	for _, e := range elements {
		if parts[e.Key()], err = toJSON(e.Value()); err != nil {
			return nil, err
		}
	}
	return parts, nil
}

// Count implements store.Driver.
func (d *driver) Count(ctx context.Context, spec store.Spec, query store.Query, by store.Field) (map[string]int, error) {
	if err := spec.Check(query, by); err != nil {
		return nil, err
	}
	if by == "" {
		n, err := d.collection(spec).CountDocuments(ctx, filter(query, ""))
		return map[string]int{"": int(n)}, failure(ctx, err, "count %s", spec.Name)
	}
	counts, err := d.countBy(ctx, spec, query, by)
	return counts, failure(ctx, err, "count %s by %s", spec.Name, by)
}

func (d *driver) countBy(ctx context.Context, spec store.Spec, query store.Query, by store.Field) (map[string]int, error) {
	cursor, err := d.collection(spec).Aggregate(ctx, bson.A{
		bson.D{{Key: "$match", Value: filter(query, "")}},
		bson.D{{Key: "$group", Value: bson.D{{Key: "_id", Value: "$" + key(by)}, {Key: "n", Value: bson.D{{Key: "$sum", Value: 1}}}}}},
	})
	if err != nil {
		return nil, err
	}
	var groups []struct {
		Value string `bson:"_id"`
		N     int    `bson:"n"`
	}
	if err := cursor.All(ctx, &groups); err != nil {
		return nil, err
	}
	counts := make(map[string]int, len(groups))
	for _, g := range groups {
		counts[g.Value] += g.N
	}
	return counts, nil
}
