package sqlite

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"calipso.io/calipso/pkg/store"
)

func things() store.Spec {
	return store.Spec{Name: "things", Fields: []store.Field{store.Environment, store.Type, store.Name},
		Indexes: [][]store.Field{{store.Environment, store.Type, store.Name}}}
}

func opened(t *testing.T) *driver {
	t.Helper()
	d, err := open(filepath.Join(t.TempDir(), "calipso.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	if err := d.Open(t.Context(), things()); err != nil {
		t.Fatal(err)
	}
	return d
}

func texts(t *testing.T, db *sql.DB, query string, args ...any) (all []string) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query, args...)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			t.Fatal(err)
		}
		all = append(all, text)
	}
	return all
}

// TestPagesAreFoundInAnIndex says that neither documents are read nor anything is sorted to find what is on a page.
func TestPagesAreFoundInAnIndex(t *testing.T) {
	t.Parallel()
	d := opened(t)
	q := store.Query{Where: []store.Cond{store.Is(store.Environment, "e"), store.Is(store.Type, "x")}, Sort: []store.Order{{By: store.Name}}, Skip: 100, Limit: 10}
	sel, ord := where(q), order(q)
	rows, err := d.reader.QueryContext(t.Context(), "EXPLAIN QUERY PLAN SELECT rowid FROM "+table(things())+sel.sql+ord.sql, append(sel.args, ord.args...)...)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var id, parent, unused int
		var detail string
		if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(detail, "COVERING INDEX") {
			t.Errorf("the plan has %q, want a covering index alone", detail)
		}
	}
}

func TestIndexesOfEarlierVersionsGo(t *testing.T) {
	t.Parallel()
	d := opened(t)
	if _, err := d.writer.ExecContext(t.Context(), `DROP INDEX "things.environment.type.name._id";
		CREATE INDEX "things.environment.type.name" ON things (environment, type, name)`); err != nil {
		t.Fatal(err)
	}
	if err := d.Open(t.Context(), things()); err != nil {
		t.Fatal(err)
	}
	got := texts(t, d.reader, "SELECT name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL")
	if len(got) != 1 || got[0] != "things.environment.type.name._id" {
		t.Errorf("the indexes are %q, want the new one alone", got)
	}
}

// TestStatementsAreBounded asks in more ways than are kept.
func TestStatementsAreBounded(t *testing.T) {
	t.Parallel()
	d := opened(t)
	for i := range mostStatements + 20 {
		rows, err := d.query(t.Context(), fmt.Sprintf("SELECT %d + ?", i), i)
		if err != nil {
			t.Fatal(err)
		}
		var got int
		if !rows.Next() || rows.Scan(&got) != nil || got != 2*i {
			t.Errorf("the answer to %d is %d", i, got)
		}
		_ = rows.Close()
	}
	if n := len(d.statements.byText); n != mostStatements {
		t.Errorf("%d statements are kept, want %d", n, mostStatements)
	}
}
