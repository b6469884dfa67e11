package sqlite

import (
	"encoding/json"
	"fmt"
	"strings"

	"calipso.io/calipso/pkg/store"
)

// clause is a piece of SQL with the values of its placeholders.
type clause struct {
	sql  string
	args []any
}

// where writes the conditions as a WHERE clause; values are never in its text.
func where(query store.Query) clause {
	var all []string
	var args []any
	for _, cond := range query.Where {
		c := condition(cond)
		all = append(all, c.sql)
		args = append(args, c.args...)
	}
	if query.After != "" {
		all = append(all, colID+" > ?")
		args = append(args, query.After)
	}
	if query.Past != nil {
		c := past(query)
		all, args = append(all, c.sql), append(args, c.args...)
	}
	if len(all) == 0 {
		return clause{}
	}
	return clause{sql: " WHERE " + strings.Join(all, " AND "), args: args}
}

func condition(c store.Cond) clause {
	column := quote(string(c.Field))
	switch c.Op {
	case store.OpIn:
		return in(column, c.Values)
	case store.OpIDIn:
		return in(colID, c.Values)
	case store.OpNotIn:
		is := in(column, c.Values)
		return clause{"NOT " + is.sql, is.args}
	case store.OpPrefix:
		return prefix(column, c.Values[0])
	case store.OpLike: // lower changes ASCII letters only
		return clause{"instr(lower(" + column + "), lower(?)) > 0", []any{c.Values[0]}}
	case store.OpGreater:
		return clause{column + " > ?", []any{c.Values[0]}}
	case store.OpLess:
		return clause{column + " < ?", []any{c.Values[0]}}
	case store.OpOlder:
		return clause{colGeneration + " < ?", []any{c.Generation}}
	case store.OpSince:
		return clause{colGeneration + " >= ?", []any{c.Generation}}
	case store.OpChanged:
		return clause{colVersion + " > ?", []any{c.Version}}
	}
	panic(fmt.Sprintf("sqlite: no such condition: %d", c.Op)) // a mistake in this program
}

// past selects what comes after a place in the query's order. The first comparison is for the index.
func past(query store.Query) clause {
	if len(query.Sort) == 0 {
		return clause{colID + " > ?", []any{query.Past.ID}}
	}
	column, further := quote(string(query.Sort[0].By)), ">"
	if query.Sort[0].Desc {
		further = "<"
	}
	return clause{fmt.Sprintf("(%[1]s %[2]s= ? AND (%[1]s %[2]s ? OR %[3]s > ?))", column, further, colID),
		[]any{query.Past.Key, query.Past.Key, query.Past.ID}}
}

// in compares with a list of any length: beyond one value the list is passed as one JSON array.
func in(column string, values []string) clause {
	if len(values) == 1 {
		return clause{"(" + column + " = ?)", []any{values[0]}}
	}
	list, _ := json.Marshal(append([]string{}, values...)) // can't fail: texts
	return clause{"(" + column + " IN (SELECT value FROM json_each(?)))", []any{string(list)}}
}

func prefix(column, text string) clause {
	end, ok := store.PrefixEnd(text)
	if !ok {
		return clause{column + " >= ?", []any{text}}
	}
	return clause{"(" + column + " >= ? AND " + column + " < ?)", []any{text, end}}
}

// order writes the ORDER BY and LIMIT clauses.
func order(query store.Query) clause {
	var b strings.Builder
	b.WriteString(" ORDER BY ")
	for _, o := range query.Sort {
		b.WriteString(quote(string(o.By)))
		if o.Desc {
			b.WriteString(" DESC")
		}
		b.WriteString(", ")
	}
	b.WriteString(colID)
	if query.Limit == 0 && query.Skip == 0 {
		return clause{sql: b.String()}
	}
	limit := query.Limit
	if limit == 0 {
		limit = -1
	}
	return clause{b.String() + " LIMIT ? OFFSET ?", []any{limit, query.Skip}}
}
