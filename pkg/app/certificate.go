package app

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"sync"
)

// certificate is a TLS certificate in files, which are read whenever somebody connects: a renewed one is used from then on,
// however it came there. A pair that can't be used is logged, and the one before is kept.
type certificate struct {
	certFile, keyFile string
	log               *slog.Logger

	mu      sync.Mutex
	files   [2][]byte // of the pair that is used
	pair    *tls.Certificate
	problem string // with the files as they are now, as it was logged
}

// newCertificate reads a certificate, with those of its authorities after it, and its key, both in PEM.
func newCertificate(certFile, keyFile string, log *slog.Logger) (*certificate, error) {
	c := &certificate{certFile: certFile, keyFile: keyFile, log: log}
	return c, c.read()
}

// get returns the certificate for a handshake.
func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	problem := ""
	if err := c.read(); err != nil {
		problem = err.Error()
	}
	if problem != c.problem && problem != "" {
		c.log.Error("the API's new certificate can't be used, the one before is kept", "error", problem)
	}
	c.problem = problem
	return c.pair, nil
}

// read takes the pair that is in the files, if it is another one and its key fits.
func (c *certificate) read() error {
	cert, err := os.ReadFile(c.certFile)
	if err != nil {
		return err
	}
	key, err := os.ReadFile(c.keyFile)
	if err != nil {
		return err
	}
	if bytes.Equal(cert, c.files[0]) && bytes.Equal(key, c.files[1]) {
		return nil
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return fmt.Errorf("%s with %s: %w", c.certFile, c.keyFile, err)
	}
	c.files, c.pair = [2][]byte{cert, key}, &pair
	return nil
}
