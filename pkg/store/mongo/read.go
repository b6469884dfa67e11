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

	Fields map[store.Field]string `bson:"f"` // where these alone are asked for
}

// Find implements store.Driver.
func (d *driver) Find(ctx context.Context, spec store.Spec, query store.Query, each func(store.Record) error) error {
	if err := spec.Check(query, ""); err != nil {
		return err
	}
	opts := options.Find().SetSort(sort(query)).SetSkip(int64(query.Skip)).SetLimit(int64(query.Limit)).
		SetBatchSize(readBatch).SetProjection(projection(query))
	cursor, err := d.collection(spec).Find(ctx, filter(query), opts)
	if err != nil {
		return failure(ctx, err, "find in %s", spec.Name)
	}
	defer func() { _ = cursor.Close(context.WithoutCancel(ctx)) }()
	for ctx.Err() == nil && cursor.Next(ctx) { // Next does not look at the context while it has documents
		record, err := decode(cursor, query.Only)
		if err != nil {
			return fmt.Errorf("find in %s: %w", spec.Name, err)
		}
		if err := each(record); err != nil {
			return err
		}
	}
	return failure(ctx, cmp.Or(cursor.Err(), ctx.Err()), "find in %s", spec.Name)
}

// projection says what is read of the documents.
func projection(query store.Query) bson.D {
	if query.Only == nil && query.Keys == nil {
		return bson.D{{Key: keyFields, Value: 0}}
	}
	wanted := bson.D{{Key: keyGeneration, Value: 1}, {Key: keyVersion, Value: 1}}
	if query.Only == nil {
		wanted = append(wanted, bson.E{Key: keyParts, Value: 1})
		for _, k := range query.Keys {
			wanted = append(wanted, bson.E{Key: keyDoc + "." + encodeKey(k), Value: 1})
		}
	}
	for _, f := range query.Only {
		wanted = append(wanted, bson.E{Key: key(f), Value: 1})
	}
	return wanted
}

func decode(cursor *mongo.Cursor, only []store.Field) (store.Record, error) {
	var s stored
	if err := cursor.Decode(&s); err != nil {
		return store.Record{}, err
	}
	if only != nil {
		return store.Record{ID: s.ID, Generation: s.Generation, Version: s.Version, Fields: s.fields(only)}, nil
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

// fields returns the values of fields; documents that were written before there was a field do not have it.
func (s *stored) fields(only []store.Field) map[store.Field]string {
	values := make(map[store.Field]string, len(only))
	for _, f := range only {
		values[f] = s.Fields[f]
	}
	return values
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
		n, err := d.collection(spec).CountDocuments(ctx, filter(store.Query{Where: query.Where}))
		return map[string]int{"": int(n)}, failure(ctx, err, "count %s", spec.Name)
	}
	counts, err := d.countBy(ctx, spec, query, by)
	return counts, failure(ctx, err, "count %s by %s", spec.Name, by)
}

func (d *driver) countBy(ctx context.Context, spec store.Spec, query store.Query, by store.Field) (map[string]int, error) {
	cursor, err := d.collection(spec).Aggregate(ctx, bson.A{
		bson.D{{Key: "$match", Value: filter(store.Query{Where: query.Where})}},
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
