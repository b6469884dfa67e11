package api

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/gin-gonic/gin"
)

const (
	requestIDHeader = "X-Request-Id"
	maxBody         = 1 << 20 // bytes
)

// trace gives the request an id, which is in its answer and in the log.
func (s *server) trace(c *gin.Context) {
	started := s.Now()
	c.Header(requestIDHeader, rand.Text()[:12])
	c.Next()
	s.Log.DebugContext(c.Request.Context(), "request", "request", requestID(c), "method", c.Request.Method,
		"path", c.Request.URL.Path, "status", c.Writer.Status(), "user", c.GetString(userKey), "took", s.Now().Sub(started))
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

// protect bounds the body, refuses what a page of another origin makes a browser send, and says how answers may be used.
func (s *server) protect(c *gin.Context) {
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, maxBody)
	c.Header("X-Content-Type-Options", "nosniff")
	c.Header("Cache-Control", "no-store")
	c.Header("Referrer-Policy", "no-referrer")
	c.Header("X-Frame-Options", "DENY")
	c.Header("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	if err := s.crossOrigin.Check(c.Request); err != nil {
		s.fail(c, &refusal{http.StatusForbidden, "a page of another origin may not do this"})
	}
}

// extendDeadline gives an answer that is written bit by bit another minute, whatever the server's own limit.
func extendDeadline(c *gin.Context) {
	// Writers that know no deadline, as in tests, need no extension.
	_ = http.NewResponseController(c.Writer).SetWriteDeadline(time.Now().Add(time.Minute))
}
