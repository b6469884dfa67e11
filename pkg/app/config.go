// Package app puts the roles together: which store, which Redis, which data folder, and what runs in this process.
package app

import (
	"cmp"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"time"

	"calipso.io/calipso/pkg/discover"
	"calipso.io/calipso/pkg/topology"
)

// Config is where things are. FromEnvironment reads it from environment variables; what may be secret also from the files
// that the variables CALIPSO_…_FILE name.
type Config struct {
	Data    string         // CALIPSO_DATA: folder for what is embedded; made when it is missing
	Store   string         // CALIPSO_STORE: mongodb://… or the path of an SQLite file; embedded in Data when empty
	Redis   string         // CALIPSO_REDIS: redis://…; embedded in the process when empty
	Listen  string         // CALIPSO_LISTEN: address of the API
	TLSCert string         // CALIPSO_TLS_CERT: file with the API's certificate; without TLS when empty
	TLSKey  string         // CALIPSO_TLS_KEY: file with the certificate's key
	Origins []string       // CALIPSO_CORS_ORIGINS: whose pages browsers may let use the API, with tokens
	Proxies []netip.Prefix // CALIPSO_PROXIES: proxies before the API, which are believed whom they ask for
	Key     string         // CALIPSO_KEY: 32 bytes in base64 or hexadecimal; generated into Data when empty
	Admin   string         // CALIPSO_ADMIN_PASSWORD: of the first user; generated when empty
	Server  string         // CALIPSO_SERVER: URL of the API that commands use; a server on this machine is found by itself
	Token   string         // CALIPSO_TOKEN: token for that API
	Config  string         // CALIPSO_CONFIG: folder with what replaces or adds to the shipped plan, clique types and so on
	Metrics string         // CALIPSO_METRICS_LISTEN: address of metrics without login; none when empty
	Level   slog.Level

	KeepAudit time.Duration // CALIPSO_AUDIT_KEEP: how long entries of the audit log are kept; a year when 0
	Import    int64         // CALIPSO_IMPORT_LIMIT: bytes that an imported inventory may have, given in MiB; the API's default when 0
	Login     Login

	// What a program brings that is built of this one: fetchers by their names, beside those of the catalogue, and link
	// finders.
	Fetchers map[string]discover.Constructor
	Finders  []topology.Finder
}

// DefaultListen is the address of the API when none is configured.
const DefaultListen = "127.0.0.1:8000"

// FromEnvironment reads the configuration. The error names the variable whose value can't be used.
func FromEnvironment() (Config, error) {
	var s settings
	c := Config{
		Data:    os.Getenv("CALIPSO_DATA"),
		Store:   s.secret("CALIPSO_STORE"),
		Redis:   s.secret("CALIPSO_REDIS"),
		Listen:  cmp.Or(os.Getenv("CALIPSO_LISTEN"), DefaultListen),
		TLSCert: os.Getenv("CALIPSO_TLS_CERT"),
		TLSKey:  os.Getenv("CALIPSO_TLS_KEY"),
		Origins: s.origins("CALIPSO_CORS_ORIGINS"),
		Proxies: s.networks("CALIPSO_PROXIES"),
		Key:     s.secret("CALIPSO_KEY"),
		Admin:   s.secret("CALIPSO_ADMIN_PASSWORD"),
		Server:  strings.TrimSuffix(os.Getenv("CALIPSO_SERVER"), "/"),
		Token:   s.secret("CALIPSO_TOKEN"),
		Config:  os.Getenv("CALIPSO_CONFIG"),
		Metrics: os.Getenv("CALIPSO_METRICS_LISTEN"),

		KeepAudit: s.duration("CALIPSO_AUDIT_KEEP", 24*time.Hour, 100*365*24*time.Hour),
		Import:    s.mebibytes("CALIPSO_IMPORT_LIMIT"),
		Login:     s.login(),
	}
	if (c.TLSCert == "") != (c.TLSKey == "") {
		s.problem("CALIPSO_TLS_CERT and CALIPSO_TLS_KEY go together: set both, or none")
	}
	if level := os.Getenv("CALIPSO_LOG_LEVEL"); level != "" {
		if err := c.Level.UnmarshalText([]byte(level)); err != nil {
			s.problem("CALIPSO_LOG_LEVEL: %q is not one of debug, info, warn, error", level)
		}
	}
	if c.Data == "" {
		home, err := os.UserConfigDir()
		if err != nil {
			s.problem("CALIPSO_DATA is not set, and there is no user data folder: %w", err)
		}
		c.Data = filepath.Join(home, "calipso")
	}
	return c, s.err()
}

// storeAddress is the store that is used: the configured one, or the embedded one.
func (c Config) storeAddress() string {
	return cmp.Or(c.Store, filepath.Join(c.Data, "calipso.db"))
}

// prepare makes the data folder.
func (c Config) prepare() error {
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return fmt.Errorf("data folder (CALIPSO_DATA): %w", err)
	}
	return nil
}

// URL is where commands find the API: the configured server, or one on this machine.
func (c Config) URL() string {
	host, port, err := net.SplitHostPort(c.Listen)
	if c.Server != "" || err != nil {
		return cmp.Or(c.Server, "http://"+c.Listen)
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, port)
}
