package ssh

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	xssh "golang.org/x/crypto/ssh"
)

// Addr returns "<host>:<port>".
func (l Login) Addr() string { return net.JoinHostPort(l.Host, strconv.Itoa(l.Port)) }

// authMethods turns the key, then the password, into ways to log in.
func (l Login) authMethods() (methods []xssh.AuthMethod, what string, err error) {
	var names []string
	if l.Key != "" {
		signer, err := parseKey(l.Key)
		if err != nil {
			return nil, "", err
		}
		methods, names = append(methods, xssh.PublicKeys(signer)), append(names, "key")
	}
	if l.Pwd != "" {
		methods = append(methods, xssh.Password(l.Pwd), xssh.KeyboardInteractive(l.answer))
		names = append(names, "password")
	}
	return methods, strings.Join(names, " and "), nil
}

// answer gives the password to hosts that ask for it by question instead of by the method "password".
func (l Login) answer(_, _ string, questions []string, echos []bool) ([]string, error) {
	answers := make([]string, len(questions))
	for i := range questions {
		if !echos[i] {
			answers[i] = l.Pwd
		}
	}
	return answers, nil
}

// parseKey reads a private key from PEM text or from the file at an absolute path.
func parseKey(key string) (xssh.Signer, error) {
	pem := []byte(key)
	if filepath.IsAbs(key) {
		var err error
		if pem, err = os.ReadFile(key); err != nil {
			return nil, fmt.Errorf("read the private key: %w", err)
		}
	}
	signer, err := xssh.ParsePrivateKey(pem)
	var locked *xssh.PassphraseMissingError
	switch {
	case errors.As(err, &locked):
		return nil, errors.New("the private key has a passphrase: give one without")
	case err != nil:
		return nil, errors.New("the private key can't be read: it must be PEM text, or the absolute path of a PEM file")
	}
	return signer, nil
}
