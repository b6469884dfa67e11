package probe

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"
	"time"

	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/plain"
)

// trial is the test of one target.
type trial struct {
	ctx    context.Context
	result model.TargetResult
}

// try does one step, which returns what was seen, and tells whether it went well. The first step that fails is the target's
// error.
func (t *trial) try(step string, do func(context.Context) (string, error)) bool {
	began := time.Now()
	seen, err := do(t.ctx)
	s := model.TestStep{Step: step, OK: err == nil, Result: plain.Text(seen), Milliseconds: time.Since(began).Milliseconds()}
	if err != nil {
		s.Result = plain.Text(t.words(err))
		t.fail(s.Result, hint(err))
	}
	t.result.Tried = append(t.result.Tried, s)
	return err == nil
}

// note adds what needed nothing to be tried.
func (t *trial) note(step, seen string) {
	t.result.Tried = append(t.result.Tried, model.TestStep{Step: step, OK: true, Result: plain.Text(seen)})
}

func (t *trial) fail(message, hint string) {
	if t.result.OK {
		t.result.OK, t.result.Error, t.result.Hint = false, message, hint
	}
}

// words are an error's, unless it is that the time was up.
func (t *trial) words(err error) string {
	if t.ctx.Err() != nil && errors.Is(err, context.DeadlineExceeded) {
		return "no answer in time: " + err.Error()
	}
	return err.Error()
}

// advised is an error with a hint of its own.
type advised struct {
	error
	hint string
}

func (a advised) Unwrap() error { return a.error }

// hint says what to look at, where the error's own words are only about what happened.
func hint(err error) string {
	var own advised
	var name *net.DNSError
	var authority x509.UnknownAuthorityError
	var host x509.HostnameError
	var dial *net.OpError
	switch {
	case errors.As(err, &own):
		return own.hint
	case errors.As(err, &name):
		return fmt.Sprintf("the machine of the worker does not know the name %s: is it written right, and does that machine ask the right name server?", name.Name)
	case errors.Is(err, syscall.ECONNREFUSED):
		return "the machine is there, but nothing listens at this port, or a firewall refuses: does the service run, and is the port open for the worker's machine?"
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return "there is no way to this address from the worker's machine: is the address right, and is there a route?"
	case errors.As(err, &authority):
		return "the certificate is of an authority that is not trusted: give that authority's certificate as ca_cert of the section"
	case errors.As(err, &host):
		return "the certificate is for another name: give the name that it is for as host of the section"
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded), errors.As(err, &dial) && dial.Timeout(), isTimeout(err):
		return "nothing answers: a firewall may drop what the worker's machine sends, the address may be another one, or the service hangs"
	}
	return ""
}

func isTimeout(err error) bool {
	var timeout interface{ Timeout() bool }
	return errors.As(err, &timeout) && timeout.Timeout() || strings.Contains(err.Error(), "no answer within")
}
