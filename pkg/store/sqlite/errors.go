package sqlite

import (
	"context"
	"errors"
	"fmt"

	"modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"

	"calipso.io/calipso/pkg/store"
)

// failure says what was attempted when an error came up; nil stays nil. The error has the code Unavailable unless the
// caller gave up or SQLite understood the file well and refused the statement.
func failure(ctx context.Context, err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	what := fmt.Sprintf(format, args...)
	if ctx.Err() != nil {
		return fmt.Errorf("%s: %w", what, ctx.Err())
	}
	var answer *sqlite.Error
	if errors.As(err, &answer) && !unavailable(answer.Code()) {
		return fmt.Errorf("%s: %w", what, err)
	}
	return &store.Error{Code: store.Unavailable, Message: what, Err: err}
}

// unavailable tells whether a result code is about the file rather than about the statement.
func unavailable(code int) bool {
	switch code & 0xff { // the rest of the code is detail
	case lib.SQLITE_BUSY, lib.SQLITE_LOCKED, lib.SQLITE_READONLY, lib.SQLITE_IOERR, lib.SQLITE_CORRUPT, lib.SQLITE_FULL,
		lib.SQLITE_CANTOPEN, lib.SQLITE_NOTADB:
		return true
	}
	return false
}
