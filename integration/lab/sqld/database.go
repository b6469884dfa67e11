package sqld

import (
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"strings"

	_ "modernc.org/sqlite" // answers the queries
)

// table is a table with its rows; the columns are "name type".
type table struct {
	columns []string
	rows    [][]any
}

// schema holds tables by name.
type schema map[string]table

// database holds schemata in memory.
type database struct {
	*sql.DB
	schemata []string
}

// newDatabase makes a database with the given schemata, and information_schema to tell of them. Schemata without tables
// are only told of.
func newDatabase(schemata map[string]schema) (*database, error) {
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1) // each connection would have its own database in memory
	d := &database{DB: db, schemata: slices.Sorted(maps.Keys(schemata))}
	schemata["information_schema"] = d.describe(schemata)
	for name, tables := range schemata {
		if err := d.fill(name, tables); err != nil {
			d.Close()
			return nil, err
		}
	}
	return d, nil
}

func (d *database) has(schema string) bool { return slices.Contains(d.schemata, schema) }

// describe makes the information_schema.
func (d *database) describe(schemata map[string]schema) schema {
	all := table{columns: []string{"schema_name text"}, rows: [][]any{{"information_schema"}}}
	tables := table{columns: []string{"table_schema text", "table_name text"}}
	columns := table{columns: []string{"table_schema text", "table_name text", "column_name text", "data_type text"}}
	for _, s := range d.schemata {
		all.rows = append(all.rows, []any{s})
		for _, t := range slices.Sorted(maps.Keys(schemata[s])) {
			tables.rows = append(tables.rows, []any{s, t})
			for _, c := range schemata[s][t].columns {
				name, kind, _ := strings.Cut(c, " ")
				columns.rows = append(columns.rows, []any{s, t, name, kind})
			}
		}
	}
	return schema{"schemata": all, "tables": tables, "columns": columns}
}

func (d *database) fill(name string, tables schema) error {
	if len(tables) == 0 {
		return nil
	}
	if _, err := d.Exec(`ATTACH ':memory:' AS "` + name + `"`); err != nil {
		return fmt.Errorf("make schema %s: %w", name, err)
	}
	for tableName, t := range tables {
		full := name + "." + tableName
		if _, err := d.Exec("CREATE TABLE " + full + " (" + strings.Join(t.columns, ", ") + ")"); err != nil {
			return fmt.Errorf("make table %s: %w", full, err)
		}
		for _, row := range t.rows {
			insert := "INSERT INTO " + full + " VALUES (?" + strings.Repeat(", ?", len(row)-1) + ")"
			if _, err := d.Exec(insert, row...); err != nil {
				return fmt.Errorf("fill table %s: %w", full, err)
			}
		}
	}
	return nil
}

// query returns the names of the columns, and rows of texts and nils.
func (d *database) query(text string, args []any) ([]string, [][]any, error) {
	rows, err := d.Query(text, args...)
	if err != nil {
		return nil, nil, err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return nil, nil, err
	}
	var all [][]any
	for rows.Next() {
		texts := make([]sql.NullString, len(columns))
		into := make([]any, len(columns))
		for i := range texts {
			into[i] = &texts[i]
		}
		if err := rows.Scan(into...); err != nil {
			return nil, nil, err
		}
		row := make([]any, len(columns))
		for i, t := range texts {
			if t.Valid {
				row[i] = t.String
			}
		}
		all = append(all, row)
	}
	return columns, all, rows.Err()
}
