package slapdtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// writeCertificates makes the server's certificate (server.pem, server.key) for 127.0.0.1, the authority that it is from and
// another one.
func writeCertificates(t testing.TB, folder string) (ca, otherCA string) {
	t.Helper()
	authority, authorityKey := certificate(t, "Test CA", nil, nil)
	other, _ := certificate(t, "Another CA", nil, nil)
	server, serverKey := certificate(t, "localhost", authority, authorityKey)
	key, err := x509.MarshalPKCS8PrivateKey(serverKey)
	if err != nil {
		t.Fatal(err)
	}
	writePEM(t, filepath.Join(folder, "server.pem"), "CERTIFICATE", server.Raw)
	writePEM(t, filepath.Join(folder, "server.key"), "PRIVATE KEY", key)
	ca, otherCA = filepath.Join(folder, "ca.pem"), filepath.Join(folder, "other.pem")
	writePEM(t, ca, "CERTIFICATE", authority.Raw)
	writePEM(t, otherCA, "CERTIFICATE", other.Raw)
	return ca, otherCA
}

// certificate makes a certificate of an authority, or an authority when there is none.
func certificate(t testing.TB, name string, parent *x509.Certificate, parentKey *ecdsa.PrivateKey) (*x509.Certificate, *ecdsa.PrivateKey) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), BasicConstraintsValid: true, IsCA: parent == nil,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign}
	if parent == nil {
		parent, parentKey = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), parentKey)
	if err != nil {
		t.Fatal(err)
	}
	made, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return made, key
}

func writePEM(t testing.TB, path, kind string, der []byte) {
	t.Helper()
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
}
