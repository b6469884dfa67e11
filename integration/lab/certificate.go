package lab

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"time"
)

// certify makes an authority, and a certificate of its for an address of this machine. It returns the authority's
// certificate in PEM.
func certify(address string) (authority string, certificate tls.Certificate, err error) {
	now := time.Now()
	ca := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Simulated fabric CA"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(1, 0, 0), KeyUsage: x509.KeyUsageCertSign,
	}
	server := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "apic1"}, IPAddresses: []net.IP{net.ParseIP(address)},
		NotBefore: ca.NotBefore, NotAfter: ca.NotAfter, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	caPublic, caKey, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return "", certificate, fmt.Errorf("make a certificate: %w", err)
	}
	public, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return "", certificate, fmt.Errorf("make a certificate: %w", err)
	}
	root, err := x509.CreateCertificate(rand.Reader, ca, ca, caPublic, caKey)
	if err != nil {
		return "", certificate, fmt.Errorf("make a certificate: %w", err)
	}
	leaf, err := x509.CreateCertificate(rand.Reader, server, ca, public, caKey)
	if err != nil {
		return "", certificate, fmt.Errorf("make a certificate: %w", err)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: root})
	return string(text), tls.Certificate{Certificate: [][]byte{leaf}, PrivateKey: key}, nil
}
