package store

import (
	"errors"
	"fmt"
)

// Code says what kind of failure an Error is. One table in the API maps codes to HTTP statuses.
type Code string

// Codes of errors.
const (
	NotFound     Code = "not found"
	Invalid      Code = "invalid"
	Conflict     Code = "conflict"
	Unauthorised Code = "unauthorised" // nobody knows who asks
	Forbidden    Code = "forbidden"    // it is known who asks, who may not
	Unavailable  Code = "unavailable"
)

// Error is an error with a code and, where one value is to blame, the field that it was in.
type Error struct {
	Code    Code
	Field   string
	Message string
	Err     error // what caused it, if anything; its text follows the message

	chain error // for Unwrap, where the message has the cause's text already
}

// Error returns the message and its cause.
func (e *Error) Error() string {
	if e.Err != nil {
		return e.Message + ": " + e.Err.Error()
	}
	return e.Message
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error {
	if e.Err != nil {
		return e.Err
	}
	return e.chain
}

// Errorf makes an Error; %w in the format makes an argument its cause, as in fmt.Errorf.
func Errorf(code Code, format string, args ...any) *Error {
	err := fmt.Errorf(format, args...)
	return &Error{Code: code, Message: err.Error(), chain: errors.Unwrap(err)}
}

// notFound and conflict speak of a document in the words of people.
func (s Spec) notFound(id string) error {
	if s.Noun != "" {
		return Errorf(NotFound, "there is no %s %q", s.Noun, id)
	}
	return Errorf(NotFound, "%s: there is no %q", s.Name, id)
}

func (s Spec) conflict(id string) error {
	if s.Noun != "" {
		return Errorf(Conflict, "%s %q exists already", s.Noun, id)
	}
	return Errorf(Conflict, "%s: %q exists already", s.Name, id)
}

// CodeOf returns the code of the first Error in err's chain, or "".
func CodeOf(err error) Code {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}
