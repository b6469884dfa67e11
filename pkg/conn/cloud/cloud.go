// Package cloud reads an OpenStack cloud's APIs. A Client remembers each answer, errors too, so what several fetchers
// need is asked once; make one for each scan.
//
// Its errors name the request and say in words what went wrong and what would be right; they hold no secrets.
package cloud

import (
	"context"
	"sync/atomic"

	"calipso.io/calipso/pkg/conn/memo"
	"calipso.io/calipso/pkg/conn/rest"
)

// Client reads one environment's OpenStack APIs. It may be used by many goroutines.
type Client struct {
	cfg     Config
	http    *rest.Transport
	answers *memo.Memo
	given   Given

	// oldCompute is set once Nova has refused the microversion that is asked for otherwise.
	oldCompute *atomic.Bool
}

// New makes a client. Nothing is sent before the first reading.
func New(cfg Config) *Client {
	cfg = cfg.withDefaults()
	return &Client{cfg: cfg, answers: &memo.Memo{}, oldCompute: &atomic.Bool{}, http: rest.NewTransport(rest.Config{TLS: cfg.TLS, Timeout: cfg.Timeout, Hooks: cfg.Hooks, Name: serviceOf})}
}

// Requests returns how many HTTP requests were made so far, repeated ones included.
func (c *Client) Requests() int64 { return c.http.Requests() }

// Forget drops the remembered lists of a region. They take much memory, and are not needed when objects were made of them.
func (c *Client) Forget(region string) { c.answers.Forget(region + "/") }

// Refresh drops everything that is remembered but the login, so that it is read again when it is asked for.
func (c *Client) Refresh() { c.answers.ForgetAllBut(login) }

// String names the cloud. It keeps the credentials out of logs.
func (c *Client) String() string { return "OpenStack cloud at " + c.cfg.identityURL() }

// GoString is the same as String.
func (c *Client) GoString() string { return c.String() }

// login is the name of the answer to logging in.
const login = "session"

// session returns the remembered login, and logs in at the first call.
func (c *Client) session(ctx context.Context) (*session, error) {
	return memo.Get(ctx, c.answers, login, c.login)
}
