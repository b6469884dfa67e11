package ssh

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"strings"
	"testing"

	xssh "golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"
)

func TestNewHostKeyIsAcceptedOnceAndRemembered(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	keys := &memory{keys: map[string]string{}}
	for range 2 {
		c := newClient(t, s.addr, func(cfg *Config) { cfg.HostKeys = keys })
		run(t, c, "gw", "echo")
	}
	if want := keyText(signer(t, s.key).PublicKey()); len(keys.keys) != 1 || keys.keys[s.addr] != want {
		t.Errorf("remembered %v, want %s for %s", keys.keys, want, s.addr)
	}
}

func TestChangedHostKeyIsRefused(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	old := newPublicKey(t)
	keys := &memory{keys: map[string]string{s.addr: keyText(old)}}
	c := newClient(t, s.addr, func(cfg *Config) { cfg.HostKeys = keys })
	_, err := c.Run(t.Context(), "node-2", []byte("echo"))
	shown := signer(t, s.key).PublicKey()
	wantError(t, err, HostKeyRefused, s.addr, xssh.FingerprintSHA256(old), xssh.FingerprintSHA256(shown),
		"`calipso env accept-host-key lab "+s.addr+"`")
	var e *Error
	if errors.As(err, &e); e.Key != keyText(shown) {
		t.Errorf("the error has the key %q, want %q", e.Key, keyText(shown))
	}
	if keys.keys[s.addr] != keyText(old) {
		t.Error("the remembered key was replaced")
	}
	if s.logins.Load() != 0 {
		t.Error("the password was sent to a host with another key")
	}
}

// A host that shows a key of another type than the one that is remembered is as suspicious as one with another key.
func TestHostKeyOfAnotherType(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	public, err := xssh.NewPublicKey(private.Public())
	if err != nil {
		t.Fatal(err)
	}
	c := newClient(t, s.addr, func(cfg *Config) {
		cfg.HostKeys = &memory{keys: map[string]string{s.addr: keyText(public)}}
	})
	_, err = c.Run(t.Context(), "node-2", []byte("echo"))
	wantError(t, err, HostKeyRefused, s.addr, "type", "calipso env accept-host-key")
}

// Somebody else may accept another key between the question and the answer.
type overtaken struct{ inForce string }

func (o overtaken) Known(context.Context, string) (string, bool, error) { return "", false, nil }
func (o overtaken) Accept(context.Context, string, string) (string, error) {
	return o.inForce, nil
}

type unavailable struct{}

var errDown = errors.New("store is down")

func (unavailable) Known(context.Context, string) (string, bool, error)    { return "", false, errDown }
func (unavailable) Accept(context.Context, string, string) (string, error) { return "", errDown }

func TestHostKeysOfTheStoreDecide(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c := newClient(t, s.addr, func(cfg *Config) { cfg.HostKeys = overtaken{keyText(newPublicKey(t))} })
	_, err := c.Run(t.Context(), "gw", []byte("echo"))
	wantError(t, err, HostKeyRefused, "changed")

	c = newClient(t, s.addr, func(cfg *Config) { cfg.HostKeys = unavailable{} })
	_, err = c.Run(t.Context(), "gw", []byte("echo"))
	if !errors.Is(err, errDown) {
		t.Errorf("error %v, want the store's", err)
	}
	if _, err := New(Config{Gateway: loginTo(t, s.addr)}); err == nil {
		t.Error("a client that checks no host keys was made")
	}
}

func TestKnownHostsAcceptNothingElse(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	right := knownhosts.Line([]string{s.addr}, signer(t, s.key).PublicKey())
	keys := &memory{keys: map[string]string{}}
	with := func(text string) *Client {
		return newClient(t, s.addr, func(cfg *Config) { cfg.HostKeys = keys; cfg.KnownHosts = text })
	}
	run(t, with("# the lab\n"+right+"\n"), "gw", "echo")
	run(t, with(knownhosts.Line([]string{knownhosts.HashHostname(knownhosts.Normalize(s.addr))}, signer(t, s.key).PublicKey())), "gw", "echo")
	for name, text := range map[string]string{
		"other key":  knownhosts.Line([]string{s.addr}, newPublicKey(t)),
		"other host": knownhosts.Line([]string{"10.9.9.9"}, signer(t, s.key).PublicKey()),
		"revoked":    "@revoked * " + keyText(signer(t, s.key).PublicKey()),
	} {
		_, err := with(text).Run(t.Context(), "gw", []byte("echo"))
		wantError(t, err, HostKeyRefused, s.addr, "known_hosts", xssh.FingerprintSHA256(signer(t, s.key).PublicKey()))
		if len(keys.keys) != 0 {
			t.Errorf("%s: a key was remembered", name)
		}
	}
	_, err := New(Config{Gateway: loginTo(t, s.addr), KnownHosts: "# fine\ngarbage\n"})
	if err == nil || !strings.Contains(err.Error(), "known_hosts: knownhosts: line 2") {
		t.Errorf("error %v, want one that names the line", err)
	}
}

func newPublicKey(t *testing.T) xssh.PublicKey {
	t.Helper()
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	return signer(t, key).PublicKey()
}
