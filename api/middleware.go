package api

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"slices"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/propagation"

	"calipso.io/calipso/pkg/trace"
)

const requestIDHeader = "X-Request-Id"

// trace gives the request an id, which is in its answer and in the log, counts it, and makes a span of it.
func (s *server) trace(c *gin.Context) {
	started := s.Now()
	c.Header(requestIDHeader, rand.Text()[:12])
	method, route := c.Request.Method, c.FullPath()
	if route == "" { // a path, and perhaps a method, of the client's invention
		method, route = "other", "unknown"
	}
	end := s.beginSpan(c, method+" "+route)
	c.Next()
	status, took := c.Writer.Status(), s.Now().Sub(started)
	s.Metrics.HTTP(method, route, strconv.Itoa(status), took)
	end(status)
	s.Log.DebugContext(c.Request.Context(), "request", "request", requestID(c), "method", c.Request.Method,
		"path", c.Request.URL.Path, "status", status, "user", c.GetString(userKey), "took", took)
}

// unseen are routes that other programs ask for all the time: spans of these would bury the others.
var unseen = []string{"GET /healthz", "GET /readyz", "GET /metrics"}

// beginSpan makes a span of the request, in the trace that its headers tell of, if they do.
func (s *server) beginSpan(c *gin.Context, name string) (end func(status int)) {
	if slices.Contains(unseen, name) {
		return func(int) {}
	}
	ctx, endSpan := s.Trace.Begin(c.Request.Context(), trace.Server, name, propagation.HeaderCarrier(c.Request.Header))
	c.Request = c.Request.WithContext(ctx)
	return func(status int) {
		trace.Note(ctx, attribute.Int("http.response.status_code", status), attribute.String("calipso.request", requestID(c)))
		if status >= http.StatusInternalServerError {
			endSpan(errors.New(http.StatusText(status)))
			return
		}
		endSpan(nil)
	}
}

func requestID(c *gin.Context) string { return c.Writer.Header().Get(requestIDHeader) }

// recoverPanic answers a panic as any other failure of the server.
func (s *server) recoverPanic(c *gin.Context) {
	defer func() {
		switch p := recover(); p {
		case nil:
		case http.ErrAbortHandler:
			panic(p)
		default:
			s.fail(c, fmt.Errorf("panic: %v\n%s", p, debug.Stack()))
		}
	}()
	c.Next()
}

// extendDeadline gives an answer that is written bit by bit another minute, whatever the server's own limit.
func extendDeadline(c *gin.Context) {
	// Writers that know no deadline, as in tests, need no extension.
	_ = http.NewResponseController(c.Writer).SetWriteDeadline(time.Now().Add(time.Minute))
}
