package lab_test

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"testing"

	_ "github.com/go-sql-driver/mysql"

	"calipso.io/calipso/integration/lab"
	"calipso.io/calipso/pkg/model"
)

// openSQL opens an environment's database.
func openSQL(t *testing.T, l *lab.Lab, options string) *sql.DB {
	t.Helper()
	db, err := sql.Open("mysql", fmt.Sprintf("scan:scan@tcp(%s)/%s", address(l, model.SectionMySQL), options))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// table reads the rows of a query as lines.
func table(db *sql.DB, query string, args ...any) (string, error) {
	rows, err := db.QueryContext(context.Background(), query, args...)
	if err != nil {
		return "", err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return "", err
	}
	var lines []string
	for rows.Next() {
		texts, into := make([]sql.NullString, len(columns)), make([]any, len(columns))
		for i := range texts {
			into[i] = &texts[i]
		}
		if err := rows.Scan(into...); err != nil {
			return "", err
		}
		var line []string
		for _, t := range texts {
			line = append(line, t.String)
		}
		lines = append(lines, strings.Join(line, " "))
	}
	return strings.Join(lines, "\n"), rows.Err()
}

func TestSQL(t *testing.T) {
	t.Parallel()
	db := openSQL(t, start(t, lab.EnvConfig{}), "")
	for _, c := range []struct {
		query string
		args  []any
		want  string
	}{
		{"SELECT host, ip_address, udp_port FROM neutron.ml2_vxlan_endpoints ORDER BY 1", nil, "node-1 10.78.0.11 4789\nnode-2 10.78.0.12 4789\nnode-3 10.78.0.13 4789"},
		{"SELECT ip_address FROM `neutron`.`ml2_vxlan_endpoints` WHERE host = ?", []any{"node-2"}, "10.78.0.12"},
		{"SELECT ip_address FROM neutron.ml2_gre_endpoints WHERE host = ?", []any{"node-2"}, ""},
		{"SELECT SCHEMA_NAME FROM INFORMATION_SCHEMA.SCHEMATA WHERE schema_name LIKE '%neutron%'", nil, "neutron"},
		{"SELECT NULL, table_name FROM information_schema.tables WHERE table_schema = ? AND table_name LIKE 'ml2%endpoints' ORDER BY 2", []any{"neutron"}, " ml2_geneve_endpoints\n ml2_gre_endpoints\n ml2_vxlan_endpoints"},
		{"SELECT a.name, h.host FROM nova_api.aggregates a JOIN nova_api.aggregate_hosts h ON h.aggregate_id = a.id", nil, "ssd-hosts node-3"},
		{"SHOW TABLES FROM nova_api", nil, "aggregate_hosts\naggregates"},
	} {
		if got, err := table(db, c.query, c.args...); err != nil || got != c.want {
			t.Errorf("%s\ngot  %q, %v\nwant %q", c.query, got, err, c.want)
		}
	}
	for query, want := range map[string]string{
		"SELECT * FROM neutron.nosuch": "Error 1146",
		"SELEKT":                       "Error 1064",
	} {
		if _, err := table(db, query); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: wanted %s, got %v", query, want, err)
		}
	}
}
