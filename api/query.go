package api

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"calipso.io/calipso/pkg/store"
)

// query holds the parameters that were given; they have been checked against their declarations.
type query map[string][]string

func (q query) has(name string) bool { return len(q[name]) > 0 }

func (q query) list(name string) []string { return q[name] }

func (q query) text(name string) string {
	if !q.has(name) {
		return ""
	}
	return q[name][0]
}

func (q query) flag(name string) bool {
	v, _ := parseFlag(q.text(name))
	return v
}

func (q query) instant(name string) time.Time {
	t, _ := parseInstant(q.text(name))
	return t
}

// words returns the parts of a parameter that is a list with commas.
func (q query) words(name string) []string {
	return strings.FieldsFunc(q.text(name), func(r rune) bool { return r == ',' || r == ' ' })
}

func (q query) number(name string, otherwise int) int {
	if n, err := strconv.Atoi(q.text(name)); err == nil {
		return n
	}
	return otherwise
}

// where turns the parameters that are named as the fields are into conditions.
func (q query) where(fields ...store.Field) []store.Cond {
	var conds []store.Cond
	for _, f := range fields {
		if q.has(string(f)) {
			conds = append(conds, store.Is(f, q.list(string(f))...))
		}
	}
	return conds
}

// page makes the store's query for the page that is asked for: pages count from 0 and have 1000 documents by default; a
// cursor says where one begins.
func (q query) page(conds ...store.Cond) store.Query {
	size := q.number("page_size", 1000)
	return store.Query{Where: conds, Skip: q.number("page", 0) * size, Limit: size, Past: q.past()}
}

// errEnough ends reading when a page is full.
var errEnough = errors.New("enough")

// pick returns the page of those selected documents that keep accepts, for what the store can't look up itself.
func pick[T any](ctx context.Context, from *store.Collection[T], q store.Query, keep func(*T) bool) ([]T, error) {
	return pickAs(ctx, from, q, keep)
}

// pickAs is pick for documents that are read as another type: see store.FindAs.
func pickAs[E, T any](ctx context.Context, from *store.Collection[T], q store.Query, keep func(*E) bool) ([]E, error) {
	skip, limit := q.Skip, q.Limit
	q.Skip, q.Limit = 0, 0
	var docs []E
	err := store.EachAs(ctx, from, q, func(doc E) error {
		if !keep(&doc) {
			return nil
		}
		if skip > 0 {
			skip--
			return nil
		}
		if docs = append(docs, doc); len(docs) == limit {
			return errEnough
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return docs, err
}
