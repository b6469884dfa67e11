package oidc_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc/oidctest"
	"github.com/google/go-cmp/cmp"

	"calipso.io/calipso/pkg/auth/oidc"
	"calipso.io/calipso/pkg/auth/oidc/optest"
)

const redirect = "https://calipso.example.com" + oidc.CallbackPath

// provider starts a provider, and makes a client of it.
func provider(t *testing.T, change func(*oidc.Config)) (*optest.Provider, *oidc.Provider) {
	t.Helper()
	op := optest.Start(t)
	op.Redirect = redirect
	return op, client(t, op, change)
}

func client(t *testing.T, op *optest.Provider, change func(*oidc.Config)) *oidc.Provider {
	t.Helper()
	c := oidc.Config{Issuer: op.URL, ClientID: optest.ClientID, ClientSecret: optest.ClientSecret, RedirectURL: redirect, Name: "SSO",
		Scopes: []string{"openid", "groups"}, UserClaim: "preferred_username", GroupsClaim: "groups", CAFile: op.CAFile}
	if change != nil {
		change(&c)
	}
	p, err := oidc.New(c, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// browse goes where a browser is sent to, and returns what it is sent back with.
func browse(t *testing.T, op *optest.Provider, address string) url.Values {
	t.Helper()
	answer, err := op.Browser(nil).Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	back, err := answer.Location()
	if err != nil {
		t.Fatalf("%s: %d, %v", address, answer.StatusCode, err)
	}
	return back.Query()
}

// login goes through a whole login.
func login(t *testing.T, op *optest.Provider, p *oidc.Provider) (oidc.User, error) {
	t.Helper()
	pending, address, err := p.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return p.Finish(t.Context(), pending, browse(t, op, address))
}

func TestLogin(t *testing.T) {
	t.Parallel()
	op, p := provider(t, nil)
	pending, address, err := p.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	asked, err := url.Parse(address)
	if err != nil || asked.Query().Get("scope") != "openid groups" || strings.Contains(address, pending.Verifier) || asked.Query().Get("nonce") != pending.Nonce {
		t.Errorf("the browser is sent to %s, %v", address, err)
	}
	user, err := p.Finish(t.Context(), pending, browse(t, op, address))
	want := oidc.User{Name: "olga", Subject: "subject-of-olga", Groups: []string{"netops"}}
	if diff := cmp.Diff(want, user); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if again, _, err := p.Begin(t.Context()); err != nil || again.State == pending.State || again.Nonce == pending.Nonce || again.Verifier == pending.Verifier {
		t.Errorf("another login has the same secrets: %+v, %v", again, err)
	}
}

// TestAnswersRefused: what a browser comes back with is taken once, and only from the login that it began.
func TestAnswersRefused(t *testing.T) {
	t.Parallel()
	op, p := provider(t, nil)
	tests := map[string]func(pending *oidc.Pending, answer url.Values){
		"other state":     func(_ *oidc.Pending, a url.Values) { a.Set("state", "x") },
		"no state":        func(_ *oidc.Pending, a url.Values) { a.Del("state") },
		"nothing begun":   func(p *oidc.Pending, a url.Values) { *p = oidc.Pending{}; a.Set("state", "") },
		"other verifier":  func(p *oidc.Pending, _ url.Values) { p.Verifier = strings.Repeat("v", 43) },
		"other nonce":     func(p *oidc.Pending, _ url.Values) { p.Nonce = "x" },
		"no nonce":        func(p *oidc.Pending, _ url.Values) { p.Nonce = "" },
		"other code":      func(_ *oidc.Pending, a url.Values) { a.Set("code", "x") },
		"no code":         func(_ *oidc.Pending, a url.Values) { a.Del("code") },
		"other issuer":    func(_ *oidc.Pending, a url.Values) { a.Set("iss", "https://evil.example") },
		"the user denies": func(_ *oidc.Pending, a url.Values) { a.Set("error", "access_denied"); a.Del("code") },
	}
	for name, change := range tests {
		pending, address, err := p.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		answer := browse(t, op, address)
		change(&pending, answer)
		if user, err := p.Finish(t.Context(), pending, answer); !errors.Is(err, oidc.ErrRefused) || user.Name != "" {
			t.Errorf("%s: %+v, %v", name, user, err)
		}
	}
	pending, address, _ := p.Begin(t.Context())
	answer := browse(t, op, address)
	if _, err := p.Finish(t.Context(), pending, answer); err != nil {
		t.Fatal(err)
	}
	if user, err := p.Finish(t.Context(), pending, answer); !errors.Is(err, oidc.ErrRefused) || user.Name != "" {
		t.Errorf("a code again: %+v, %v", user, err)
	}
}

// TestTokensRefused: only a token that this provider signed, for Calipso, for this login, and that is valid now, is believed.
func TestTokensRefused(t *testing.T) {
	t.Parallel()
	op, p := provider(t, nil)
	stranger, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	public, err := x509.MarshalPKIXPublicKey(op.Key.Public())
	if err != nil {
		t.Fatal(err)
	}
	lies := map[string]func(map[string]any){
		"other nonce":           func(c map[string]any) { c["nonce"] = "x" },
		"no nonce":              func(c map[string]any) { delete(c, "nonce") },
		"other audience":        func(c map[string]any) { c["aud"] = "another" },
		"no audience":           func(c map[string]any) { delete(c, "aud") },
		"for another, too":      func(c map[string]any) { c["aud"] = []string{optest.ClientID, "another"} },
		"given to another":      func(c map[string]any) { c["aud"] = []string{optest.ClientID, "another"}; c["azp"] = "another" },
		"expired":               func(c map[string]any) { c["exp"] = time.Now().Add(-time.Second).Unix() },
		"never expires":         func(c map[string]any) { delete(c, "exp") },
		"not yet valid":         func(c map[string]any) { c["nbf"] = time.Now().Add(time.Hour).Unix() },
		"other issuer":          func(c map[string]any) { c["iss"] = "https://evil.example" },
		"no name":               func(c map[string]any) { c["preferred_username"] = "" },
		"a name of blanks":      func(c map[string]any) { c["preferred_username"] = " olga" },
		"a name with a newline": func(c map[string]any) { c["preferred_username"] = "ol\nga" },
		"a long name":           func(c map[string]any) { c["preferred_username"] = strings.Repeat("x", 257) },
		"a name of numbers":     func(c map[string]any) { c["preferred_username"] = 1 },
		"other access token":    func(c map[string]any) { c["at_hash"] = "AAAAAAAAAAAAAAAAAAAAAA" },
	}
	for name, lie := range lies {
		op.Lie = lie
		if user, err := login(t, op, p); !errors.Is(err, oidc.ErrRefused) || user.Name != "" {
			t.Errorf("%s: %+v, %v", name, user, err)
		}
	}
	op.Lie = nil
	encode := base64.RawURLEncoding.EncodeToString
	signs := map[string]func(claims []byte, honest func() string) string{
		"unsigned": func(c []byte, _ func() string) string {
			return encode([]byte(`{"alg":"none"}`)) + "." + encode(c) + "."
		},
		"stranger's key": func(c []byte, _ func() string) string { return oidctest.SignIDToken(stranger, "k", "ES256", string(c)) },
		"with the public key as a secret": func(c []byte, _ func() string) string {
			return oidctest.SignIDToken(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public}), "k", "HS256", string(c))
		},
		"changed": func(c []byte, honest func() string) string {
			part := strings.Split(honest(), ".")
			return part[0] + "." + encode([]byte(strings.Replace(string(c), "olga", "root", 1))) + "." + part[2]
		},
		"without signature": func(_ []byte, honest func() string) string {
			return honest()[:strings.LastIndexByte(honest(), '.')+1]
		},
		"no token": func([]byte, func() string) string { return "" },
	}
	for name, sign := range signs {
		op.Sign = sign
		if user, err := login(t, op, p); !errors.Is(err, oidc.ErrRefused) || user.Name != "" {
			t.Errorf("%s: %+v, %v", name, user, err)
		}
	}
	op.Sign = nil
	if user, err := login(t, op, p); err != nil || user.Name != "olga" {
		t.Errorf("an honest one: %+v, %v", user, err)
	}
}

