package api

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/gin-gonic/gin"

	"calipso.io/calipso/pkg/store"
)

// held is an answer that is not sent yet: JSON with status 200, of which the tag has to be known first. All else goes
// through as it is written.
type held struct {
	gin.ResponseWriter
	body bytes.Buffer
}

func (h *held) holds() bool {
	return !h.ResponseWriter.Written() && h.Status() == http.StatusOK && strings.HasPrefix(h.Header().Get("Content-Type"), "application/json")
}

func (h *held) Write(data []byte) (int, error) {
	if h.holds() {
		return h.body.Write(data)
	}
	return h.ResponseWriter.Write(data)
}

// Unwrap lets http.ResponseController reach the connection: streams extend its deadline.
func (h *held) Unwrap() http.ResponseWriter { return h.ResponseWriter }

func (h *held) WriteString(text string) (int, error) { return h.Write([]byte(text)) }

// WriteHeaderNow leaves an answer that is held as it is.
func (h *held) WriteHeaderNow() {
	if !h.holds() {
		h.ResponseWriter.WriteHeaderNow()
	}
}

// Written tells whether it is too late for another answer, which takes the place of what is held.
func (h *held) Written() bool { return h.ResponseWriter.Written() }

// tag gives answers with JSON a strong ETag, which is of what they say, and answers 304 to who knows it already.
func (s *server) tag(c *gin.Context) {
	if c.Request.Method != http.MethodGet {
		c.Next()
		return
	}
	h := &held{ResponseWriter: c.Writer}
	c.Writer = h
	c.Next()
	c.Writer = h.ResponseWriter
	if h.body.Len() == 0 || !h.holds() {
		return
	}
	etag := tagOf(h.body.Bytes())
	c.Header("ETag", etag)
	if matchesTag(c.GetHeader("If-None-Match"), etag) {
		c.Writer.Header().Del("Content-Type")
		c.Status(http.StatusNotModified)
		c.Writer.WriteHeaderNow()
		return
	}
	_, _ = c.Writer.Write(h.body.Bytes()) // a client that has gone needs no answer
}

func tagOf(body []byte) string {
	sum := sha256.Sum256(body)
	return `"` + hex.EncodeToString(sum[:12]) + `"`
}

// matchesTag tells whether a list of tags, as headers have it, holds this one. Proxies that compress make tags weak.
func matchesTag(list, etag string) bool {
	return slices.ContainsFunc(strings.Split(list, ","), func(known string) bool {
		known = strings.TrimSpace(known)
		return known == "*" || strings.TrimPrefix(known, "W/") == etag
	})
}

// precondition keeps changes with an If-Match, of which one is made at a time: so nothing comes between looking and writing.
type precondition struct{ mu sync.Mutex }

// errChanged refuses a change of what is not as the client knows it.
func errChanged() error {
	return &refusal{http.StatusPreconditionFailed, "this was changed meanwhile: read it again, and change that"}
}

// ifMatch makes a change only if a GET would still be answered with the tag that the header If-Match names.
func (s *server) ifMatch(c *gin.Context, r route, q query, change func() error) error {
	wanted := c.GetHeader("If-Match")
	if wanted == "" || r.method != http.MethodPut && r.method != http.MethodDelete && r.method != http.MethodPatch {
		return change()
	}
	read, chosen, ok := readerOf(r, c)
	if !ok {
		return &refusal{http.StatusBadRequest, "If-Match does not go with this: there is nothing to read that has an ETag"}
	}
	s.preconditions.mu.Lock()
	defer s.preconditions.mu.Unlock()
	etag, err := s.tagNow(c, read, chosen)
	if store.CodeOf(err) == store.NotFound || err == nil && (strings.Contains(wanted, "W/") || !matchesTag(wanted, etag)) {
		return errChanged()
	}
	if err != nil {
		return err
	}
	return change()
}

// readerOf returns the route that reads what another one changes, and the query to do it with: the same path, or the list
// with the last part of the path as its parameter.
func readerOf(r route, c *gin.Context) (route, query, bool) {
	list, last, ok := strings.Cut(r.path, "/:")
	if !ok || strings.Contains(last, "/") {
		return route{}, nil, false
	}
	for _, candidate := range routes() {
		if candidate.method != http.MethodGet {
			continue
		}
		if candidate.path == r.path {
			return candidate, query{}, true
		}
		if candidate.path == list && slices.ContainsFunc(candidate.params, func(p param) bool { return p.name == last }) {
			return candidate, query(url.Values{last: {c.Param(last)}}), true
		}
	}
	return route{}, nil, false
}

// tagNow returns the ETag that reading would be answered with.
func (s *server) tagNow(c *gin.Context, read route, q query) (string, error) {
	answer := &kept{ResponseWriter: c.Writer, header: http.Header{}}
	inner := c.Copy()
	inner.Writer = answer
	inner.Request = c.Request.Clone(c.Request.Context())
	inner.Request.Method, inner.Request.Body = http.MethodGet, http.NoBody
	if err := read.handle(s, inner, q); err != nil {
		return "", err
	}
	if answer.body.Len() == 0 {
		return "", errors.New("reading " + read.path + " says nothing")
	}
	return tagOf(answer.body.Bytes()), nil
}

// kept is an answer that nobody gets.
type kept struct {
	gin.ResponseWriter
	header http.Header
	body   bytes.Buffer
}

func (k *kept) Header() http.Header                  { return k.header }
func (k *kept) Write(data []byte) (int, error)       { return k.body.Write(data) }
func (k *kept) WriteString(text string) (int, error) { return k.body.WriteString(text) }
func (k *kept) WriteHeader(int)                      {}
func (k *kept) WriteHeaderNow()                      {}
