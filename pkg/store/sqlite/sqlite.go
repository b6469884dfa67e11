// Package sqlite keeps documents in one file, with SQLite compiled into the program: the embedded default. Each
// collection is a table with the document as JSON and a column for each of its fields. Several processes may have the
// file open at once; they must run on the same machine.
package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	_ "modernc.org/sqlite" // the database/sql driver "sqlite"

	"calipso.io/calipso/pkg/store"
)

// busyTimeout is how long a write waits for writes of other processes.
const busyTimeout = 15 * time.Second

// idleReaders is how many connections for reading stay open when they are not needed.
const idleReaders = 8

// driver writes through one connection, since SQLite has one writer at a time anyway, and reads through others, which
// in WAL mode neither wait for the writer nor hold it up. There is no limit to readers: a callback of Find may read.
type driver struct {
	path   string
	writer *sql.DB
	reader *sql.DB

	statements statements // of reader
}

// Open opens the file, and makes it, readable by its owner alone, if it does not exist. Its folder must exist.
// The error has the code Unavailable when the file can't be read and written or is not a database.
func Open(ctx context.Context, path string) (store.Driver, error) {
	d, err := open(path)
	if err == nil {
		err = d.prepare(ctx)
	}
	if err != nil {
		return nil, failure(ctx, err, "open database %s", path)
	}
	return d, nil
}

func open(path string) (*driver, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	if err := create(path); err != nil {
		return nil, err
	}
	d := &driver{path: path}
	if d.writer, err = sql.Open("sqlite", dsn(path, "_txlock", "immediate", "_journal_mode", "WAL", "_synchronous", "NORMAL")); err != nil {
		return nil, err
	}
	if d.reader, err = sql.Open("sqlite", dsn(path, "_query_only", "true")); err != nil {
		return nil, err
	}
	d.writer.SetMaxOpenConns(1)
	d.reader.SetMaxIdleConns(idleReaders)
	return d, nil
}

// create makes sure that the file exists and can be written. SQLite would make it readable by everybody.
func create(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

func dsn(path string, options ...string) string {
	query := url.Values{"_busy_timeout": {fmt.Sprint(busyTimeout.Milliseconds())}}
	for i := 0; i < len(options); i += 2 {
		query.Set(options[i], options[i+1])
	}
	return (&url.URL{Scheme: "file", Path: path, RawQuery: query.Encode()}).String()
}

// prepare connects, which turns a new file into a database in WAL mode.
func (d *driver) prepare(ctx context.Context) error {
	err := d.writer.PingContext(ctx)
	if err == nil {
		err = d.Ping(ctx)
	}
	if err != nil {
		_ = d.Close()
	}
	return err
}

// Ping reads from the file.
func (d *driver) Ping(ctx context.Context) error {
	var n int
	err := d.reader.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema").Scan(&n)
	return failure(ctx, err, "read database %s", d.path)
}

// Close ends all connections. The last one to close leaves a single file.
func (d *driver) Close() error {
	readErr := d.reader.Close()
	if err := d.writer.Close(); err != nil {
		return fmt.Errorf("close database %s: %w", d.path, err)
	}
	return readErr
}

// quote makes an SQL identifier of a name.
func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