// TestClaims: names and groups are where the provider has them: in the token, or told when it is asked again.
func TestClaims(t *testing.T) {
	t.Parallel()
	op := optest.Start(t)
	op.Redirect = redirect
	tests := map[string]struct {
		claims, info map[string]any
		user         string // the claim
		want         oidc.User
		refused      bool
	}{
		"one group": {claims: map[string]any{"preferred_username": "olga", "groups": "netops"}, want: oidc.User{Name: "olga", Groups: []string{"netops"}}},
		"asked again": {claims: nil, info: map[string]any{"sub": "subject-of-olga", "preferred_username": "olga", "groups": []any{"a", 1, "b"}},
			want: oidc.User{Name: "olga", Groups: []string{"a", "b"}}},
		"the token is believed": {claims: map[string]any{"preferred_username": "olga"},
			info: map[string]any{"sub": "subject-of-olga", "preferred_username": "root"}, want: oidc.User{Name: "olga"}},
		"told of another": {claims: nil, info: map[string]any{"sub": "another", "preferred_username": "olga", "groups": "a"}, refused: true},
		"told of nobody":  {claims: nil, info: map[string]any{"preferred_username": "olga"}, refused: true},
		"mail":            {claims: map[string]any{"email": "o@example.com", "email_verified": true, "groups": "a"}, user: "email", want: oidc.User{Name: "o@example.com", Groups: []string{"a"}}},
		"unverified mail": {claims: map[string]any{"email": "o@example.com", "email_verified": false, "groups": "a"}, user: "email", refused: true},
		"mail of unknown": {claims: map[string]any{"email": "o@example.com", "groups": "a"}, user: "email", refused: true},
		"subject":         {claims: map[string]any{"groups": "a"}, user: "sub", want: oidc.User{Name: "subject-of-olga", Groups: []string{"a"}}},
	}
	for name, tt := range tests {
		op.Claims, op.UserInfo = tt.claims, tt.info
		user, err := login(t, op, client(t, op, func(c *oidc.Config) {
			if tt.user != "" {
				c.UserClaim = tt.user
			}
		}))
		if !tt.refused {
			tt.want.Subject = "subject-of-olga"
		}
		if diff := cmp.Diff(tt.want, user); diff != "" || tt.refused != errors.Is(err, oidc.ErrRefused) || !tt.refused && err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
		}
	}
}

