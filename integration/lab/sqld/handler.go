package sqld

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/go-mysql-org/go-mysql/mysql"
)

// handler answers the commands of a connection.
type handler struct{ *Server }

func (h *handler) database() *database {
	if h.cfg.Faults().NoNeutronSchema {
		return h.bare
	}
	return h.whole
}

func (h *handler) UseDB(name string) error {
	if !h.database().has(name) {
		return mysql.NewDefaultError(mysql.ER_BAD_DB_ERROR, name)
	}
	return nil
}

func (h *handler) HandleQuery(query string) (*mysql.Result, error) {
	return h.answer(strings.Clone(query), false)
}

func (h *handler) HandleFieldList(string, string) ([]*mysql.Field, error) { return nil, nil }

func (h *handler) HandleStmtPrepare(query string) (params, columns int, context any, err error) {
	return strings.Count(query, "?"), 0, nil, nil
}

func (h *handler) HandleStmtExecute(_ any, query string, args []any) (*mysql.Result, error) {
	values := make([]any, len(args))
	for i, arg := range args {
		values[i] = arg
		if text, ok := arg.(mysql.TypedBytes); ok {
			values[i] = string(text.Bytes)
		}
	}
	return h.answer(strings.Clone(query), true, values...)
}

func (h *handler) HandleStmtClose(any) error { return nil }

func (h *handler) HandleOtherCommand(command byte, _ []byte) error {
	return mysql.NewError(mysql.ER_UNKNOWN_COM_ERROR, fmt.Sprintf("command %d is not known", command))
}

// silent matches statements that change the connection's state only.
var silent = regexp.MustCompile(`(?i)^\s*(set|start transaction|commit|rollback|begin)\b`)

func (h *handler) answer(query string, binary bool, args ...any) (*mysql.Result, error) {
	h.cfg.Count()
	if silent.MatchString(query) {
		return mysql.NewResultReserveResultset(0), nil
	}
	columns, rows, err := h.database().query(translate(query), args)
	switch {
	case err != nil && strings.Contains(err.Error(), "no such table"):
		return nil, mysql.NewError(mysql.ER_NO_SUCH_TABLE, err.Error())
	case err != nil:
		return nil, mysql.NewError(mysql.ER_PARSE_ERROR, err.Error())
	}
	return result(columns, rows, binary)
}

// result puts rows of texts and nils on the wire. The columns' types are those of the first row, so one of texts goes
// before the others, and is taken out again.
func result(columns []string, rows [][]any, binary bool) (*mysql.Result, error) {
	texts := make([]any, len(columns))
	for i := range texts {
		texts[i] = ""
	}
	set, err := mysql.BuildSimpleResultset(columns, append([][]any{texts}, rows...), binary)
	if err != nil {
		return nil, err
	}
	set.RowDatas = set.RowDatas[1:]
	return mysql.NewResult(set), nil
}

var (
	showDatabases = regexp.MustCompile(`(?i)^\s*show\s+(databases|schemas)\s*;?\s*$`)
	showTables    = regexp.MustCompile("(?i)^\\s*show\\s+tables\\s+(?:from|in)\\s+[`]?(\\w+)[`]?\\s*;?\\s*$")
)

// translate turns what SQLite does not know into what it does.
func translate(query string) string {
	if showDatabases.MatchString(query) {
		return `SELECT schema_name AS "Database" FROM information_schema.schemata ORDER BY 1`
	}
	if m := showTables.FindStringSubmatch(query); m != nil {
		return `SELECT table_name FROM information_schema.tables WHERE table_schema = '` + m[1] + `' ORDER BY 1`
	}
	return strings.NewReplacer("@@version", "'10.11.6-MariaDB'", "@@max_allowed_packet", "16777216").Replace(query)
}
