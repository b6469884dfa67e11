package store

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"unicode/utf8"
)

// Collection is a typed view of a driver's collection.
type Collection[T any] struct {
	driver Driver
	spec   Spec
	id     func(*T) string
	fields func(*T) map[Field]string
}

// Put writes the documents for the given generation: see Driver.Put. It returns how many were refused as too old.
func (c *Collection[T]) Put(ctx context.Context, generation int64, docs ...T) (refused int, err error) {
	encoding, stop := context.WithCancel(ctx)
	defer stop()
	for batch := range c.encode(encoding, generation, docs) {
		if batch.err != nil {
			return refused, batch.err
		}
		n, err := c.driver.Put(ctx, c.spec, batch.records)
		refused += n
		if err != nil {
			return refused, err
		}
	}
	return refused, ctx.Err()
}

// putBatch is how many documents are encoded and written at a time, so that few are in memory twice.
const putBatch = 1000

// encoded is a batch of documents as drivers take them.
type encoded struct {
	records []Record
	err     error
}

// encode encodes documents batch by batch, each while the one before it is written: of a large cloud's documents, both
// take about as long. It ends when the context does.
func (c *Collection[T]) encode(ctx context.Context, generation int64, docs []T) <-chan encoded {
	batches := make(chan encoded)
	go func() {
		defer close(batches)
		for batch := range slices.Chunk(docs, putBatch) {
			records, err := c.records(generation, batch)
			select {
			case batches <- encoded{records, err}:
			case <-ctx.Done():
				return
			}
		}
	}()
	return batches
}

// Insert writes the documents that don't exist yet, and returns how many these were.
func (c *Collection[T]) Insert(ctx context.Context, docs ...T) (inserted int, err error) {
	records, err := c.records(0, docs)
	if err != nil || len(records) == 0 {
		return 0, err
	}
	return c.driver.Insert(ctx, c.spec, records)
}

// Create writes a document that may not exist yet; if it does, the error has the code Conflict.
func (c *Collection[T]) Create(ctx context.Context, doc T) error {
	n, err := c.Insert(ctx, doc)
	if err == nil && n == 0 {
		err = c.spec.conflict(c.id(&doc))
	}
	return err
}

// PutPart sets one part of existing documents, by their ids; a nil value removes it, others must be JSON objects.
// See Driver.PutPart. Documents are read with the attributes of their parts laid over their own.
func (c *Collection[T]) PutPart(ctx context.Context, part string, generation int64, values map[string]any, touch bool) error {
	if len(values) == 0 {
		return nil
	}
	raw := make(map[string]json.RawMessage, len(values))
	for id, v := range values {
		data, err := json.Marshal(v)
		if err != nil {
			return fmt.Errorf("encode part %s of %s %s: %w", part, c.spec.Name, id, err)
		}
		if data[0] != '{' && string(data) != "null" {
			return Errorf(Invalid, "part %s of %s %s is not an object", part, c.spec.Name, id)
		}
		raw[text(id)] = data
	}
	return c.driver.PutPart(ctx, c.spec, part, generation, raw, touch)
}

// Get returns the document with the id, or an error with the code NotFound.
func (c *Collection[T]) Get(ctx context.Context, id string) (T, error) {
	var doc T
	record, err := c.get(ctx, id)
	if err == nil {
		err = decode(c.spec, record, nil, &doc)
	}
	return doc, err
}

// First returns the first document of the query, or an error with the code NotFound.
func (c *Collection[T]) First(ctx context.Context, q Query) (doc T, err error) {
	q.Limit = 1
	docs, err := c.Find(ctx, q)
	if err == nil && len(docs) == 0 {
		err = Errorf(NotFound, "%s: nothing found", c.spec.Name)
	}
	if err != nil {
		return doc, err
	}
	return docs[0], nil
}

// Find returns the documents that the query selects.
func (c *Collection[T]) Find(ctx context.Context, q Query) ([]T, error) {
	var docs []T
	err := c.Each(ctx, q, func(doc T) error {
		docs = append(docs, doc)
		return nil
	})
	return docs, err
}

// Each passes the documents that the query selects to a function, one after the other.
func (c *Collection[T]) Each(ctx context.Context, q Query, each func(T) error) error {
	return EachAs(ctx, c, q, each)
}

// FindAs returns the documents that a query selects, read as values of another type, which has some of their keys. Where few
// are needed that takes a fraction of the time.
func FindAs[E, T any](ctx context.Context, c *Collection[T], q Query) (docs []E, err error) {
	err = EachAs(ctx, c, q, func(doc E) error {
		docs = append(docs, doc)
		return nil
	})
	return docs, err
}

// EachAs is Each for documents that are read as values of another type: see FindAs.
func EachAs[E, T any](ctx context.Context, c *Collection[T], q Query, each func(E) error) error {
	q.Keys = keysOf[E, T]()
	return c.driver.Find(ctx, c.spec, q, func(r Record) error {
		var doc E
		if err := decode(c.spec, r, q.Keys, &doc); err != nil {
			return err
		}
		return each(doc)
	})
}

// EachBare is Each with documents as their writers wrote them: without the parts that others own, which are passed beside
// them.
func (c *Collection[T]) EachBare(ctx context.Context, q Query, each func(doc T, parts map[string]json.RawMessage) error) error {
	return c.driver.Find(ctx, c.spec, q, func(r Record) error {
		var doc T
		if err := unmarshal(r.Doc, &doc); err != nil {
			return fmt.Errorf("read %s %s: %w", c.spec.Name, r.ID, err)
		}
		return each(doc, r.Parts)
	})
}

