// Package sqldb reads what only the database of an OpenStack cloud tells: the addresses of tunnel endpoints. It only
// reads, and a Client remembers its answers, errors too; make one for each scan.
package sqldb

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"sync/atomic"

	"calipso.io/calipso/pkg/conn/memo"
	"github.com/go-sql-driver/mysql"
)

// Client reads one environment's database. It may be used by many goroutines.
type Client struct {
	cfg     Config
	answers memo.Memo
	queries atomic.Int64
}

// New makes a client. It connects at the first reading.
func New(cfg Config) *Client { return &Client{cfg: cfg.withDefaults()} }

// Queries returns how many queries were made so far.
func (c *Client) Queries() int64 { return c.queries.Load() }

// Refresh drops what is remembered, so that it is read again when it is asked for.
func (c *Client) Refresh() { c.answers.Forget("") }

// String names the database. It keeps the credentials out of logs.
func (c *Client) String() string { return "database at " + c.cfg.address() }

// GoString is the same as String.
func (c *Client) GoString() string { return c.String() }

// Endpoints returns the tunnel endpoints that Neutron's OVS and Linux bridge agents have reported: the rows of all
// tables ml2_<type>_endpoints. The error names the database and says what was tried.
func (c *Client) Endpoints(ctx context.Context) ([]Endpoint, error) {
	return memo.Get(ctx, &c.answers, "endpoints", func(ctx context.Context) ([]Endpoint, error) {
		return connected(c, func(db *sql.DB) ([]Endpoint, error) { return c.endpoints(ctx, db) })
	})
}

// Schema is Neutron's schema, and its tables of tunnel endpoints that the user can see.
type Schema struct {
	Name   string
	Tables []string
}

// Schema looks for Neutron's schema. The error names the database and says what was tried.
func (c *Client) Schema(ctx context.Context) (Schema, error) {
	return connected(c, func(db *sql.DB) (Schema, error) {
		name, tables, err := c.schema(ctx, db)
		return Schema{name, slices.Sorted(maps.Keys(tables))}, err
	})
}

// connected does something with a connection of its own.
func connected[T any](c *Client, do func(*sql.DB) (T, error)) (result T, err error) {
	connector, err := mysql.NewConnector(c.cfg.driver())
	if err != nil {
		return result, fmt.Errorf("database at %s: %w", c.cfg.address(), err)
	}
	db := sql.OpenDB(connector)
	defer db.Close()
	if result, err = do(db); err != nil {
		err = c.explain(err)
	}
	return result, err
}

// query runs a query when it may begin, and hands each row to a function.
func (c *Client) query(ctx context.Context, db *sql.DB, text string, each func(*sql.Rows) error) (err error) {
	end, err := c.cfg.Hooks.Begin(ctx, "query")
	if err != nil {
		return err
	}
	defer func() { end(err) }()
	c.queries.Add(1)
	rows, err := db.QueryContext(ctx, text)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := each(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}
