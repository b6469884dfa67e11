package api

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/gin-gonic/gin"
)

// Limits of requests.
const (
	maxBody   = 1 << 20          // bytes
	bodyTime  = 30 * time.Second // to send the body in, or the next bytes of an imported inventory
	queryTime = 30 * time.Second // to read in, unless the configuration says something else
	maxValues = 1000             // in a query
)

// protect bounds the body, refuses what a page of another origin makes a browser send, and says how answers may be used.
func (s *server) protect(c *gin.Context) {
	s.limitBody(c)
	for name, value := range map[string]string{
		"X-Content-Type-Options":       "nosniff",
		"Cache-Control":                "no-store",
		"Referrer-Policy":              "no-referrer",
		"X-Frame-Options":              "DENY",
		"Content-Security-Policy":      "default-src 'none'; frame-ancestors 'none'",
		"Cross-Origin-Opener-Policy":   "same-origin",
		"Cross-Origin-Resource-Policy": "same-origin",
		"Permissions-Policy":           "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
	} {
		c.Header(name, value)
	}
	if secure(c) {
		c.Header("Strict-Transport-Security", "max-age=31536000")
	}
	if s.admitOrigin(c); c.IsAborted() {
		return
	}
	if err := s.crossOrigin.Check(c.Request); err != nil {
		s.fail(c, &refusal{http.StatusForbidden, "a page of another origin may not do this"})
	}
}

// admitOrigin lets the pages of other origins in that the configuration names, and answers what browsers ask beforehand.
// They come in by a token: a session that the browser has is not theirs.
func (s *server) admitOrigin(c *gin.Context) {
	if len(s.Origins) == 0 {
		return
	}
	c.Writer.Header().Add("Vary", "Origin")
	origin := c.GetHeader("Origin")
	if own, err := url.Parse(origin); !slices.Contains(s.Origins, origin) || err == nil && own.Host == c.Request.Host {
		return
	}
	c.Request.Header.Del("Cookie")
	c.Header("Access-Control-Allow-Origin", origin)
	c.Header("Access-Control-Expose-Headers", "Calipso-Version, ETag, Retry-After, X-Request-Id")
	if c.Request.Method == http.MethodOptions && c.GetHeader("Access-Control-Request-Method") != "" {
		c.Header("Access-Control-Allow-Methods", "GET, POST, PUT, PATCH, DELETE")
		c.Header("Access-Control-Allow-Headers", "Accept, Authorization, Content-Type, If-Match, If-None-Match, X-Auth-Token")
		c.Header("Access-Control-Max-Age", "600")
		c.AbortWithStatus(http.StatusNoContent)
	}
}

// timedBody is a body that has to come within bodyTime; of a long one, that goes for the bytes of each reading.
type timedBody struct {
	io.ReadCloser
	of   *http.ResponseController
	long bool
}

// limitBody bounds a body's length, and the time that it may take to come. Writers that know no deadline, as in tests, have
// none.
func (s *server) limitBody(c *gin.Context) {
	if c.Request.ContentLength == 0 {
		return
	}
	limit, long := int64(maxBody), c.FullPath() == importInventoryPath
	if long {
		limit = s.ImportLimit
	}
	of := http.NewResponseController(c.Writer)
	_ = of.SetReadDeadline(time.Now().Add(bodyTime))
	c.Request.Body = timedBody{http.MaxBytesReader(c.Writer, c.Request.Body, limit), of, long}
}

// Read reads on. At the end of the body the deadline ends: it would end the request's context, too.
func (b timedBody) Read(p []byte) (int, error) {
	if b.long {
		_ = b.of.SetReadDeadline(time.Now().Add(bodyTime))
	}
	n, err := b.ReadCloser.Read(p)
	if errors.Is(err, io.EOF) {
		_ = b.of.SetReadDeadline(time.Time{})
	}
	return n, err
}

// errSlow is why the context of a request ends that takes too long.
var errSlow = errors.New("the answer took too long")

// bounded tells whether the answer has an end that is soon reached: streams of events and exports have not.
func (r route) bounded() bool { return !r.doc.long && r.doc.media != mediaEvents }

// inTime bounds how long a route that only reads may take. Streams of events and exports may take any time.
func (s *server) inTime(ctx context.Context, r route) (context.Context, context.CancelFunc) {
	if r.method != http.MethodGet || !r.bounded() {
		return ctx, func() {}
	}
	limit := s.QueryTime
	if limit == 0 {
		limit = queryTime
	}
	return context.WithTimeoutCause(ctx, limit, errSlow)
}
