package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"calipso.io/calipso/pkg/store"
)

// batch is how many documents one transaction writes; between them other writers have their turn.
const batch = 1000

// noParts is the value of the column for parts of a document that has none.
const noParts = "{}"

// Put implements store.Driver.
func (d *driver) Put(ctx context.Context, spec store.Spec, records []store.Record) (refused int, err error) {
	written, err := d.write(ctx, spec, insertSQL(spec)+onConflictSQL(spec), records)
	if err != nil {
		return 0, failure(ctx, err, "write %d documents to %s", len(records), spec.Name)
	}
	return len(records) - written, nil
}

// Insert implements store.Driver.
func (d *driver) Insert(ctx context.Context, spec store.Spec, records []store.Record) (inserted int, err error) {
	inserted, err = d.write(ctx, spec, insertSQL(spec)+" ON CONFLICT DO NOTHING", records)
	return inserted, failure(ctx, err, "insert %d documents into %s", len(records), spec.Name)
}

// Replace implements store.Driver.
func (d *driver) Replace(ctx context.Context, spec store.Spec, record store.Record) error {
	var changed int
	var err error
	if record.Version == 0 {
		changed, err = d.write(ctx, spec, insertSQL(spec)+" ON CONFLICT DO NOTHING", []store.Record{record})
	} else {
		changed, err = d.exec(ctx, replaceSQL(spec), append(values(spec, record), record.ID, record.Version)...)
	}
	if err == nil && changed == 0 {
		return store.Errorf(store.Conflict, "%s: %q was changed meanwhile", spec.Name, record.ID)
	}
	return failure(ctx, err, "replace %s in %s", record.ID, spec.Name)
}

// PutPart implements store.Driver.
func (d *driver) PutPart(ctx context.Context, spec store.Spec, part string, generation int64, parts map[string]json.RawMessage, touch bool) error {
	for ids := range slices.Chunk(slices.Sorted(maps.Keys(parts)), batch) {
		err := d.transaction(ctx, func(tx *sql.Tx) error {
			return putParts(ctx, tx, putPartSQL(spec, touch), "$."+part, generation, ids, parts)
		})
		if err != nil {
			return failure(ctx, err, "write part %s of %d documents to %s", part, len(parts), spec.Name)
		}
	}
	return nil
}

func putParts(ctx context.Context, tx *sql.Tx, query, path string, generation int64, ids []string, parts map[string]json.RawMessage) error {
	statement, err := tx.PrepareContext(ctx, query)
	if err != nil {
		return err
	}
	defer statement.Close()
	for _, id := range ids {
		value := string(parts[id])
		if _, err := statement.ExecContext(ctx, value, path, generation, store.NewVersion(), id); err != nil {
			return fmt.Errorf("%s: %w", id, err)
		}
	}
	return nil
}

// Delete implements store.Driver.
func (d *driver) Delete(ctx context.Context, spec store.Spec, query store.Query) (int, error) {
	if err := spec.Check(query, ""); err != nil {
		return 0, err
	}
	sel := where(store.Query{Where: query.Where})
	n, err := d.exec(ctx, "DELETE FROM "+table(spec)+sel.sql, sel.args...)
	return n, failure(ctx, err, "delete from %s", spec.Name)
}

// write runs a statement for each record, and returns how many rows that changed.
func (d *driver) write(ctx context.Context, spec store.Spec, query string, records []store.Record) (changed int, err error) {
	for chunk := range slices.Chunk(records, batch) {
		err := d.transaction(ctx, func(tx *sql.Tx) error {
			n, err := writeChunk(ctx, tx, spec, query, chunk)
			changed += n
			return err
		})
		if err != nil {
			return 0, err
		}
	}
	return changed, nil
}

func writeChunk(ctx context.Context, tx *sql.Tx, spec store.Spec, query string, records []store.Record) (changed int, err error) {
	statement, err := tx.PrepareContext(ctx, query)
	if err != nil {
		return 0, err
	}
	defer statement.Close()
	for _, r := range records {
		result, err := statement.ExecContext(ctx, values(spec, r)...)
		if err != nil {
			return 0, fmt.Errorf("%s: %w", r.ID, err)
		}
		n, _ := result.RowsAffected()
		changed += int(n)
	}
	return changed, nil
}

func (d *driver) exec(ctx context.Context, query string, args ...any) (changed int, err error) {
	result, err := d.writer.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	n, err := result.RowsAffected()
	return int(n), err
}

func (d *driver) transaction(ctx context.Context, do func(*sql.Tx) error) error {
	tx, err := d.writer.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := do(tx); err != nil {
		_ = tx.Rollback()
		return err
	}
	return tx.Commit()
}

// values gives a record's values in the order of columns.
func values(spec store.Spec, r store.Record) []any {
	args := make([]any, 0, 6+len(spec.Fields))
	args = append(args, r.ID, r.Generation, store.NewVersion(), string(r.Doc))
	for _, f := range spec.Fields {
		args = append(args, r.Fields[f])
	}
	return args
}

// columns are those that a writer of documents sets, the id first.
func columns(spec store.Spec) []string {
	names := []string{colID, colGeneration, colVersion, colDoc}
	for _, f := range spec.Fields {
		names = append(names, quote(string(f)))
	}
	return names
}

func insertSQL(spec store.Spec) string {
	names := columns(spec)
	return fmt.Sprintf("INSERT INTO %s (%s, %s) VALUES (%s'%s')", table(spec), strings.Join(names, ", "), colParts,
		strings.Repeat("?, ", len(names)), noParts)
}

// onConflictSQL replaces the document unless a later generation wrote it, and says that it is not stale.
func onConflictSQL(spec store.Spec) string {
	var set []string
	for _, name := range columns(spec)[1:] {
		set = append(set, name+" = excluded."+name)
	}
	return fmt.Sprintf(" ON CONFLICT DO UPDATE SET %s, %s = json_remove(%s, '$.stale') WHERE %s <= excluded.%s",
		strings.Join(set, ", "), colParts, colParts, colGeneration, colGeneration)
}

func replaceSQL(spec store.Spec) string {
	return fmt.Sprintf("UPDATE %s SET %s = ? WHERE %s = ? AND %s = ?", table(spec), strings.Join(columns(spec), " = ?, "),
		colID, colVersion)
}

// putPartSQL has the placeholders: 1 the part, 2 its path, 3 the generation, 4 the version, 5 the id.
func putPartSQL(spec store.Spec, touch bool) string {
	generation := ""
	if touch {
		generation = colGeneration + " = ?3, "
	}
	return fmt.Sprintf("UPDATE %s SET %s%s = ?4, %s = iif(?1 = 'null', json_remove(%s, ?2), json_set(%s, ?2, json(?1))) WHERE %s = ?5 AND %s <= ?3",
		table(spec), generation, colVersion, colParts, colParts, colParts, colID, colGeneration)
}
