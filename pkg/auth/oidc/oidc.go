// Package oidc lets browsers log in by an OpenID Connect provider: the authorization code flow, with PKCE.
package oidc

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// ErrRefused is in the chain of errors of logins that are not let in: the provider says no, or what comes back from it is not
// what was asked for. Other errors mean that the provider could not be asked.
var ErrRefused = errors.New("the login is refused")

// Provider is an OpenID Connect provider. It can be used by several goroutines at once.
type Provider struct {
	config Config
	http   *http.Client
	now    func() time.Time

	mu         sync.Mutex
	discovered *discovered // nil until the provider has answered
}

// discovered is what the provider says of itself.
type discovered struct {
	*oidc.Provider
	endSession string
}

// Pending is a login that was begun. Only the browser that began it can go on with it: it keeps this, and nobody else can read
// or change it.
type Pending struct {
	State, Nonce, Verifier string
}

// User is somebody whom the provider knows.
type User struct {
	Name    string
	Subject string // never another one's, whatever the name
	Groups  []string
}

const patience = 10 * time.Second // for each answer of the provider

// New returns the provider of a configuration. It asks nothing of it yet: a provider that does not answer keeps no server from
// starting.
func New(c Config, now func() time.Time) (*Provider, error) {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	if c.CAFile != "" {
		text, err := os.ReadFile(c.CAFile)
		if err != nil {
			return nil, fmt.Errorf("ca_file: %w", err)
		}
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM(text) {
			return nil, fmt.Errorf("ca_file: %s has no certificate in PEM format", c.CAFile)
		}
		transport.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	}
	return &Provider{config: c, now: now, http: &http.Client{Transport: transport, Timeout: patience}}, nil
}

// Name is what people know the provider by.
func (p *Provider) Name() string { return p.config.Name }

// discover asks the provider where things are, until it has answered once.
func (p *Provider) discover(ctx context.Context) (*discovered, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.discovered != nil {
		return p.discovered, nil
	}
	// The library keeps this context to read the provider's keys later: it must not end with a request.
	provider, err := oidc.NewProvider(oidc.ClientContext(context.WithoutCancel(ctx), p.http), p.config.Issuer)
	if err != nil {
		return nil, fmt.Errorf("ask the OpenID provider %s: %w", p.config.Issuer, err)
	}
	var more struct {
		EndSession string `json:"end_session_endpoint"`
	}
	if err := provider.Claims(&more); err != nil {
		return nil, fmt.Errorf("ask the OpenID provider %s: %w", p.config.Issuer, err)
	}
	p.discovered = &discovered{provider, more.EndSession}
	return p.discovered, nil
}

func (p *Provider) oauth(d *discovered) *oauth2.Config {
	return &oauth2.Config{ClientID: p.config.ClientID, ClientSecret: p.config.ClientSecret, Endpoint: d.Endpoint(),
		RedirectURL: p.config.RedirectURL, Scopes: p.config.Scopes}
}

// Begin returns where to send a browser to log in, and what it has to come back with.
func (p *Provider) Begin(ctx context.Context) (Pending, string, error) {
	d, err := p.discover(ctx)
	if err != nil {
		return Pending{}, "", err
	}
	pending := Pending{State: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier()}
	return pending, p.oauth(d).AuthCodeURL(pending.State, oidc.Nonce(pending.Nonce), oauth2.S256ChallengeOption(pending.Verifier)), nil
}

// Finish returns who has logged in, of what the provider made the browser come back with.
func (p *Provider) Finish(ctx context.Context, pending Pending, answer url.Values) (User, error) {
	if !same(answer.Get("state"), pending.State) {
		return User{}, refused("this login was not begun by this browser, or another one was begun meanwhile")
	}
	if iss := answer.Get("iss"); iss != "" && iss != p.config.Issuer {
		return User{}, refused("the answer is another provider's")
	}
	if code := answer.Get("error"); code != "" {
		return User{}, refused("the provider says %q", code)
	}
	d, err := p.discover(ctx)
	if err != nil {
		return User{}, err
	}
	ctx = oidc.ClientContext(ctx, p.http)
	token, err := p.oauth(d).Exchange(ctx, answer.Get("code"), oauth2.VerifierOption(pending.Verifier))
	if no := new(oauth2.RetrieveError); errors.As(err, &no) && no.Response.StatusCode < 500 {
		return User{}, refused("the provider does not take the code: %q", no.ErrorCode)
	}
	if err != nil {
		return User{}, fmt.Errorf("ask the OpenID provider %s for a token: %w", p.config.Issuer, err)
	}
	claims, err := p.verify(ctx, d, token, pending.Nonce)
	if err != nil {
		return User{}, err
	}
	return p.user(ctx, d, token, claims)
}

// verify returns what the provider says of the user, if it is the provider that says it, to Calipso, about this login, now.
func (p *Provider) verify(ctx context.Context, d *discovered, token *oauth2.Token, nonce string) (claims, error) {
	raw, _ := token.Extra("id_token").(string)
	verified, err := d.VerifierContext(ctx, &oidc.Config{ClientID: p.config.ClientID, Now: p.now}).Verify(ctx, raw)
	if err != nil {
		return claims{}, refused("the provider's token can't be believed: %w", err)
	}
	var c claims
	if err := verified.Claims(&c.all); err != nil {
		return claims{}, refused("the provider's token can't be read: %w", err)
	}
	party, _ := c.all["azp"].(string)
	switch {
	case !same(verified.Nonce, nonce):
		return claims{}, refused("the provider's token is of another login")
	case party != "" && party != p.config.ClientID || party == "" && len(verified.Audience) > 1:
		return claims{}, refused("the provider's token is another program's")
	}
	if verified.AccessTokenHash != "" {
		if err := verified.VerifyAccessToken(token.AccessToken); err != nil {
			return claims{}, refused("the provider's token can't be believed: %w", err)
		}
	}
	c.subject = verified.Subject
	return c, nil
}

// LogoutURL is where to send a browser to end its session at the provider, or "" when that knows no such thing. The provider
// may ask the user, and send the browser back to Calipso.
func (p *Provider) LogoutURL(ctx context.Context) string {
	d, err := p.discover(ctx)
	if err != nil || !isSecureURL(d.endSession) {
		return ""
	}
	end, _ := url.Parse(d.endSession)
	back, _ := url.Parse(p.config.RedirectURL)
	query := end.Query()
	query.Set("client_id", p.config.ClientID)
	query.Set("post_logout_redirect_uri", back.Scheme+"://"+back.Host+"/login")
	end.RawQuery = query.Encode()
	return end.String()
}

// same compares secrets. An empty one is the same as none.
func same(a, b string) bool { return a != "" && subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

func refused(format string, args ...any) error {
	return fmt.Errorf("%w: %w", ErrRefused, fmt.Errorf(format, args...))
}