// EachRecord passes what the query selects to a function: the ids, generations and versions of documents, and the values of
// the query's fields Only. It does not look into the documents.
func (c *Collection[T]) EachRecord(ctx context.Context, q Query, each func(Record) error) error {
	if q.Only == nil {
		q.Only = []Field{}
	}
	return c.driver.Find(ctx, c.spec, q, each)
}

// IDs returns the ids of the documents that the query selects. It does not look into the documents.
func (c *Collection[T]) IDs(ctx context.Context, q Query) ([]string, error) {
	var ids []string
	err := c.EachRecord(ctx, q, func(r Record) error {
		ids = append(ids, r.ID)
		return nil
	})
	return ids, err
}

// Count returns how many documents the conditions select.
func (c *Collection[T]) Count(ctx context.Context, conds ...Cond) (int, error) {
	n, err := c.driver.Count(ctx, c.spec, Where(conds...), "")
	return n[""], err
}

// CountBy returns how many documents the conditions select for each value of a field.
func (c *Collection[T]) CountBy(ctx context.Context, by Field, conds ...Cond) (map[string]int, error) {
	return c.driver.Count(ctx, c.spec, Where(conds...), by)
}

// Delete removes the documents that the conditions select, and returns how many these were.
func (c *Collection[T]) Delete(ctx context.Context, conds ...Cond) (int, error) {
	return c.driver.Delete(ctx, c.spec, Where(conds...))
}

// Update reads a document, changes it and writes it back, and does so again when somebody else wrote it meanwhile.
// The document is read and returned without its parts, which others own. When change returns an error nothing is
// written and Update returns that error.
func (c *Collection[T]) Update(ctx context.Context, id string, change func(*T) error) (doc T, err error) {
	for {
		stored, err := c.get(ctx, id)
		if err != nil {
			return doc, err
		}
		doc = *new(T)
		if err := unmarshal(stored.Doc, &doc); err != nil {
			return doc, fmt.Errorf("read %s %s: %w", c.spec.Name, id, err)
		}
		if err := change(&doc); err != nil {
			return doc, err
		}
		changed, err := c.record(stored.Generation, &doc)
		if err != nil {
			return doc, err
		}
		if changed.ID != stored.ID {
			return doc, Errorf(Invalid, "%s: the id of %q can't be changed", c.spec.Name, id)
		}
		changed.Version = stored.Version
		if err = c.driver.Replace(ctx, c.spec, changed); CodeOf(err) != Conflict {
			return doc, err
		}
	}
}

func (c *Collection[T]) get(ctx context.Context, id string) (record Record, err error) {
	found := false
	err = c.driver.Find(ctx, c.spec, Where(IDs(id)), func(r Record) error {
		record, found = r, true
		return nil
	})
	if err == nil && !found {
		err = c.spec.notFound(id)
	}
	return record, err
}

func (c *Collection[T]) records(generation int64, docs []T) ([]Record, error) {
	records := make([]Record, 0, len(docs))
	for i := range docs {
		r, err := c.record(generation, &docs[i])
		if err != nil {
			return nil, err
		}
		records = append(records, r)
	}
	return records, nil
}

func (c *Collection[T]) record(generation int64, doc *T) (Record, error) {
	id := c.id(doc)
	data, err := marshal(doc)
	if err != nil {
		return Record{}, fmt.Errorf("encode %s %s: %w", c.spec.Name, id, err)
	}
	fields := c.fields(doc)
	for f, value := range fields {
		fields[f] = text(value)
	}
	return Record{ID: text(id), Generation: generation, Fields: fields, Doc: data}, nil
}

// text makes a text what it is after a round trip through JSON, so that fields and documents agree: bytes that are no
// UTF-8 become U+FFFD.
func text(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	return string([]rune(s))
}

// decode reads a record's document, or only some of its keys, with its parts laid over it, in the order of their names.
func decode[E any](spec Spec, r Record, keys []string, doc *E) error {
	data := r.Doc
	for _, name := range slices.Sorted(maps.Keys(r.Parts)) {
		data = overlay(data, r.Parts[name])
	}
	if keys != nil {
		data = pluck(data, keys)
	}
	if err := unmarshal(data, doc); err != nil {
		return fmt.Errorf("read %s %s: %w", spec.Name, r.ID, err)
	}
	return nil
}

// marshal and unmarshal use a document's own methods where it has them: package json would go over the whole text once
// more before or after these, and half of the time that documents take is spent on their texts.
func marshal[T any](doc *T) ([]byte, error) {
	if own, ok := any(doc).(json.Marshaler); ok {
		return own.MarshalJSON()
	}
	return json.Marshal(doc)
}

func unmarshal[T any](data []byte, doc *T) error {
	if own, ok := any(doc).(json.Unmarshaler); ok {
		return own.UnmarshalJSON(data)
	}
	return json.Unmarshal(data, doc)
}

// overlay joins two JSON objects. Where both have a key, the second one's value comes last, which json.Unmarshal takes.
func overlay(doc, part json.RawMessage) json.RawMessage {
	head := bytes.TrimSuffix(bytes.TrimSpace(doc), []byte("}"))
	tail := bytes.TrimPrefix(bytes.TrimSpace(part), []byte("{"))
	joined := append(make(json.RawMessage, 0, len(head)+len(tail)+1), head...)
	if len(bytes.TrimSpace(head)) > 1 && len(bytes.TrimSpace(tail)) > 1 {
		joined = append(joined, ',')
	}
	return append(joined, tail...)
}
