// Package optest is an OpenID Connect provider for tests. It keeps to the protocol, unless a test makes it lie.
package optest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc/oidctest"
)

// What the provider knows of its only client.
const (
	ClientID     = "calipso"
	ClientSecret = "client's secret"
)

// Provider is a running provider. Whoever comes to log in is its user, without being asked.
type Provider struct {
	URL    string
	CAFile string
	Key    *ecdsa.PrivateKey

	// A test may change these, between requests.
	Redirect string                                           // the only address that browsers are sent back to
	Claims   map[string]any                                   // of the user, beside sub
	UserInfo map[string]any                                   // what it says when it is asked about the user
	Lie      func(claims map[string]any)                      // changes a token's claims
	Sign     func(claims []byte, honest func() string) string // makes a token in another way
	Deny     string                                           // the error that it sends browsers back with

	mu     sync.Mutex
	codes  map[string]url.Values // that may still be used → what was asked for
	keys   oidctest.Server
	server *httptest.Server
}

// Start starts a provider, which ends with the test.
func Start(t testing.TB) *Provider {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p := &Provider{Key: key, codes: map[string]url.Values{}, CAFile: filepath.Join(t.TempDir(), "op.pem")}
	p.Claims = map[string]any{"preferred_username": "olga", "groups": []string{"netops"}}
	p.keys.PublicKeys = []oidctest.PublicKey{{PublicKey: crypto.PublicKey(key.Public()), KeyID: "k", Algorithm: "ES256"}}
	p.server = httptest.NewTLSServer(p)
	t.Cleanup(p.server.Close)
	p.URL = p.server.URL
	if err := os.WriteFile(p.CAFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: p.server.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	return p
}

// ServeHTTP answers as the provider.
func (p *Provider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch r.URL.Path {
	case "/.well-known/openid-configuration":
		answer(w, http.StatusOK, map[string]any{"issuer": p.URL, "authorization_endpoint": p.URL + "/authorize", "token_endpoint": p.URL + "/token",
			"jwks_uri": p.URL + "/keys", "userinfo_endpoint": p.URL + "/userinfo", "end_session_endpoint": p.URL + "/end?x=1",
			"id_token_signing_alg_values_supported": []string{"ES256", "none", "HS256"}})
	case "/keys":
		p.keys.ServeHTTP(w, r)
	case "/authorize":
		p.authorize(w, r)
	case "/token":
		p.token(w, r)
	case "/userinfo":
		answer(w, http.StatusOK, p.UserInfo)
	default:
		http.NotFound(w, r)
	}
}

func (p *Provider) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if q.Get("redirect_uri") != p.Redirect || q.Get("client_id") != ClientID || q.Get("response_type") != "code" || q.Get("code_challenge_method") != "S256" {
		http.Error(w, "this client may not ask for this", http.StatusBadRequest)
		return
	}
	back := url.Values{"state": {q.Get("state")}, "iss": {p.URL}}
	if p.Deny != "" {
		back.Set("error", p.Deny)
	} else {
		code := rand.Text()
		p.codes[code] = q
		back.Set("code", code)
	}
	http.Redirect(w, r, p.Redirect+"?"+back.Encode(), http.StatusFound)
}

// token gives a token for a code: once, to the client that knows its secret and the code's verifier.
func (p *Provider) token(w http.ResponseWriter, r *http.Request) {
	user, secret, _ := r.BasicAuth()
	user, _ = url.QueryUnescape(user)
	secret, _ = url.QueryUnescape(secret)
	if user != ClientID || secret != ClientSecret {
		answer(w, http.StatusUnauthorized, map[string]any{"error": "invalid_client"})
		return
	}
	asked, ok := p.codes[r.PostFormValue("code")]
	delete(p.codes, r.PostFormValue("code"))
	challenge := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	if !ok || base64.RawURLEncoding.EncodeToString(challenge[:]) != asked.Get("code_challenge") || r.PostFormValue("redirect_uri") != p.Redirect {
		answer(w, http.StatusBadRequest, map[string]any{"error": "invalid_grant"})
		return
	}
	now := time.Now()
	claims := map[string]any{"iss": p.URL, "sub": "subject-of-olga", "aud": ClientID, "nonce": asked.Get("nonce"), "iat": now.Unix(), "exp": now.Add(5 * time.Minute).Unix()}
	maps.Copy(claims, p.Claims)
	if p.Lie != nil {
		p.Lie(claims)
	}
	answer(w, http.StatusOK, map[string]any{"access_token": "access", "token_type": "Bearer", "expires_in": 300, "id_token": p.sign(claims)})
}

func (p *Provider) sign(claims map[string]any) string {
	text, err := json.Marshal(claims)
	if err != nil {
		panic(err)
	}
	honest := func() string { return oidctest.SignIDToken(p.Key, "k", "ES256", string(text)) }
	if p.Sign != nil {
		return p.Sign(text, honest)
	}
	return honest()
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

// Browser returns a client that believes the provider's certificate, keeps cookies if it is given a jar, and follows no
// redirect.
func (p *Provider) Browser(jar http.CookieJar) *http.Client {
	return &http.Client{Jar: jar, Transport: p.server.Client().Transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}
