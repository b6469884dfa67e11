package api

import (
	"errors"
	"fmt"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"calipso.io/calipso/api/openapi"
	"calipso.io/calipso/pkg/store"
)

// param declares a parameter that a route takes in the query.
type param struct {
	name   string
	check  func(value string) error // what is wrong with a value, in words that follow "must be "
	schema openapi.Schema           // of a value, for the API's description
	needed bool
	repeat bool // may be given several times; any of the values is meant
	prefix bool // the name is only the beginning of names
}

// text declares a parameter whose value is any text.
func text(name string) param {
	return param{name: name, schema: openapi.Schema{"type": "string"}, check: func(string) error { return nil }}
}

// flag declares a parameter that is true or false.
func flag(name string) param {
	return param{name: name, schema: openapi.Schema{"type": "boolean"}, check: func(v string) error { _, err := parseFlag(v); return err }}
}

// number declares a parameter that is an integer of at least min.
func number(name string, min int) param {
	return param{name: name, schema: openapi.Schema{"type": "integer", "minimum": min, "maximum": math.MaxInt32}, check: func(v string) error {
		if n, err := strconv.ParseInt(v, 10, 32); err != nil || int(n) < min {
			return fmt.Errorf("an integer of at least %d", min)
		}
		return nil
	}}
}

// numberUpTo declares a parameter that is an integer from min to max.
func numberUpTo(name string, min, max int) param {
	return param{name: name, check: func(v string) error {
		if n, err := strconv.Atoi(v); err != nil || n < min || n > max {
			return fmt.Errorf("an integer from %d to %d", min, max)
		}
		return nil
	}}
}

// documentID declares a parameter that is the id of a document.
func documentID(name string) param {
	return param{name: name, schema: openapi.Schema{"type": "string", "pattern": "^[0-9a-f]{24}$"}, check: func(v string) error {
		if len(v) != 24 || strings.Trim(v, "0123456789abcdef") != "" {
			return errors.New("a document's id, which has 24 hexadecimal digits")
		}
		return nil
	}}
}

// oneOf declares a parameter that has one of the given values.
func oneOf(name string, values ...string) param {
	return param{name: name, schema: openapi.Schema{"type": "string", "enum": values}, check: func(v string) error { return checkOneOf(v, values) }}
}

// instant declares a parameter that is a time.
func instant(name string) param {
	return param{name: name, schema: openapi.Schema{"type": "string", "format": "date-time"}, check: func(v string) error { _, err := parseInstant(v); return err }}
}

// parseInstant reads a time in ISO 8601. A blank stands for the "+" of the zone that a query has turned into one.
func parseInstant(v string) (time.Time, error) { return timeOf(strings.ReplaceAll(v, " ", "+")) }

// timeOf reads a time in ISO 8601, whose zone may be written with or without a colon.
func timeOf(text string) (time.Time, error) {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05Z0700"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, errors.New("a time such as 2026-01-31T02:00:00Z")
}

func (p param) must() param { p.needed = true; return p }

func (p param) many() param { p.repeat = true; return p }

func params(all ...param) []param { return all }

// paged declares parameters together with those that choose a page of the list.
func paged(all ...param) []param {
	return append(all, number("page", 0), numberUpTo("page_size", 1, mostEntries), cursorValue())
}

// mostEntries is how many entries a page has at most.
const mostEntries = 10_000

// undeclared is for routes that answer the same whatever the query says.
func undeclared() []param { return params(param{prefix: true, repeat: true, check: text("").check}) }

// parseQuery reads the query, which may hold only what is declared. All unknown parameters are reported together.
func parseQuery(raw string, declared []param) (query, error) {
	values, err := url.ParseQuery(raw)
	if err != nil {
		return nil, store.Errorf(store.Invalid, "the query can't be read: %v", err)
	}
	if n := countValues(values); n > maxValues {
		return nil, store.Errorf(store.Invalid, "the query has %d values; %d is the most", n, maxValues)
	}
	var unknown []string
	for name := range values {
		if !slices.ContainsFunc(declared, func(p param) bool { return p.has(name) }) {
			unknown = append(unknown, name)
		}
	}
	if len(unknown) > 0 {
		return nil, unknownKeys("parameters", unknown)
	}
	for _, p := range declared {
		if err := p.checkAll(values); err != nil {
			return nil, err
		}
	}
	return query(values), query(values).checkCursor()
}

func countValues(values url.Values) (n int) {
	for _, of := range values {
		n += len(of)
	}
	return n
}

func (p param) has(name string) bool {
	return name == p.name || p.prefix && strings.HasPrefix(name, p.name)
}

// checkAll checks the values that were given for a parameter.
func (p param) checkAll(given url.Values) error {
	if p.needed && len(given[p.name]) == 0 {
		return invalid(p.name, "this parameter is missing")
	}
	for name, values := range given {
		if !p.has(name) {
			continue
		}
		if len(values) > 1 && !p.repeat {
			return invalid(name, "it can be given only once")
		}
		for _, v := range values {
			if err := p.checkValue(name, v); err != nil {
				return err
			}
		}
	}
	return nil
}

func (p param) checkValue(name, value string) error {
	if strings.TrimSpace(value) == "" {
		return invalid(name, "the value is blank")
	}
	if !utf8.ValidString(value) || strings.ContainsRune(value, 0) {
		return invalid(name, "the value is not text")
	}
	if err := p.check(value); err != nil {
		return invalid(name, fmt.Sprintf("must be %v, not %q", err, value))
	}
	return nil
}

func parseFlag(v string) (bool, error) {
	switch strings.ToLower(v) {
	case "true", "1":
		return true, nil
	case "false", "0":
		return false, nil
	}
	return false, errors.New("a boolean: true, false, 1 or 0")
}

func checkOneOf(v string, values []string) error {
	if slices.Contains(values, v) {
		return nil
	}
	return fmt.Errorf("one of %s", strings.Join(values, ", "))
}

func unknownKeys(what string, keys []string) error {
	slices.Sort(keys)
	for i, k := range keys {
		keys[i] = strconv.Quote(k)
	}
	return store.Errorf(store.Invalid, "unknown %s: %s", what, strings.Join(keys, ", "))
}
