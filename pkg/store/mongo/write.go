package mongo

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"calipso.io/calipso/pkg/store"
)

// Put implements store.Driver. A document of a later generation does not match the upsert's filter, so that the server
// tries to insert a second one with its id: a refused record is one with a duplicate key.
func (d *driver) Put(ctx context.Context, spec store.Spec, records []store.Record) (refused int, err error) {
	for chunk := range chunks(sorted(records)) {
		n, err := d.putChunk(ctx, spec, chunk)
		if err != nil {
			return 0, failure(ctx, err, "write %d documents to %s", len(records), spec.Name)
		}
		refused += n
	}
	return refused, nil
}

// putChunk writes again what was refused though no later generation wrote it: two writers made the document at once.
func (d *driver) putChunk(ctx context.Context, spec store.Spec, records []store.Record) (refused int, err error) {
	for len(records) > 0 {
		models := make([]mongo.WriteModel, len(records))
		for i, r := range records {
			if models[i], err = upsert(spec, r); err != nil {
				return 0, err
			}
		}
		duplicates, err := d.bulk(ctx, spec, models)
		if err != nil {
			return 0, err
		}
		again, err := d.notNewer(ctx, spec, pick(records, duplicates))
		if err != nil {
			return 0, err
		}
		refused += len(duplicates) - len(again)
		records = again
	}
	return refused, nil
}

func upsert(spec store.Spec, r store.Record) (mongo.WriteModel, error) {
	set, err := contents(spec, r)
	if err != nil {
		return nil, err
	}
	return mongo.NewUpdateOneModel().SetUpsert(true).SetFilter(fence(r.ID, r.Generation)).SetUpdate(bson.D{
		{Key: "$set", Value: set},
		{Key: "$unset", Value: bson.D{{Key: keyParts + ".stale", Value: ""}}},
	}), nil
}

// fence selects the document with the id unless a later generation wrote it.
func fence(id string, generation int64) bson.D {
	return bson.D{{Key: keyID, Value: id}, {Key: keyGeneration, Value: bson.D{{Key: "$lte", Value: generation}}}}
}

// notNewer returns the records whose document does not have a later generation than they.
func (d *driver) notNewer(ctx context.Context, spec store.Spec, records []store.Record) ([]store.Record, error) {
	if len(records) == 0 {
		return nil, nil
	}
	ids := make([]string, len(records))
	for i, r := range records {
		ids[i] = r.ID
	}
	generations, err := d.generations(ctx, spec, ids)
	return slices.DeleteFunc(records, func(r store.Record) bool { return generations[r.ID] > r.Generation }), err
}

func (d *driver) generations(ctx context.Context, spec store.Spec, ids []string) (map[string]int64, error) {
	cursor, err := d.collection(spec).Find(ctx, in(keyID, ids), options.Find().SetProjection(bson.D{{Key: keyGeneration, Value: 1}}))
	if err != nil {
		return nil, err
	}
	var found []stored
	if err := cursor.All(ctx, &found); err != nil {
		return nil, err
	}
	generations := make(map[string]int64, len(found))
	for _, s := range found {
		generations[s.ID] = s.Generation
	}
	return generations, nil
}

// PutPart implements store.Driver.
func (d *driver) PutPart(ctx context.Context, spec store.Spec, part string, generation int64, values map[string]json.RawMessage, touch bool) error {
	for chunk := range chunks(partRecords(generation, values)) {
		models := make([]mongo.WriteModel, len(chunk))
		for i, r := range chunk {
			update, err := partUpdate(part, r, touch)
			if err != nil {
				return err
			}
			models[i] = mongo.NewUpdateOneModel().SetFilter(fence(r.ID, generation)).SetUpdate(update)
		}
		if _, err := d.bulk(ctx, spec, models); err != nil {
			return failure(ctx, err, "write part %s of %d documents to %s", part, len(values), spec.Name)
		}
	}
	return nil
}

// partRecords makes each part a record of its own, to go through the same batches.
func partRecords(generation int64, values map[string]json.RawMessage) []store.Record {
	records := make([]store.Record, 0, len(values))
	for id, value := range values {
		records = append(records, store.Record{ID: id, Generation: generation, Doc: value})
	}
	return sorted(records)
}

func partUpdate(part string, r store.Record, touch bool) (bson.D, error) {
	value, err := fromJSON(r.Doc)
	if err != nil {
		return nil, fmt.Errorf("part %s of %s: %w", part, r.ID, err)
	}
	set := bson.D{{Key: keyVersion, Value: store.NewVersion()}}
	if touch {
		set = append(set, bson.E{Key: keyGeneration, Value: r.Generation})
	}
	if value == nil {
		return bson.D{{Key: "$set", Value: set}, {Key: "$unset", Value: bson.D{{Key: keyParts + "." + part, Value: ""}}}}, nil
	}
	return bson.D{{Key: "$set", Value: append(set, bson.E{Key: keyParts + "." + part, Value: value})}}, nil
}

