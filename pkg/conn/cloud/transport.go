package cloud

import (
	"bytes"
	"context"
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

// transport carries requests. It reads each answer to its end, within a time and a size, and lets only JSON through;
// what the network or a proxy loses at random is asked for once more.
type transport struct {
	base     http.RoundTripper
	hooks    hooks.Hooks
	timeout  time.Duration
	maxBody  int64
	requests atomic.Int64
}

const (
	maxBody    = 64 << 20
	maxIdle    = 8 // connections to one service
	retryDelay = 200 * time.Millisecond
)

func newTransport(cfg Config) *transport {
	return &transport{
		base: trace.Transport(&http.Transport{
			Proxy:               http.ProxyFromEnvironment,
			DialContext:         (&dialer{}).dial,
			TLSClientConfig:     cfg.TLS,
			TLSHandshakeTimeout: connectTimeout,
			MaxIdleConnsPerHost: maxIdle,
			IdleConnTimeout:     30 * time.Second,
			ForceAttemptHTTP2:   true,
		}),
		hooks:   cfg.Hooks,
		timeout: cfg.Timeout,
		maxBody: maxBody,
	}
}

// RoundTrip implements http.RoundTripper.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
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
func (t *transport) once(req *http.Request) (*http.Response, error) {
	end, err := t.hooks.Begin(req.Context(), serviceOf(req))
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
func (t *transport) exchange(req *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithTimeoutCause(req.Context(), t.timeout, fmt.Errorf("no answer within %s", t.timeout))
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

func (t *transport) check(resp *http.Response, body []byte) error {
	switch {
	case int64(len(body)) > t.maxBody:
		return fmt.Errorf("the answer has more than %d bytes", t.maxBody)
	case resp.StatusCode >= 300 || json.Valid(body):
		return nil
	case len(body) == 0:
		return errors.New("the answer is empty")
	case body[0] == '{':
		return fmt.Errorf("the answer, of %d bytes, is broken JSON: it ends with %s", len(body), snippet(body[max(0, len(body)-60):]))
	}
	return fmt.Errorf("the answer is not JSON: %s", snippet(body))
}
