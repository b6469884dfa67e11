package amqp

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"time"

	"calipso.io/calipso/pkg/model"
)

// Config says how a cloud's message bus is reached, and what is taken from it.
type Config struct {
	Host           string
	Port           int
	User, Password string
	VHost          string
	TLS            *tls.Config // no TLS when nil

	Exchanges []string // that services send their notifications to
	Topics    []string // of notifications

	// Queue is the name of the queue, which must be nobody else's. It keeps Length messages (the latest) for KeepFor, and
	// is removed by the broker when nobody has used it for so long.
	Queue   string
	Length  int
	KeepFor time.Duration

	LookEvery time.Duration // at how the queue is; 5 s when zero
	Heartbeat time.Duration // a broker that is silent for three of them is gone; 10 s when zero
}

const (
	defaultPort    = 5672
	defaultTLSPort = 5671
	defaultVHost   = "/"
	defaultLength  = 20000
	defaultKeep    = time.Hour
	defaultLook    = 5 * time.Second
	connectTimeout = 5 * time.Second
	defaultBeat    = 10 * time.Second
	prefetch       = 500
	maxQueueBytes  = 256 << 20 // that the queue may take of the broker's memory and disk
)

// Exchanges that OpenStack's services use unless they are configured otherwise, and topics.
var (
	defaultExchanges = [...]string{"nova", "neutron"}
	defaultTopics    = [...]string{"notifications", "versioned_notifications"}
)

// FromSection reads the AMQP section of an environment: host, port, user, pwd, vhost, tls, ca_cert (PEM), exchanges,
// topics, queue_length and queue_ttl (seconds). The error names the key and what would be right.
func FromSection(s model.Section) (Config, error) {
	cfg := Config{Host: s.Str("host"), User: s.Str("user"), Password: s.Str("pwd"), VHost: s.Str("vhost"),
		Exchanges: model.Strings(s["exchanges"]), Topics: model.Strings(s["topics"])}
	if cfg.Host == "" {
		return Config{}, fmt.Errorf("AMQP section: host is empty; give the name or address of the message broker")
	}
	var err error
	if cfg.TLS, err = tlsOf(s); err != nil {
		return Config{}, err
	}
	if cfg.Port, err = number(s, "port", 65535); err != nil {
		return Config{}, err
	}
	if cfg.Length, err = number(s, "queue_length", 10_000_000); err != nil {
		return Config{}, err
	}
	seconds, err := number(s, "queue_ttl", 7*24*3600)
	if err != nil {
		return Config{}, err
	}
	cfg.KeepFor = time.Duration(seconds) * time.Second
	return cfg.withDefaults(), nil
}

// number reads a number from 1 on; 0 when it is left out.
func number(s model.Section, key string, most int) (int, error) {
	text := s.Str(key)
	if text == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > most {
		return 0, fmt.Errorf("AMQP section: %s is %q; it is a number from 1 to %d", key, text, most)
	}
	return n, nil
}

func tlsOf(s model.Section) (*tls.Config, error) {
	pem := s.Str("ca_cert")
	if s.Str("tls") != "true" && pem == "" {
		return nil, nil
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: s.Str("host")}
	if pem != "" {
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM([]byte(pem)) {
			return nil, fmt.Errorf("AMQP section: ca_cert holds no certificate; give the authority's certificate as PEM text")
		}
	}
	return config, nil
}

func (c Config) withDefaults() Config {
	port := defaultPort
	if c.TLS != nil {
		port = defaultTLSPort
	}
	c.Port = cmp.Or(c.Port, port)
	c.VHost = cmp.Or(c.VHost, defaultVHost)
	c.Length = cmp.Or(c.Length, defaultLength)
	c.KeepFor = cmp.Or(c.KeepFor, defaultKeep)
	c.Heartbeat = cmp.Or(c.Heartbeat, defaultBeat)
	c.LookEvery = cmp.Or(c.LookEvery, defaultLook)
	if len(c.Exchanges) == 0 {
		c.Exchanges = defaultExchanges[:]
	}
	if len(c.Topics) == 0 {
		c.Topics = defaultTopics[:]
	}
	return c
}

func (c Config) address() string { return net.JoinHostPort(c.Host, strconv.Itoa(c.Port)) }

// String leaves the credentials out.
func (c Config) String() string { return fmt.Sprintf("%s as %s", c.address(), c.User) }

// GoString is the same as String.
func (c Config) GoString() string { return c.String() }

// LogValue is the same as String.
func (c Config) LogValue() slog.Value { return slog.StringValue(c.String()) }

// MarshalJSON is the same as String.
func (c Config) MarshalJSON() ([]byte, error) { return json.Marshal(c.String()) }
