// Package store keeps Calipso's documents. Two drivers do the same: mongo (MongoDB's wire protocol) and sqlite (one
// embedded file); a conformance suite that both pass says what "the same" is. Callers work with the typed collections
// of DB and with typed queries: they never write a driver's syntax, and what a user typed is only ever a value.
package store

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"time"
)

// Field is something that documents of a collection can be looked up by. Drivers index all of a collection's fields.
type Field string

// Fields. Their values are texts; an absent one is "".
const (
	Environment    Field = "environment"
	Type           Field = "type"
	ID             Field = "id"
	Name           Field = "name"
	ParentID       Field = "parent_id"
	ParentType     Field = "parent_type"
	IDPath         Field = "id_path"
	Host           Field = "host"
	Scope          Field = "scope"
	Fetcher        Field = "fetcher"
	LinkType       Field = "link_type"
	LinkName       Field = "link_name"
	Source         Field = "source"
	Target         Field = "target"
	SourceID       Field = "source_id"
	TargetID       Field = "target_id"
	State          Field = "state"
	FocalPoint     Field = "focal_point"
	FocalPointType Field = "focal_point_type"
	Status         Field = "status"
	ScanID         Field = "scan"
	Phase          Field = "phase"
	ObjectID       Field = "object_id"
	Submitted      Field = "submit_timestamp"
	Scheduled      Field = "scheduled_timestamp"
	Timestamp      Field = "timestamp"
	Received       Field = "received_timestamp"
	Level          Field = "level"
	SourceSystem   Field = "source_system"
	RelatedObject  Field = "related_object"
	RelatedType    Field = "related_object_type"
	OriginID       Field = "origin_id"
	Freq           Field = "freq"
	TokenOwner     Field = "owner"
	Expires        Field = "expires_at"
	Search         Field = "search"
	LastScanned    Field = "last_scanned"
	Username       Field = "user"
	Kind           Field = "kind"
	Result         Field = "result"
	Environments   Field = "environments"
)

// Spec declares a collection: its name and the fields that its documents can be looked up by.
type Spec struct {
	Name   string
	Noun   string // what people call one of its documents, if they have another word than the collection's name
	Owner  Ownership
	Fields []Field
	// Indexes lists the fields, or groups of fields, that are looked up together; each becomes an index.
	Indexes [][]Field
	// Followed says that somebody follows what changes in the collection: ChangedSince needs an index, too.
	Followed bool
}

// Record is a document as drivers see it.
type Record struct {
	ID         string           // unique in the collection
	Generation int64            // of the scan that wrote it; see Driver.Put
	Version    int64            // changes at every write of the document; see Driver.Replace
	Fields     map[Field]string // values of the fields of the collection's Spec; Find leaves them out, but see Query.Only
	Doc        json.RawMessage
	Parts      map[string]json.RawMessage // what others than the writer of Doc own; only PutPart writes them
}

// NewVersion returns a version for a write: the time, and a random number that tells writes of the same millisecond apart.
// So a document that was deleted and made anew is not taken for the old one, and later writes have greater versions, as far
// as the clocks of the machines agree.
func NewVersion() int64 { return time.Now().UnixMilli()<<versionBits | rand.Int64N(1<<versionBits) }

// versionBits are those of a version that are random: the rest tells the time in milliseconds.
const versionBits = 22

// VersionBefore returns a version that is less, by so much time, than the given one.
func VersionBefore(version int64, by time.Duration) int64 {
	return version - by.Milliseconds()<<versionBits
}

// Query selects documents. The zero Query selects all, ordered by id.
type Query struct {
	Where []Cond // all must hold
	Sort  []Order
	Skip  int
	Limit int    // 0: no limit
	After string // only documents whose id is greater; for paging through everything in the order of ids

	// Past, when set, leaves out what comes before a place in the query's order or is there; the order has at most one key.
	Past *Place

	// Only, when set, makes Find return the values of these fields, and no documents or parts: that is much less to read.
	Only []Field

	// Keys, when set, are the keys of documents that are needed: Find may leave out the others, but not the parts.
	Keys []string
}

// Place is a place in the order of a query.
type Place struct {
	Key string // value of the field that is sorted by; "" where there is none
	ID  string // of a document
}

// Order is one key of a sort. The document's id is always the last key, so the order is total.
type Order struct {
	By   Field
	Desc bool
}

// Driver is what a database has to do. Everything takes effect document by document: there are no transactions.
// All errors are *Error with the code Unavailable when the database can't be reached.
type Driver interface {
	// Open makes the collection and its indexes, if they don't exist.
	Open(ctx context.Context, spec Spec) error

	// Put writes each record: a document with that id is replaced, except for its Parts, unless its generation is
	// greater than the record's. The part "stale" is removed. It returns how many records were refused as too old.
	Put(ctx context.Context, spec Spec, records []Record) (refused int, err error)

	// PutPart replaces one part of documents that exist, leaving the rest alone; others are passed over. A null value
	// removes the part. A document whose generation is greater than the given one is left alone. When touch is true
	// the document's generation becomes the given one. A part's name consists of lower-case letters and "_".
	PutPart(ctx context.Context, spec Spec, part string, generation int64, values map[string]json.RawMessage, touch bool) error

	// Insert writes the records whose id does not exist yet, and returns how many these were.
	Insert(ctx context.Context, spec Spec, records []Record) (inserted int, err error)

	// Replace writes a record, and leaves its Parts, if the stored one still has the given Version (0: there is none
	// yet). Otherwise the error has the code Conflict.
	Replace(ctx context.Context, spec Spec, record Record) error

	// Find passes the selected records to each, in order, until it returns an error, which Find then returns.
	// The callback may use the store, and keep the record.
	Find(ctx context.Context, spec Spec, query Query, each func(Record) error) error

	// Count returns how many documents the query's conditions select, by the values of a field: {"": n} if by is "".
	// Like Delete it goes by Where alone.
	Count(ctx context.Context, spec Spec, query Query, by Field) (map[string]int, error)

	// Delete removes what the query's conditions select, and returns how many documents that were.
	Delete(ctx context.Context, spec Spec, query Query) (int, error)

	Ping(ctx context.Context) error
	Close() error
}
