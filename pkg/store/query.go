package store

import (
	"slices"
	"unicode/utf8"
)

// Cond is a condition on one field, made by the functions below.
type Cond struct {
	Field      Field
	Op         Op
	Values     []string
	Generation int64
	Version    int64
}

// Op says how a condition compares.
type Op int

// Ways of comparing.
const (
	OpIn      Op = iota + 1 // the field has one of Values
	OpNotIn                 // the field has none of Values
	OpPrefix                // the field begins with Values[0]
	OpLike                  // the field contains Values[0], upper and lower case alike (ASCII)
	OpGreater               // the field is greater than Values[0], compared byte by byte
	OpLess
	OpOlder   // the document's generation is less than Generation
	OpSince   // the document's generation is at least Generation
	OpIDIn    // the document's id is one of Values
	OpChanged // the document's version is greater than Version
)

// Is selects documents whose field has one of the values; with no value it selects nothing.
func Is(f Field, values ...string) Cond { return Cond{Field: f, Op: OpIn, Values: values} }

// IsNot selects documents whose field has none of the values.
func IsNot(f Field, values ...string) Cond { return Cond{Field: f, Op: OpNotIn, Values: values} }

// HasPrefix selects documents whose field begins with the text.
func HasPrefix(f Field, prefix string) Cond {
	return Cond{Field: f, Op: OpPrefix, Values: []string{prefix}}
}

// Contains selects documents whose field contains the text, in upper or lower case.
func Contains(f Field, text string) Cond { return Cond{Field: f, Op: OpLike, Values: []string{text}} }

// Greater selects documents whose field sorts after the value.
func Greater(f Field, value string) Cond {
	return Cond{Field: f, Op: OpGreater, Values: []string{value}}
}

// Less selects documents whose field sorts before the value.
func Less(f Field, value string) Cond { return Cond{Field: f, Op: OpLess, Values: []string{value}} }

// Older selects documents that were last written by a generation before the given one.
func Older(generation int64) Cond { return Cond{Op: OpOlder, Generation: generation} }

// Since selects documents that were written by the given generation or a later one.
func Since(generation int64) Cond { return Cond{Op: OpSince, Generation: generation} }

// IDs selects documents by their ids.
func IDs(ids ...string) Cond { return Cond{Op: OpIDIn, Values: ids} }

// ChangedSince selects documents that were written after a version: see NewVersion.
func ChangedSince(version int64) Cond { return Cond{Op: OpChanged, Version: version} }

// Where makes a query of conditions that must all hold.
func Where(conds ...Cond) Query { return Query{Where: conds} }

// Check returns an error with the code Invalid when the query, or the field to count by if there is one, names a field
// that the collection doesn't have. Drivers call it first.
func (s Spec) Check(query Query, by Field) error {
	if len(query.Sort) > 1 && query.Past != nil {
		return Errorf(Invalid, "%s: a place is one in an order by one field", s.Name)
	}
	fields := append([]Field{by}, query.Only...)
	for _, c := range query.Where {
		fields = append(fields, c.Field)
	}
	for _, o := range query.Sort {
		fields = append(fields, o.By)
	}
	for _, f := range fields {
		if f != "" && !slices.Contains(s.Fields, f) {
			return &Error{Code: Invalid, Field: string(f), Message: s.Name + " can't be selected or sorted by " + string(f)}
		}
	}
	return nil
}

// PrefixEnd returns the first text, in the order of bytes, after all that begin with the prefix; ok is false when
// there is none. Drivers look a prefix up as a range, which needs no pattern.
func PrefixEnd(prefix string) (end string, ok bool) {
	for prefix != "" {
		last, size := utf8.DecodeLastRuneInString(prefix)
		prefix = prefix[:len(prefix)-size]
		if last < utf8.MaxRune {
			return prefix + string(nextRune(last)), true
		}
	}
	return "", false
}

func nextRune(r rune) rune {
	if r++; utf8.ValidRune(r) {
		return r
	}
	return 0xE000 // the first one after the surrogates
}
