package ldap

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strings"

	"github.com/go-ldap/ldap/v3"
)

// tlsConfig says which servers are believed.
func (c Config) tlsConfig() (*tls.Config, error) {
	secure := &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: !c.Verify}
	if c.CACertFile == "" {
		return secure, nil
	}
	text, err := os.ReadFile(c.CACertFile)
	if err != nil {
		return nil, fmt.Errorf("tls_cacertfile: %w", err)
	}
	secure.RootCAs = x509.NewCertPool()
	if !secure.RootCAs.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("tls_cacertfile: %s has no certificate in PEM format", c.CACertFile)
	}
	return secure, nil
}

// Warnings say what of the configuration lets others read passwords.
func (c Config) Warnings() (warnings []string) {
	plain := func(url string) bool { return strings.HasPrefix(url, "ldap://") }
	for _, url := range c.URLs {
		if plain(url) && !c.StartTLS {
			warnings = append(warnings, "start_tls is false: passwords go to "+url+" as they are")
		}
	}
	if !c.Verify {
		warnings = append(warnings, "tls_req_cert is not demand: anybody between here and the directory can read passwords")
	}
	return warnings
}

// dial opens a connection to one server and, unless that is switched off, encrypts it.
func (d *Directory) dial(ctx context.Context, address string) (*ldap.Conn, error) {
	secure := d.tls.Clone()
	if u, err := url.Parse(address); err == nil {
		secure.ServerName = u.Hostname()
	}
	dialer := &net.Dialer{Timeout: dialTimeout}
	if deadline, ok := ctx.Deadline(); ok {
		dialer.Deadline = deadline
	}
	conn, err := ldap.DialURL(address, ldap.DialWithDialer(dialer), ldap.DialWithTLSConfig(secure))
	if err != nil {
		return nil, err
	}
	// The library knows no contexts: what waits for an answer ends with its connection.
	context.AfterFunc(ctx, func() { conn.Close() })
	if !d.config.StartTLS || strings.HasPrefix(address, "ldaps:") {
		return conn, nil
	}
	if err := conn.StartTLS(secure); err != nil {
		conn.Close()
		return nil, startTLSError(err)
	}
	return conn, nil
}

// startTLSError says what can be done when a server knows nothing of encryption.
func startTLSError(err error) error {
	if ldap.IsErrorAnyOf(err, ldap.LDAPResultProtocolError, ldap.LDAPResultUnavailable, ldap.LDAPResultUnwillingToPerform, ldap.LDAPResultOperationsError) {
		err = errors.Join(err, errors.New("passwords go over encrypted connections only, unless start_tls is false"))
	}
	return fmt.Errorf("StartTLS: %w", err)
}
