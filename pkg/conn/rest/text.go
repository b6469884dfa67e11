package rest

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"strings"
	"syscall"
	"unicode"
)

// Authorities returns the TLS settings that trust the given authorities, in PEM, and no others; nil, which stands for the
// system's, when there are none.
func Authorities(pem string) (*tls.Config, error) {
	if pem == "" {
		return nil, nil
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM([]byte(pem)) {
		return nil, errors.New("ca_cert holds no certificate; give the authority's certificate as PEM text")
	}
	return &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}, nil
}

// NotReached tells whether an error says that nothing was found at a request's address, rather than that what is there
// did not answer.
func NotReached(err error) bool {
	var dns *net.DNSError
	var dial *net.OpError
	return errors.As(err, &dns) || errors.Is(err, syscall.ECONNREFUSED) || errors.As(err, &dial) && dial.Op == "dial"
}

// Unverified tells whether an error says that the server's certificate is not of an authority that is trusted.
func Unverified(err error) bool {
	var authority x509.UnknownAuthorityError
	return errors.As(err, &authority)
}

// Snippet returns the beginning of a text that came from outside, fit for an error message: one line, nothing that a
// terminal would obey.
func Snippet(body []byte) string {
	const limit = 200
	text := strings.Join(strings.FieldsFunc(string(body[:min(len(body), 2*limit)]), func(r rune) bool {
		return unicode.IsSpace(r) || !unicode.IsPrint(r)
	}), " ")
	if runes := []rune(text); len(runes) > limit {
		return string(runes[:limit]) + "…"
	}
	return text
}
