package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// Endpoint is one end of a cloud's tunnels.
type Endpoint struct {
	Type      string // of the tunnel: vxlan, gre, geneve
	Host      string // as Neutron names it; "" in clouds of before 2014, which knew only the address
	IPAddress string
	UDPPort   int // 0 for tunnels that have none
}

// schemata lists all schemata, and with those that may be Neutron's the columns of its endpoint tables.
const schemata = `SELECT s.schema_name, c.table_name, c.column_name
FROM information_schema.schemata s
LEFT JOIN information_schema.columns c
ON c.table_schema = s.schema_name AND (s.schema_name LIKE '%neutron%' OR s.schema_name LIKE '%quantum%') AND c.table_name LIKE 'ml2%endpoints'`

// columns are the columns of a schema's endpoint tables, by table.
type columns map[string][]string

func (c *Client) endpoints(ctx context.Context, db *sql.DB) ([]Endpoint, error) {
	schema, tables, err := c.schema(ctx, db)
	if err != nil {
		return nil, err
	}
	return c.rows(ctx, db, schema, tables)
}

// schema looks for Neutron's schema, and for its tables of endpoints.
func (c *Client) schema(ctx context.Context, db *sql.DB) (string, columns, error) {
	found := map[string]columns{}
	err := c.query(ctx, db, schemata, func(rows *sql.Rows) error {
		var schema string
		var table, column sql.NullString
		if err := rows.Scan(&schema, &table, &column); err != nil {
			return err
		}
		if found[schema] == nil {
			found[schema] = columns{}
		}
		if table.Valid {
			found[schema][table.String] = append(found[schema][table.String], strings.ToLower(column.String))
		}
		return nil
	})
	if err != nil {
		return "", nil, fmt.Errorf("look for Neutron's schema: %w", err)
	}
	schema, err := c.neutron(slices.Sorted(maps.Keys(found)))
	return schema, found[schema], err
}

// neutron picks the schema of Neutron, which was called Quantum at first: the configured one if it looks like it, else the only one that does.
func (c *Client) neutron(schemata []string) (string, error) {
	var candidates []string
	for _, name := range schemata {
		if lower := strings.ToLower(name); strings.Contains(lower, "neutron") || strings.Contains(lower, "quantum") {
			candidates = append(candidates, name)
		}
	}
	switch {
	case slices.Contains(candidates, c.cfg.Schema):
		return c.cfg.Schema, nil
	case len(candidates) == 1:
		return candidates[0], nil
	case len(candidates) > 1:
		return "", fmt.Errorf("several schemata may be Neutron's: %s: name the right one as schema of the mysql section", strings.Join(candidates, ", "))
	case len(schemata) == 0:
		return "", errors.New("user " + c.cfg.User + " sees no schema at all")
	}
	return "", fmt.Errorf("no schema that user %s sees has neutron in its name; there are %s", c.cfg.User, strings.Join(schemata, ", "))
}

var endpointTable = regexp.MustCompile(`^ml2_([a-z0-9]+)_endpoints$`)

// rows reads all endpoint tables of a schema in one query.
func (c *Client) rows(ctx context.Context, db *sql.DB, schema string, tables columns) ([]Endpoint, error) {
	var selects []string
	for _, table := range slices.Sorted(maps.Keys(tables)) {
		if match := endpointTable.FindStringSubmatch(table); match != nil && slices.Contains(tables[table], "ip_address") {
			selects = append(selects, selectFrom(schema, table, match[1], tables[table]))
		}
	}
	if len(selects) == 0 {
		return nil, nil
	}
	var endpoints []Endpoint
	err := c.query(ctx, db, strings.Join(selects, " UNION ALL ")+" ORDER BY 1, 2, 3", func(rows *sql.Rows) error {
		var e Endpoint
		var host, address sql.NullString
		var port sql.NullInt64
		if err := rows.Scan(&e.Type, &host, &address, &port); err != nil {
			return err
		}
		e.Host, e.IPAddress, e.UDPPort = host.String, address.String, int(port.Int64)
		endpoints = append(endpoints, e)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the endpoint tables of %s: %w", schema, err)
	}
	return endpoints, nil
}

// selectFrom reads one table; what it has no column for is empty. The type and the table's name are of letters and
// digits only.
func selectFrom(schema, table, kind string, has []string) string {
	host, port := "''", "0"
	if slices.Contains(has, "host") {
		host = "host"
	}
	if slices.Contains(has, "udp_port") {
		port = "udp_port"
	}
	return fmt.Sprintf("SELECT '%s', %s, ip_address, %s FROM `%s`.`%s`", kind, host, port, strings.ReplaceAll(schema, "`", "``"), table)
}
