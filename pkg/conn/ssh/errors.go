package ssh

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode"
)

// Code says what kind of failure an Error is.
type Code string

// Codes of errors.
const (
	BadHost        Code = "bad host name"      // the name is refused before anything is run
	Unreachable    Code = "unreachable"        // no SSH connection to the gateway, or to a host with an own login
	AuthFailed     Code = "login refused"      // password or key were not accepted
	HostKeyRefused Code = "host key refused"   // unknown, or another one than before
	HopFailed      Code = "hop failed"         // the gateway's own ssh to the host failed
	ScriptFailed   Code = "script failed"      // the script's own exit status was not 0
	Lost           Code = "connection lost"    // in the middle of the script
	OutputTooLarge Code = "output too large"   // more than Config.MaxOutput
	Stopped        Code = "stopped"            // the context ended, or the client was closed
	Refused        Code = "no session granted" // logged in, but the host runs no command or forwards no connection
)

// Error is the error of a Run: what was attempted, what went wrong, and what would be right.
type Error struct {
	Code    Code
	Host    string // the host that the script was for
	Status  int    // exit status, with ScriptFailed; -1 when a signal ended it
	Message string // complete: names host or gateway, and cause
	Key     string // with HostKeyRefused: the key that the host showed, in the format of authorized_keys
	Err     error  // cause, may be nil
}

// Error returns the message.
func (e *Error) Error() string { return e.Message }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

func failure(code Code, cause error, format string, args ...any) *Error {
	return &Error{Code: code, Err: cause, Message: fmt.Sprintf(format, args...)}
}

// forHost returns the error with the host that a script was for.
func (e *Error) forHost(host string) *Error {
	named := *e
	named.Host = host
	if !strings.Contains(e.Message, host) {
		named.Message = "host " + host + ": " + e.Message
	}
	return &named
}

// printable makes what a host wrote fit for a message: its end, on one line, without control characters.
func printable(output []byte) string {
	const most = 500
	text := strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == unicode.ReplacementChar {
			return ' '
		}
		return r
	}, string(output))
	text = strings.Join(strings.Fields(text), " ")
	if runes := []rune(text); len(runes) > most {
		text = "…" + string(runes[len(runes)-most:])
	}
	if text == "" {
		return "(it said nothing)"
	}
	return text
}

// describe makes every error an *Error that names the host.
func describe(host string, err error) error {
	var known *Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &known):
		return known.forHost(host)
	case errors.Is(err, errClosed):
		return failure(Stopped, err, "host %s: %v", host, err).forHost(host)
	case errors.Is(err, context.DeadlineExceeded):
		return failure(Stopped, err, "host %s: the script did not end in time", host).forHost(host)
	case errors.Is(err, context.Canceled):
		return failure(Stopped, err, "host %s: the script was stopped", host).forHost(host)
	case errors.Is(err, errNotBegun) && !isOpenRefused(err):
		return failure(Lost, err, "host %s: the connection broke before the script began, twice: %v", host, err).forHost(host)
	case isOpenRefused(err):
		return failure(Refused, err, "host %s: logged in, but %v: check MaxSessions in the sshd_config", host, err).forHost(host)
	}
	return failure(Lost, err, "host %s: the connection broke while the script ran: %v", host, err).forHost(host)
}
