package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"

	"calipso.io/calipso/pkg/store"
)

// Find implements store.Driver.
func (d *driver) Find(ctx context.Context, spec store.Spec, query store.Query, each func(store.Record) error) error {
	if err := spec.Check(query, ""); err != nil {
		return err
	}
	selected := selection(spec, query)
	rows, err := d.query(ctx, fmt.Sprintf("SELECT %s, %s, %s%s FROM %s%s",
		colID, colGeneration, colVersion, contents(query), table(spec), selected.sql), selected.args...)
	if err != nil {
		return failure(ctx, err, "find in %s", spec.Name)
	}
	defer rows.Close()
	for ctx.Err() == nil && rows.Next() { // rows notice late that the context is done
		record, err := scan(rows, query.Only)
		if err != nil {
			return failure(ctx, err, "find in %s", spec.Name)
		}
		if err := each(record); err != nil {
			return err
		}
	}
	return failure(ctx, cmp.Or(rows.Err(), ctx.Err()), "find in %s", spec.Name)
}

// selection writes what a query selects, in its order. Where only some are wanted, these are found first, from an index alone
// where one has the order: SQLite would read and sort all of the documents with all of their text.
func selection(spec store.Spec, query store.Query) clause {
	sel, ord := where(query), order(query)
	all := clause{sel.sql + ord.sql, append(sel.args, ord.args...)}
	if query.Limit > 0 {
		all.sql = fmt.Sprintf(" WHERE rowid IN (SELECT rowid FROM %s%s)%s", table(spec), all.sql, order(store.Query{Sort: query.Sort}).sql)
	}
	return all
}

// contents are the columns that a query wants, beside those that say which document it is.
func contents(query store.Query) string {
	if query.Only == nil {
		return ", " + colDoc + ", " + colParts
	}
	var columns strings.Builder
	for _, f := range query.Only {
		columns.WriteString(", " + quote(string(f)))
	}
	return columns.String()
}

func scan(rows *sql.Rows, only []store.Field) (store.Record, error) {
	if only != nil {
		return scanFields(rows, only)
	}
	var r store.Record
	var doc, parts []byte
	if err := rows.Scan(&r.ID, &r.Generation, &r.Version, &doc, &parts); err != nil {
		return r, err
	}
	r.Doc = doc
	if string(parts) == noParts {
		return r, nil
	}
	if err := json.Unmarshal(parts, &r.Parts); err != nil {
		return r, fmt.Errorf("parts of %s: %w", r.ID, err)
	}
	return r, nil
}

func scanFields(rows *sql.Rows, only []store.Field) (r store.Record, err error) {
	values := make([]string, len(only))
	into := []any{&r.ID, &r.Generation, &r.Version}
	for i := range values {
		into = append(into, &values[i])
	}
	if err := rows.Scan(into...); err != nil {
		return r, err
	}
	r.Fields = make(map[store.Field]string, len(only))
	for i, f := range only {
		r.Fields[f] = values[i]
	}
	return r, nil
}

// Count implements store.Driver.
func (d *driver) Count(ctx context.Context, spec store.Spec, query store.Query, by store.Field) (map[string]int, error) {
	if err := spec.Check(query, by); err != nil {
		return nil, err
	}
	counts, err := d.count(ctx, spec, query, by)
	return counts, failure(ctx, err, "count %s", spec.Name)
}

func (d *driver) count(ctx context.Context, spec store.Spec, query store.Query, by store.Field) (map[string]int, error) {
	key, group := "''", ""
	if by != "" {
		key, group = quote(string(by)), " GROUP BY 1"
	}
	sel := where(store.Query{Where: query.Where})
	rows, err := d.query(ctx, fmt.Sprintf("SELECT %s, count(*) FROM %s%s%s", key, table(spec), sel.sql, group), sel.args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	counts := map[string]int{}
	for rows.Next() {
		var value string
		var n int
		if err := rows.Scan(&value, &n); err != nil {
			return nil, err
		}
		counts[value] = n
	}
	return counts, rows.Err()
}
