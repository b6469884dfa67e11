package app

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
)

// writePair writes a certificate for localhost with a serial number, and its key, into a folder.
func writePair(t *testing.T, folder string, serial int64) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	keyBytes, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	writePEM(t, filepath.Join(folder, "tls.crt"), "CERTIFICATE", cert)
	writePEM(t, filepath.Join(folder, "tls.key"), "PRIVATE KEY", keyBytes)
}

func writePEM(t *testing.T, path, kind string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: data}), 0o600); err != nil {
		t.Fatal(err)
	}
}

// serveTLS serves a certificate's files over TLS, and returns the address and the log.
func serveTLS(t *testing.T, folder string) (address string, log *bytes.Buffer) {
	t.Helper()
	log = &bytes.Buffer{}
	pair, err := newCertificate(filepath.Join(folder, "tls.crt"), filepath.Join(folder, "tls.key"), slog.New(slog.NewTextHandler(log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	group, ctx := errgroup.WithContext(ctx)
	serveHTTP(ctx, group, listener{l, pair}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.Proto) }),
		slog.New(slog.DiscardHandler), func() {})
	t.Cleanup(func() {
		stop()
		if err := group.Wait(); err != nil {
			t.Error(err)
		}
	})
	return l.Addr().String(), log
}

// serial shakes hands, and returns the serial number of the certificate that was shown.
func serial(t *testing.T, address string) int64 {
	t.Helper()
	conn, err := tls.Dial("tcp", address, &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	return conn.ConnectionState().PeerCertificates[0].SerialNumber.Int64()
}

// TestCertificateIsRenewed: what is in the files is used without a restart, when it can be.
func TestCertificateIsRenewed(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	writePair(t, folder, 1)
	address, log := serveTLS(t, folder)
	if got := serial(t, address); got != 1 {
		t.Fatalf("certificate %d", got)
	}
	writePair(t, folder, 2)
	if got := serial(t, address); got != 2 {
		t.Errorf("certificate %d, though there is a second one", got)
	}
	other := t.TempDir()
	writePair(t, other, 3)
	if err := os.Rename(filepath.Join(other, "tls.crt"), filepath.Join(folder, "tls.crt")); err != nil { // without its key
		t.Fatal(err)
	}
	for range 2 {
		if got := serial(t, address); got != 2 {
			t.Errorf("certificate %d, though the third one has no key", got)
		}
	}
	if n := strings.Count(log.String(), "can't be used"); n != 1 {
		t.Errorf("logged %d times:\n%s", n, log)
	}
	if err := os.Remove(filepath.Join(folder, "tls.key")); err != nil {
		t.Fatal(err)
	}
	if got := serial(t, address); got != 2 || !strings.Contains(log.String(), "no such file") {
		t.Errorf("certificate %d without a key's file; log:\n%s", got, log)
	}
	if err := os.Rename(filepath.Join(other, "tls.key"), filepath.Join(folder, "tls.key")); err != nil {
		t.Fatal(err)
	}
	if got := serial(t, address); got != 3 {
		t.Errorf("certificate %d, though the third one has its key now", got)
	}
}

// TestCertificateOfKubernetes: a secret's files are links into a folder that is itself a link, which is swapped.
func TestCertificateOfKubernetes(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	swap := func(to string) {
		t.Helper()
		if err := os.Symlink(to, filepath.Join(folder, "..new")); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(filepath.Join(folder, "..new"), filepath.Join(folder, "..data")); err != nil {
			t.Fatal(err)
		}
	}
	writePair(t, filepath.Join(folder, "..2026_1"), 1)
	writePair(t, filepath.Join(folder, "..2026_2"), 2)
	swap("..2026_1")
	for _, name := range []string{"tls.crt", "tls.key"} {
		if err := os.Symlink(filepath.Join("..data", name), filepath.Join(folder, name)); err != nil {
			t.Fatal(err)
		}
	}
	address, _ := serveTLS(t, folder)
	if got := serial(t, address); got != 1 {
		t.Fatalf("certificate %d", got)
	}
	swap("..2026_2")
	if got := serial(t, address); got != 2 {
		t.Errorf("certificate %d after the swap", got)
	}
}

// TestHandshakes: old versions of TLS are refused, and HTTP/2 is spoken.
func TestHandshakes(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	writePair(t, folder, 1)
	address, _ := serveTLS(t, folder)
	for version, ok := range map[uint16]bool{tls.VersionTLS11: false, tls.VersionTLS12: true, tls.VersionTLS13: true} {
		conn, err := tls.Dial("tcp", address, &tls.Config{InsecureSkipVerify: true, MinVersion: version, MaxVersion: version})
		if (err == nil) != ok {
			t.Errorf("%s: %v", tls.VersionName(version), err)
		}
		if err == nil {
			conn.Close()
		}
	}
	client := &http.Client{Transport: &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	t.Cleanup(client.CloseIdleConnections)
	answer, err := client.Get("https://" + address)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.ProtoMajor != 2 {
		t.Errorf("it speaks %s", answer.Proto)
	}
}

// TestNoCertificate: a server that has been told of a certificate does not start without it.
func TestNoCertificate(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	log := slog.New(slog.DiscardHandler)
	if _, err := newCertificate(filepath.Join(folder, "tls.crt"), filepath.Join(folder, "tls.key"), log); err == nil || !strings.Contains(err.Error(), "tls.crt") {
		t.Errorf("without files: %v", err)
	}
	writePair(t, folder, 1)
	if err := os.WriteFile(filepath.Join(folder, "tls.key"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := newCertificate(filepath.Join(folder, "tls.crt"), filepath.Join(folder, "tls.key"), log); err == nil || !strings.Contains(err.Error(), "tls.key") {
		t.Errorf("with a key that is none: %v", err)
	}
}

// TestCommandsBesideTLS: with a certificate the API is at an https address, and commands of this machine still find it.
func TestCommandsBesideTLS(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	writePair(t, folder, 7)
	c := Config{Data: t.TempDir(), Listen: "127.0.0.1:0", TLSCert: filepath.Join(folder, "tls.crt"), TLSKey: filepath.Join(folder, "tls.key")}
	a, err := Open(t.Context(), c, slog.DiscardHandler)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.Close)
	ctx, stop := context.WithCancel(t.Context())
	started, ended := make(chan string, 1), make(chan error, 1)
	go func() { ended <- a.Run(ctx, Roles{API: true, Started: func(url, _ string) { started <- url }}) }()
	defer func() { <-ended }()
	defer stop()
	var url string
	select {
	case url = <-started:
	case err := <-ended:
		ended <- nil
		t.Fatal(err)
	}
	address, isTLS := strings.CutPrefix(url, "https://")
	if !isTLS || serial(t, address) != 7 {
		t.Errorf("the API is at %s", url)
	}
	client, done, err := Connect(t.Context(), c, false)
	if err != nil {
		t.Fatal(err)
	}
	defer done()
	if _, err := client.Environments(t.Context()); err != nil {
		t.Error(err)
	}
}
