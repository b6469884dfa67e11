package api

import (
	"errors"
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/store"
)

// errorAnswer is the body of every answer that is an error.
type errorAnswer struct {
	Error errorBody `json:"error"`
}

type errorBody struct {
	Message string `json:"message"`
	Code    string `json:"code"` // the HTTP status, as text
	Title   string `json:"title"`
	Field   string `json:"field,omitempty"` // the parameter or the key of the body that is to blame

	// Problems are all that is wrong with a document, when that is more than the message can say of one field.
	Problems []problem `json:"problems,omitempty"`
}

// problem is something in a document that is not as it must be.
type problem struct {
	Field   string `json:"field"`
	Message string `json:"message"`
}

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
func describe(err error) (status int, body errorBody) {
	var refused *refusal
	var known *store.Error
	var tooLong *http.MaxBytesError
	switch {
	case errors.As(err, &refused):
		return refused.status, errorBody{Message: refused.message}
	case errors.As(err, &tooLong):
		return http.StatusRequestEntityTooLarge, errorBody{Message: "the body is longer than " + strconv.FormatInt(tooLong.Limit, 10) + " bytes"}
	case errors.As(err, &known) && known.Code == store.Unavailable:
		return statusOf(known.Code), errorBody{Message: "the store does not answer, try again later"}
	case errors.As(err, &known) && statusOf(known.Code) < 500:
		return statusOf(known.Code), errorBody{Message: known.Error(), Field: known.Field, Problems: problemsOf(err)}
	}
	return http.StatusInternalServerError, errorBody{Message: "something went wrong in the server"}
}

// problemsOf lists what is wrong with a document, one entry for each value.
func problemsOf(err error) (problems []problem) {
	if all := new(model.InvalidError); errors.As(err, &all) {
		for _, p := range all.Problems {
			problems = append(problems, problem{p.Path, p.Message})
		}
	}
	return problems
}

// fail answers with an error. The server's own failures are logged under the request's id, which the answer names.
func (s *server) fail(c *gin.Context, err error) {
	if c.Request.Context().Err() != nil {
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
	body.Code, body.Title = strconv.Itoa(status), http.StatusText(status)
	if status == http.StatusUnauthorized {
		c.Header("WWW-Authenticate", `Bearer realm="calipso"`)
	}
	c.Writer.Header().Del("Content-Type") // of the answer that did not come about
	c.AbortWithStatusJSON(status, errorAnswer{Error: body})
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
