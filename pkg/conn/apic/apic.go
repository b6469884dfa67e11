// Package apic reads a Cisco ACI fabric from its controller, the APIC, over its REST API. A Client remembers each
// reading, errors too, so what several fetchers need is asked once: one query for each class of objects, whatever the size
// of the fabric, in pages. Make one for each scan.
//
// Its errors name the request and say in words what went wrong and what would be right; they hold no secrets.
package apic

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"calipso.io/calipso/pkg/conn/hooks"
	"calipso.io/calipso/pkg/conn/memo"
	"calipso.io/calipso/pkg/conn/rest"
	"calipso.io/calipso/pkg/model"
)

// Operation is what hooks are told that each request to an APIC is.
const Operation = "aci"

// Config says how an APIC is reached and read. It is always asked by HTTPS, and its certificate is verified.
type Config struct {
	Host           string
	Port           int // 443 when zero
	User, Password string
	TLS            *tls.Config // the system's authorities are trusted when nil

	Timeout  time.Duration    // of one request; 60 s when zero
	PageSize int              // objects a page; 1000 when zero
	Now      func() time.Time // time.Now when nil
	Hooks    hooks.Hooks      // around requests
}

const (
	defaultPort     = 443
	defaultTimeout  = 60 * time.Second
	defaultPageSize = 1000
)

// FromSection reads the ACI section of an environment: host, port, user, pwd and ca_cert (PEM). The error names the key
// and what would be right.
func FromSection(s model.Section) (Config, error) {
	cfg := Config{Host: s.Str("host"), User: s.Str("user"), Password: s.Str("pwd")}
	for key, value := range map[string]string{"host": cfg.Host, "user": cfg.User, "pwd": cfg.Password} {
		if value == "" {
			return Config{}, fmt.Errorf("ACI section: %s is empty", key)
		}
	}
	var err error
	if port := s.Str("port"); port != "" {
		if cfg.Port, err = strconv.Atoi(port); err != nil || cfg.Port < 1 || cfg.Port > 65535 {
			return Config{}, fmt.Errorf("ACI section: port is %q; it is a number from 1 to 65535", port)
		}
	}
	if cfg.TLS, err = rest.Authorities(s.Str("ca_cert")); err != nil {
		return Config{}, fmt.Errorf("ACI section: %w", err)
	}
	return cfg, nil
}

// Client reads one fabric. It may be used by many goroutines.
type Client struct {
	cfg     Config
	base    url.URL
	carrier *rest.Transport
	http    http.Client
	answers memo.Memo

	turn    chan struct{} // whoever is in it may use what follows
	session session
	refused error // why the APIC let nobody in: it is not asked again, since it may lock the user out
}

// New makes a client. Nothing is sent before the first reading.
func New(cfg Config) *Client {
	if cfg.Port == 0 {
		cfg.Port = defaultPort
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = defaultTimeout
	}
	if cfg.PageSize == 0 {
		cfg.PageSize = defaultPageSize
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	carrier := rest.NewTransport(rest.Config{TLS: cfg.TLS, Timeout: cfg.Timeout, Hooks: cfg.Hooks,
		Name: func(*http.Request) string { return Operation }})
	return &Client{
		cfg: cfg, carrier: carrier, turn: make(chan struct{}, 1),
		base: url.URL{Scheme: "https", Host: net.JoinHostPort(cfg.Host, strconv.Itoa(cfg.Port))},
		http: http.Client{Transport: carrier, CheckRedirect: rest.NoRedirects},
	}
}

// Login logs in. Readings do so by themselves.
func (c *Client) Login(ctx context.Context) error {
	_, err := c.token(ctx, "")
	return err
}

// Requests returns how many HTTP requests were made so far, repeated ones included.
func (c *Client) Requests() int64 { return c.carrier.Requests() }

// Refresh drops what is remembered, so that it is read again when it is asked for.
func (c *Client) Refresh() { c.answers.Forget("") }

// String names the APIC. It keeps the credentials out of logs.
func (c *Client) String() string { return "APIC at " + c.base.String() }

// GoString is the same as String.
func (c *Client) GoString() string { return c.String() }
