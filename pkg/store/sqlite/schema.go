package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"calipso.io/calipso/pkg/store"
)

// Columns that every table has, beside one for each field of the collection. No field begins with "_".
const (
	colID         = `"_id"`
	colGeneration = `"_generation"`
	colVersion    = `"_version"`
	colDoc        = `"_doc"`
	colParts      = `"_parts"` // a JSON object: name of the part -> the part
)

// Open makes the table, the columns that it lacks, and the indexes.
func (d *driver) Open(ctx context.Context, spec store.Spec) error {
	err := d.transaction(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, createTable(spec)); err != nil {
			return err
		}
		if err := addColumns(ctx, tx, spec); err != nil {
			return err
		}
		if spec.Followed {
			if _, err := tx.ExecContext(ctx, createVersionIndex(spec)); err != nil {
				return err
			}
		}
		for _, fields := range spec.Indexes {
			if _, err := tx.ExecContext(ctx, dropIndex(spec, fields)+createIndex(spec, fields)); err != nil {
				return err
			}
		}
		return nil
	})
	return failure(ctx, err, "make collection %s in %s", spec.Name, d.path)
}

func createTable(spec store.Spec) string {
	columns := []string{colID + " TEXT PRIMARY KEY NOT NULL", colGeneration + " INTEGER NOT NULL",
		colVersion + " INTEGER NOT NULL", colDoc + " TEXT NOT NULL", colParts + " TEXT NOT NULL"}
	for _, f := range spec.Fields {
		columns = append(columns, fieldColumn(f))
	}
	return fmt.Sprintf("CREATE TABLE IF NOT EXISTS %s (%s)", table(spec), strings.Join(columns, ", "))
}

// addColumns adds what a file that an earlier version made lacks. Documents have "" there until they are written again.
func addColumns(ctx context.Context, tx *sql.Tx, spec store.Spec) error {
	have, err := columnNames(ctx, tx, spec)
	if err != nil {
		return err
	}
	for _, f := range spec.Fields {
		if slices.Contains(have, string(f)) {
			continue
		}
		if _, err := tx.ExecContext(ctx, "ALTER TABLE "+table(spec)+" ADD COLUMN "+fieldColumn(f)); err != nil {
			return err
		}
	}
	return nil
}

func columnNames(ctx context.Context, tx *sql.Tx, spec store.Spec) ([]string, error) {
	rows, err := tx.QueryContext(ctx, "SELECT * FROM "+table(spec)+" LIMIT 0")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	return rows.Columns()
}

// createIndex makes an index that ends with the id, as the order of every query does: so documents need neither be read nor
// sorted to find those of a page.
func createIndex(spec store.Spec, fields []store.Field) string {
	columns := ""
	for _, f := range fields {
		columns += quote(string(f)) + ", "
	}
	return fmt.Sprintf("CREATE INDEX IF NOT EXISTS %s ON %s (%s)", quote(indexName(spec, fields)+"._id"), table(spec), columns+colID)
}

// dropIndex removes the index that an earlier version made in its place.
func dropIndex(spec store.Spec, fields []store.Field) string {
	return fmt.Sprintf("DROP INDEX IF EXISTS %s; ", quote(indexName(spec, fields)))
}

func indexName(spec store.Spec, fields []store.Field) string {
	name := tableName(spec)
	for _, f := range fields {
		name += "." + string(f)
	}
	return name
}

func createVersionIndex(spec store.Spec) string {
	return fmt.Sprintf("CREATE INDEX IF NOT EXISTS %s ON %s (%s)", quote(tableName(spec)+"._version"), table(spec), colVersion)
}

func fieldColumn(f store.Field) string { return quote(string(f)) + " TEXT NOT NULL DEFAULT ''" }

func table(spec store.Spec) string { return quote(tableName(spec)) }

// tableName marks upper-case letters, because SQLite takes names that differ in case for the same, and names that it
// reserves for itself. Collection names have no "^".
func tableName(spec store.Spec) string {
	var b strings.Builder
	if strings.HasPrefix(strings.ToLower(spec.Name), "sqlite_") {
		b.WriteByte('^')
	}
	for _, r := range spec.Name {
		if unicode.IsUpper(r) {
			b.WriteByte('^')
		}
		b.WriteRune(r)
	}
	return b.String()
}