// Insert implements store.Driver.
func (d *driver) Insert(ctx context.Context, spec store.Spec, records []store.Record) (inserted int, err error) {
	for chunk := range chunks(sorted(records)) {
		models := make([]mongo.WriteModel, len(chunk))
		for i, r := range chunk {
			if models[i], err = insert(spec, r); err != nil {
				return inserted, err
			}
		}
		duplicates, err := d.bulk(ctx, spec, models)
		if err != nil {
			return inserted, failure(ctx, err, "insert %d documents into %s", len(records), spec.Name)
		}
		inserted += len(chunk) - len(duplicates)
	}
	return inserted, nil
}

func insert(spec store.Spec, r store.Record) (mongo.WriteModel, error) {
	set, err := contents(spec, r)
	if err != nil {
		return nil, err
	}
	return mongo.NewInsertOneModel().SetDocument(append(bson.D{{Key: keyID, Value: r.ID}}, set...)), nil
}

// Replace implements store.Driver.
func (d *driver) Replace(ctx context.Context, spec store.Spec, record store.Record) error {
	changed, err := d.replace(ctx, spec, record)
	if err == nil && changed == 0 {
		return store.Errorf(store.Conflict, "%s: %q was changed meanwhile", spec.Name, record.ID)
	}
	return failure(ctx, err, "replace %s in %s", record.ID, spec.Name)
}

func (d *driver) replace(ctx context.Context, spec store.Spec, record store.Record) (changed int, err error) {
	if record.Version == 0 {
		return d.Insert(ctx, spec, []store.Record{record})
	}
	set, err := contents(spec, record)
	if err != nil {
		return 0, err
	}
	result, err := d.collection(spec).UpdateOne(ctx, bson.D{{Key: keyID, Value: record.ID}, {Key: keyVersion, Value: record.Version}},
		bson.D{{Key: "$set", Value: set}})
	if err != nil {
		return 0, err
	}
	return int(result.MatchedCount), nil
}

// Delete implements store.Driver.
func (d *driver) Delete(ctx context.Context, spec store.Spec, query store.Query) (int, error) {
	if err := spec.Check(query, ""); err != nil {
		return 0, err
	}
	result, err := d.collection(spec).DeleteMany(ctx, filter(store.Query{Where: query.Where}))
	if err != nil {
		return 0, failure(ctx, err, "delete from %s", spec.Name)
	}
	return int(result.DeletedCount), nil
}

// bulk makes the writes and returns the places of those that were refused because of a duplicate key.
func (d *driver) bulk(ctx context.Context, spec store.Spec, models []mongo.WriteModel) (duplicates []int, err error) {
	_, err = d.collection(spec).BulkWrite(ctx, models, options.BulkWrite().SetOrdered(false))
	var failed mongo.BulkWriteException
	if !errors.As(err, &failed) || failed.WriteConcernError != nil {
		return nil, err
	}
	for _, e := range failed.WriteErrors {
		if !mongo.IsDuplicateKeyError(e.WriteError) {
			return nil, err
		}
		duplicates = append(duplicates, e.Index)
	}
	return duplicates, nil
}

func pick(records []store.Record, places []int) []store.Record {
	picked := make([]store.Record, len(places))
	for i, place := range places {
		picked[i] = records[place]
	}
	return picked
}

// contents are the keys of a stored document that a writer of documents sets, but for the id.
func contents(spec store.Spec, r store.Record) (bson.D, error) {
	doc, err := fromJSON(r.Doc)
	if err != nil {
		return nil, fmt.Errorf("document %s: %w", r.ID, err)
	}
	fields := make(bson.D, len(spec.Fields))
	for i, f := range spec.Fields {
		fields[i] = bson.E{Key: string(f), Value: r.Fields[f]}
	}
	return bson.D{{Key: keyGeneration, Value: r.Generation}, {Key: keyVersion, Value: store.NewVersion()},
		{Key: keyFields, Value: fields}, {Key: keyDoc, Value: doc}}, nil
}

// sorted orders a copy by id: writers whose batches overlap then lock documents in the same order, where a server does.
func sorted(records []store.Record) []store.Record {
	return slices.SortedStableFunc(slices.Values(records), func(a, b store.Record) int { return cmp.Compare(a.ID, b.ID) })
}
