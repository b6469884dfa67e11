package api

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"calipso.io/calipso/api/wire"
	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/store"
)

// refusal is an error of HTTP itself, for which the store has no code.
type refusal struct {
	status  int
	message string
}

func (r *refusal) Error() string { return r.message }

// statusOf maps the codes of errors to HTTP statuses.
func statusOf(code store.Code) int {
	switch code {
	case store.Invalid:
		return http.StatusBadRequest
	case store.Unauthorised:
		return http.StatusUnauthorized
	case store.Forbidden:
		return http.StatusForbidden
	case store.NotFound:
		return http.StatusNotFound
	case store.Conflict:
		return http.StatusConflict
	case store.Unavailable:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// describe says what a client is told of an error. What went wrong inside the server is not told.
func describe(err error) (status int, body wire.ErrorBody) {
	var refused *refusal
	var known *store.Error
	var tooLong *http.MaxBytesError
	switch {
	case errors.As(err, &refused):
		return refused.status, wire.ErrorBody{Message: refused.message}
	case errors.As(err, &tooLong):
		return http.StatusRequestEntityTooLarge, wire.ErrorBody{Message: "the body is longer than " + strconv.FormatInt(tooLong.Limit, 10) + " bytes"}
	case errors.As(err, &known) && known.Code == store.Unavailable:
		return statusOf(known.Code), wire.ErrorBody{Message: "the store does not answer, try again later"}
	case errors.As(err, &known) && statusOf(known.Code) < 500:
		return statusOf(known.Code), wire.ErrorBody{Message: known.Error(), Field: known.Field, Problems: problemsOf(err)}
	}
	return http.StatusInternalServerError, wire.ErrorBody{Message: "something went wrong in the server"}
}

// problemsOf lists what is wrong with a document, one entry for each value.
func problemsOf(err error) (problems []wire.FieldProblem) {
	if all := new(model.InvalidError); errors.As(err, &all) {
		for _, p := range all.Problems {
			problems = append(problems, wire.FieldProblem{Field: p.Path, Message: p.Message})
		}
	}
	return problems
}

// fail answers with an error. The server's own failures are logged under the request's id, which the answer names.
func (s *server) fail(c *gin.Context, err error) {
	switch context.Cause(c.Request.Context()) {
	case nil:
	case errSlow:
		err = &refusal{http.StatusGatewayTimeout, "this takes too long to answer: ask for less, such as a page or one environment"}
	default:
		c.Set(failureKey, "the client has not waited for the answer")
		c.Abort() // nobody reads one
		return
	}
	status, body := describe(err)
	c.Set(failureKey, body.Message)
	if status >= 500 {
		s.Log.ErrorContext(c.Request.Context(), "request failed", "request", requestID(c), "method", c.Request.Method,
			"path", c.Request.URL.Path, "error", err)
		body.Message += "; the log has more of request " + requestID(c)
	}
	if c.Writer.Written() {
		panic(http.ErrAbortHandler) // too late for a status: breaking off tells the client that something is missing
	}
	body.Code, body.Title, body.Request = strconv.Itoa(status), http.StatusText(status), requestID(c)
	if status == http.StatusUnauthorized {
		c.Header("WWW-Authenticate", `Bearer realm="calipso"`)
	}
	c.Writer.Header().Del("Content-Type") // of the answer that did not come about
	if strings.Contains(c.GetHeader("Accept"), mediaProblem) {
		c.Header("Content-Type", mediaProblem)
		c.AbortWithStatusJSON(status, problemOf(status, body))
		return
	}
	c.AbortWithStatusJSON(status, wire.Error{Error: body})
}

// problemOf says the same in the form of RFC 9457.
func problemOf(status int, body wire.ErrorBody) wire.Problem {
	return wire.Problem{Type: "about:blank", Title: body.Title, Status: status, Detail: body.Message, Instance: "urn:calipso:request:" + body.Request,
		Code: body.Code, Field: body.Field, Problems: body.Problems}
}

// invalid makes the error of a parameter or a key of the body; the message begins with its name.
func invalid(field, message string) error {
	return &store.Error{Code: store.Invalid, Field: field, Message: field + ": " + message}
}

func (s *server) noRoute(c *gin.Context, _ query) error {
	return store.Errorf(store.NotFound, "there is nothing at %q", c.Request.URL.Path)
}

func (s *server) noMethod(c *gin.Context, _ query) error {
	return &refusal{http.StatusMethodNotAllowed, strconv.Quote(c.Request.URL.Path) + " can't be called with " + c.Request.Method}
}
