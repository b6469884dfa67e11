package sqlite

import (
	"context"
	"database/sql"
	"sync"
)

// mostStatements is how many statements are kept. A collection is asked for in a few ways; values are never in a statement.
const mostStatements = 500

// statements are those that were compiled for reading, by their text: compiling one takes longer than to find a document.
// Those that come when there are too many are compiled each time.
type statements struct {
	mu     sync.Mutex
	byText map[string]*sql.Stmt
}

// query runs a statement that reads.
func (d *driver) query(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	statement, err := d.statement(ctx, text)
	if err != nil {
		return nil, err
	}
	if statement == nil {
		return d.reader.QueryContext(ctx, text, args...)
	}
	return statement.QueryContext(ctx, args...)
}

// statement returns the compiled statement, or nil where it is not to be kept.
func (d *driver) statement(ctx context.Context, text string) (*sql.Stmt, error) {
	if known, full := d.statements.get(text); known != nil || full {
		return known, nil
	}
	made, err := d.reader.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	return d.statements.keep(text, made), nil
}

func (s *statements) get(text string) (known *sql.Stmt, full bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.byText[text], len(s.byText) >= mostStatements
}

// keep returns the statement to use: another goroutine may have been first.
func (s *statements) keep(text string, made *sql.Stmt) *sql.Stmt {
	s.mu.Lock()
	defer s.mu.Unlock()
	if known := s.byText[text]; known != nil {
		_ = made.Close() // nobody uses it
		return known
	}
	if s.byText == nil {
		s.byText = map[string]*sql.Stmt{}
	}
	s.byText[text] = made
	return made
}