// TestProviderAway: a provider that does not answer is not one that refuses; once it answers, it is asked.
func TestProviderAway(t *testing.T) {
	t.Parallel()
	op, p := provider(t, nil)
	pending, address, err := p.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	answer := browse(t, op, address)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := p.Finish(gone, pending, answer); err == nil || errors.Is(err, oidc.ErrRefused) {
		t.Errorf("the provider does not answer: %v", err)
	}
	for name, change := range map[string]func(*oidc.Config){
		"nobody there":    func(c *oidc.Config) { c.Issuer = "https://127.0.0.1:1" },
		"other authority": func(c *oidc.Config) { c.CAFile = "" },
		"other issuer":    func(c *oidc.Config) { c.Issuer += "/realm" },
	} {
		if _, _, err := client(t, op, change).Begin(t.Context()); err == nil || errors.Is(err, oidc.ErrRefused) || !strings.Contains(err.Error(), "ask the OpenID provider https://127.0.0.1:") {
			t.Errorf("%s: %v", name, err)
		}
	}
	wrong := client(t, op, func(c *oidc.Config) { c.ClientSecret = "wrong" })
	if _, err := login(t, op, wrong); !errors.Is(err, oidc.ErrRefused) || !strings.Contains(err.Error(), "invalid_client") {
		t.Errorf("a wrong secret: %v", err)
	}
}

func TestLogoutURL(t *testing.T) {
	t.Parallel()
	op, p := provider(t, nil)
	want := op.URL + "/end?client_id=calipso&post_logout_redirect_uri=https%3A%2F%2Fcalipso.example.com%2Flogin&x=1"
	if got := p.LogoutURL(t.Context()); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got := client(t, op, func(c *oidc.Config) { c.Issuer = "https://127.0.0.1:1" }).LogoutURL(t.Context()); got != "" {
		t.Errorf("of a provider that is away: %s", got)
	}
}
