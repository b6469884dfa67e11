package ssh

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"

	xssh "golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"
)

// HostKeys remembers the host keys of an environment's hosts. Hosts are named "address:port", keys have the format of
// authorized_keys: "ssh-ed25519 AAAA…".
type HostKeys interface {
	// Known returns the key that was accepted for the host, and whether there is one.
	Known(ctx context.Context, host string) (key string, ok bool, err error)
	// Accept remembers the key of a host that has none, and returns the key that is in force: another one when
	// somebody else was faster.
	Accept(ctx context.Context, host, key string) (accepted string, err error)
}

// check is the part of a host's connection that decides on the host key.
type check struct {
	algorithms []string // of the keys that are known, so that the host shows one of these; nil: any
	callback   xssh.HostKeyCallback
	advice     string // when the host has no key of these algorithms
}

// keyChecker makes the check for a host.
type keyChecker func(ctx context.Context, addr string) (check, error)

// newKeyChecker returns the checker for known_hosts text if there is any, else the one that trusts on first use.
func newKeyChecker(cfg Config) (keyChecker, error) {
	if strings.TrimSpace(cfg.KnownHosts) != "" {
		return fixedKeys(cfg.KnownHosts)
	}
	if cfg.HostKeys == nil {
		return nil, errors.New("ssh: neither known_hosts nor a place to remember host keys")
	}
	return func(ctx context.Context, addr string) (check, error) {
		return firstUse(ctx, cfg.HostKeys, cfg.Environment, addr)
	}, nil
}

// fixedKeys accepts the keys of a known_hosts text and no other.
func fixedKeys(text string) (keyChecker, error) {
	callback, err := parseKnownHosts(text)
	if err != nil {
		return nil, fmt.Errorf("CLI section's known_hosts: %w", err)
	}
	authority := strings.Contains(text, "@cert-authority")
	return func(_ context.Context, addr string) (check, error) {
		c := check{advice: "if it was installed anew, put its key into the CLI section's known_hosts", callback: func(_ string, remote net.Addr, key xssh.PublicKey) error {
			err := callback(addr, remote, key)
			if err == nil {
				return nil
			}
			return &Error{Code: HostKeyRefused, Err: err, Key: keyText(key), Message: fmt.Sprintf(
				"host key %s of %s is not in the CLI section's known_hosts, and no other is accepted (%v)",
				xssh.FingerprintSHA256(key), addr, err)}
		}}
		if !authority { // with one, the host shows a certificate, whose type the authority's key does not tell
			c.algorithms = listedAlgorithms(callback, addr)
		}
		return c, nil
	}, nil
}

// parseKnownHosts reads known_hosts text; the library reads it from files only.
func parseKnownHosts(text string) (xssh.HostKeyCallback, error) {
	file, err := os.CreateTemp("", "known_hosts")
	if err != nil {
		return nil, err
	}
	defer os.Remove(file.Name())
	defer file.Close()
	if _, err := file.WriteString(text); err != nil {
		return nil, err
	}
	callback, err := knownhosts.New(file.Name())
	if err != nil {
		return nil, errors.New(strings.ReplaceAll(err.Error(), file.Name()+":", "line "))
	}
	return callback, nil
}

// listedAlgorithms asks with a key that nobody has: the answer lists the keys that known_hosts has for the address.
func listedAlgorithms(callback xssh.HostKeyCallback, addr string) []string {
	var listed *knownhosts.KeyError
	if !errors.As(callback(addr, &net.TCPAddr{IP: net.IPv4zero}, noKey{}), &listed) {
		return nil
	}
	var algorithms []string
	for _, known := range listed.Want {
		algorithms = append(algorithms, algorithmsOf(known.Key.Type())...)
	}
	return algorithms
}

// firstUse accepts and remembers the key of a new host, and refuses a changed one.
func firstUse(ctx context.Context, keys HostKeys, env, addr string) (check, error) {
	known, ok, err := keys.Known(ctx, addr)
	if err != nil {
		return check{}, fmt.Errorf("look up the host key of %s: %w", addr, err)
	}
	var algorithms []string
	if ok {
		key, _, _, _, err := xssh.ParseAuthorizedKey([]byte(known))
		if err != nil {
			return check{}, fmt.Errorf("the remembered host key of %s: %w", addr, err)
		}
		algorithms = algorithmsOf(key.Type())
	}
	advice := fmt.Sprintf("if it was installed anew, accept its key with `calipso env accept-host-key %s %s`", env, addr)
	return check{algorithms: algorithms, advice: advice, callback: func(_ string, _ net.Addr, key xssh.PublicKey) error {
		inForce := known
		if !ok {
			var err error
			if inForce, err = keys.Accept(ctx, addr, keyText(key)); err != nil {
				return fmt.Errorf("remember the host key of %s: %w", addr, err)
			}
		}
		return compare(addr, inForce, key, advice)
	}}, nil
}

func compare(addr, inForce string, shown xssh.PublicKey, advice string) error {
	known, _, _, _, err := xssh.ParseAuthorizedKey([]byte(inForce))
	if err != nil {
		return fmt.Errorf("the remembered host key of %s: %w", addr, err)
	}
	if bytes.Equal(known.Marshal(), shown.Marshal()) {
		return nil
	}
	return &Error{Code: HostKeyRefused, Key: keyText(shown), Message: fmt.Sprintf(
		"host key of %s has changed from %s to %s: somebody may be in between; %s",
		addr, xssh.FingerprintSHA256(known), xssh.FingerprintSHA256(shown), advice)}
}

func keyText(key xssh.PublicKey) string {
	return strings.TrimSpace(string(xssh.MarshalAuthorizedKey(key)))
}

// algorithmsOf returns the signature algorithms that a host can show a key of this type with.
func algorithmsOf(keyType string) []string {
	if keyType == xssh.KeyAlgoRSA {
		return []string{xssh.KeyAlgoRSASHA512, xssh.KeyAlgoRSASHA256, xssh.KeyAlgoRSA}
	}
	return []string{keyType}
}

// noKey is a public key that equals no other.
type noKey struct{}

func (noKey) Type() string                         { return "none" }
func (noKey) Marshal() []byte                      { return nil }
func (noKey) Verify([]byte, *xssh.Signature) error { return errors.New("no key") }
