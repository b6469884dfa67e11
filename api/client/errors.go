package client

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"calipso.io/calipso/api/wire"
)

// Error is a server's refusal.
type Error struct {
	Status  int    // the HTTP status
	Message string // what would be right, in words
	Field   string // the parameter or key that is to blame, if it is one
}

// Error returns the message.
func (e *Error) Error() string { return e.Message }

// StatusOf returns the HTTP status of the first Error in err's chain, or 0.
func StatusOf(err error) int {
	var e *Error
	if errors.As(err, &e) {
		return e.Status
	}
	return 0
}

const maxErrorBody = 1 << 20

func readError(answer *http.Response) error {
	var body wire.Error
	data, err := io.ReadAll(io.LimitReader(answer.Body, maxErrorBody))
	if err == nil {
		err = json.Unmarshal(data, &body)
	}
	e := &Error{Status: answer.StatusCode, Message: body.Error.Message, Field: body.Error.Field}
	if err != nil || e.Message == "" {
		hint := "is this the address of a Calipso server?"
		if answer.Request.URL.Scheme == "http" && bytes.Contains(data, []byte("HTTP request to an HTTPS server")) {
			hint = "it speaks TLS, so its address begins with https://"
		}
		e.Message = fmt.Sprintf("%s %s: %s: %s", answer.Request.Method, answer.Request.URL.Redacted(), answer.Status, hint)
	}
	return e
}
