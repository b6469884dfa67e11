package amqp

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"calipso.io/calipso/pkg/model"
)

// network stands between the client and the broker, and may break.
type network struct {
	net.Listener
	mu     sync.Mutex
	conns  []net.Conn
	silent chan struct{} // closed when nothing passes anymore
}

func between(t *testing.T, listener net.Listener, broker string) *network {
	t.Helper()
	n := &network{Listener: listener, silent: make(chan struct{})}
	t.Cleanup(n.cut)
	go func() {
		for {
			client, err := n.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", broker)
			if err != nil {
				client.Close()
				continue
			}
			n.mu.Lock()
			n.conns = append(n.conns, client, server)
			n.mu.Unlock()
			go n.pass(server, client)
			go n.pass(client, server)
		}
	}()
	return n
}

func (n *network) pass(to, from net.Conn) {
	defer to.Close()
	buffer := make([]byte, 64<<10)
	for {
		size, err := from.Read(buffer)
		select {
		case <-n.silent:
			io.Copy(io.Discard, from)
			return
		default:
		}
		if _, writeErr := to.Write(buffer[:size]); err != nil || writeErr != nil {
			return
		}
	}
}

// cut breaks all connections; there are no new ones.
func (n *network) cut() {
	n.Close()
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, c := range n.conns {
		c.Close()
	}
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// through makes the configuration go another way to the broker.
func through(cfg Config, l net.Listener) Config {
	cfg.Host, cfg.Port = "127.0.0.1", l.Addr().(*net.TCPAddr).Port
	return cfg
}

// TestLabCut: a connection that breaks is noticed; what comes meanwhile is not lost.
func TestLabCut(t *testing.T) {
	t.Parallel()
	b := labBroker(t)
	n := between(t, listen(t), b.cfg.address())
	r := read(t, through(b.cfg, n)).ready()
	n.cut()
	r.fails("broker at 127.0.0.1:")
	b.send("notifications.info", "a")
	r = read(t, b.cfg)
	r.gets([]string{"a"})
	r.misses()
}

// TestLabSilent: a network that loses everything is noticed, too.
func TestLabSilent(t *testing.T) {
	t.Parallel()
	b := labBroker(t)
	n := between(t, listen(t), b.cfg.address())
	cfg := through(b.cfg, n)
	cfg.Heartbeat = time.Second
	r := read(t, cfg).ready()
	close(n.silent)
	r.fails("broker at 127.0.0.1:")
	b.send("notifications.info", "a")
	read(t, b.cfg).gets([]string{"a"})
}

// TestLabTLS: the broker is who its certificate says, by the environment's authority.
func TestLabTLS(t *testing.T) {
	t.Parallel()
	b := labBroker(t)
	authority, certificate := newAuthority(t)
	l := tls.NewListener(listen(t), &tls.Config{Certificates: []tls.Certificate{certificate}})
	n := between(t, l, b.cfg.address())
	config := func(section model.Section) Config {
		cfg := through(b.cfg, n)
		section["host"] = cfg.Host
		read, err := FromSection(section)
		if err != nil {
			t.Fatal(err)
		}
		cfg.TLS = read.TLS
		return cfg
	}
	r := read(t, config(model.Section{"ca_cert": authority})).ready()
	b.send("notifications.info", "a")
	r.gets([]string{"a"})

	another, _ := newAuthority(t)
	plain := config(model.Section{"ca_cert": authority})
	plain.Host, plain.Port = b.cfg.Host, b.cfg.Port
	for name, tt := range map[string]struct {
		cfg  Config
		want string
	}{
		"another authority":                {config(model.Section{"ca_cert": another}), "check host and ca_cert of the AMQP section"},
		"no authority":                     {config(model.Section{"tls": true}), "check host and ca_cert of the AMQP section"},
		"a broker without TLS":             {plain, "check port and tls of the AMQP section"},
		"without TLS to one that wants it": {config(model.Section{}), "check port and tls of the AMQP section"},
	} {
		err := Consume(t.Context(), tt.cfg, &reader{})
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error %v, want %q in it", name, err, tt.want)
		}
	}
}

// newAuthority makes an authority and a certificate of it for 127.0.0.1.
func newAuthority(t *testing.T) (authority string, certificate tls.Certificate) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	self := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, self, self, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return string(text), tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}
