// Package rest carries the requests of clients of JSON APIs. What its errors say is fit to be shown; the client adds what
// to look at.
package rest

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"syscall"
	"time"

	"calipso.io/calipso/pkg/conn/hooks"
	"calipso.io/calipso/pkg/trace"
)

// Config says how requests are made.
type Config struct {
	TLS     *tls.Config                // the system's authorities when nil
	Timeout time.Duration              // of one request, from its beginning to the end of its answer
	Hooks   hooks.Hooks                // around each request
	Name    func(*http.Request) string // what the hooks are told that a request is
}

// Transport carries requests. It reads each answer to its end, within a time and a size, and lets only JSON through;
// what the network or a proxy loses at random is asked for once more.
type Transport struct {
	base     http.RoundTripper
	config   Config
	maxBody  int64
	requests atomic.Int64
}

// ConnectTimeout is how long connecting may take, and the TLS handshake after it.
const ConnectTimeout = 5 * time.Second

const (
	maxBody    = 64 << 20
	maxIdle    = 8 // connections to one service
	retryDelay = 200 * time.Millisecond
)

// NewTransport makes a transport.
func NewTransport(cfg Config) *Transport {
	return &Transport{
		base: trace.Transport(&http.Transport{
			Proxy:               http.ProxyFromEnvironment,
			DialContext:         (&dialer{}).dial,
			TLSClientConfig:     cfg.TLS,
			TLSHandshakeTimeout: ConnectTimeout,
			MaxIdleConnsPerHost: maxIdle,
			IdleConnTimeout:     30 * time.Second,
			ForceAttemptHTTP2:   true,
		}),
		config:  cfg,
		maxBody: maxBody,
	}
}

// NoRedirects is for http.Client: it keeps passwords and tokens from being sent to wherever an answer points.
func NoRedirects(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// Requests returns how many HTTP requests were made so far, repeated ones included.
func (t *Transport) Requests() int64 { return t.requests.Load() }

// RoundTrip implements http.RoundTripper.
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := t.once(req)
	if !worthRepeating(resp, err) {
		return resp, err
	}
	select {
	case <-time.After(retryDelay):
	case <-req.Context().Done():
		return resp, err
	}
	again := req.Clone(req.Context())
	if req.GetBody != nil {
		if again.Body, err = req.GetBody(); err != nil {
			return nil, err
		}
	}
	return t.once(again)
}

func worthRepeating(resp *http.Response, err error) bool {
	if err != nil {
		return errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) || errors.Is(err, io.EOF)
	}
	return resp.StatusCode == http.StatusBadGateway || resp.StatusCode == http.StatusServiceUnavailable
}

// once makes one request when it may begin.
func (t *Transport) once(req *http.Request) (*http.Response, error) {
	end, err := t.config.Hooks.Begin(req.Context(), t.config.Name(req))
	if err != nil {
		return nil, err
	}
	resp, err := t.exchange(req)
	if err == nil && resp.StatusCode >= 400 {
		end(errors.New(resp.Status))
	} else {
		end(err)
	}
	return resp, err
}

// exchange sends a request and reads the answer, whose body is then in memory.
func (t *Transport) exchange(req *http.Request) (*http.Response, error) {
	limit := t.config.Timeout
	ctx, cancel := context.WithTimeoutCause(req.Context(), limit, fmt.Errorf("no answer within %s", limit))
	defer cancel()
	t.requests.Add(1)
	resp, err := t.base.RoundTrip(req.WithContext(ctx))
	if err != nil {
		return nil, causeOf(ctx, req, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, t.maxBody+1))
	if err != nil {
		return nil, causeOf(ctx, req, fmt.Errorf("the answer broke off after %d bytes: %w", len(body), err))
	}
	if err := t.check(resp, body); err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, nil
}

// causeOf says that our own time limit was passed, when it was that.
func causeOf(ctx context.Context, req *http.Request, err error) error {
	if ctx.Err() != nil && req.Context().Err() == nil {
		return context.Cause(ctx)
	}
	return err
}

func (t *Transport) check(resp *http.Response, body []byte) error {
	switch {
	case int64(len(body)) > t.maxBody:
		return fmt.Errorf("the answer has more than %d bytes", t.maxBody)
	case resp.StatusCode >= 300 || json.Valid(body):
		return nil
	case len(body) == 0:
		return errors.New("the answer is empty")
	case body[0] == '{':
		return fmt.Errorf("the answer, of %d bytes, is broken JSON: it ends with %s", len(body), Snippet(body[max(0, len(body)-60):]))
	}
	return fmt.Errorf("the answer is not JSON: %s", Snippet(body))
}
