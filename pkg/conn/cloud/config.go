package cloud

import (
	"crypto/tls"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"calipso.io/calipso/pkg/conn/hooks"
	"calipso.io/calipso/pkg/conn/rest"
	"calipso.io/calipso/pkg/model"
)

// Config says how a cloud's APIs are reached and read.
type Config struct {
	Protocol string // "http" or "https"
	Host     string // of Keystone
	Port     int
	Path     string // before /v3, for a Keystone that is not at the root of its port: "identity"

	User, Password string
	Token          string // used when there is no password
	Project        string // that the token is for
	UserDomain     string
	ProjectDomain  string

	Region    string // only this region is read; all when empty
	Interface string // which of a service's endpoints is used: public, internal or admin
	TLS       *tls.Config

	Timeout  time.Duration // of one request; 60 s when zero
	PageSize int           // rows a page of listings; 1000, Nova's maximum, when zero

	Hooks hooks.Hooks // around requests; the operation is the type of the service that is asked: "compute"
}

const (
	defaultPort     = 5000
	defaultDomain   = "Default"
	defaultProject  = "admin"
	defaultTimeout  = 60 * time.Second
	defaultPageSize = 1000
)

// FromSection reads the OpenStack section of an environment: host, port, user, pwd, admin_token, admin_project,
// region, domain, user_domain, project_domain, protocol, path, endpoint_interface and ca_cert (PEM). The error names
// the key and what would be right.
func FromSection(s model.Section) (Config, error) {
	cfg := Config{
		Protocol: s.Str("protocol"), Host: s.Str("host"), Path: s.Str("path"),
		User: s.Str("user"), Password: s.Str("pwd"), Token: s.Str("admin_token"), Project: s.Str("admin_project"),
		UserDomain: first(s.Str("user_domain"), s.Str("domain")), ProjectDomain: first(s.Str("project_domain"), s.Str("domain")),
		Region: s.Str("region"), Interface: s.Str("endpoint_interface"),
	}
	var err error
	if cfg.Port, err = portOf(s.Str("port")); err != nil {
		return Config{}, err
	}
	if cfg.TLS, err = rest.Authorities(s.Str("ca_cert")); err != nil {
		return Config{}, fmt.Errorf("OpenStack section: %w", err)
	}
	cfg = cfg.withDefaults()
	return cfg, cfg.check()
}

func (c Config) check() error {
	if c.Host == "" {
		return fmt.Errorf("OpenStack section: host is empty; give the name or address of Keystone")
	}
	if c.Protocol != "http" && c.Protocol != "https" {
		return fmt.Errorf("OpenStack section: protocol is %q; it is http or https", c.Protocol)
	}
	if !slices.Contains(interfaces, c.Interface) {
		return fmt.Errorf("OpenStack section: endpoint_interface is %q; it is one of %s", c.Interface, strings.Join(interfaces, ", "))
	}
	if c.Password == "" && c.Token == "" {
		return fmt.Errorf("OpenStack section: pwd is empty; give the password of user %q, or an admin_token", c.User)
	}
	if c.User == "" && c.Password != "" {
		return fmt.Errorf("OpenStack section: user is empty; give a user that may read the whole cloud")
	}
	return nil
}

func (c Config) withDefaults() Config {
	c.Protocol = first(c.Protocol, "http")
	c.Project = first(c.Project, defaultProject)
	c.UserDomain = first(c.UserDomain, defaultDomain)
	c.ProjectDomain = first(c.ProjectDomain, defaultDomain)
	c.Interface = first(c.Interface, "public")
	c.Port = first(c.Port, defaultPort)
	c.Timeout = first(c.Timeout, defaultTimeout)
	c.PageSize = first(c.PageSize, defaultPageSize)
	return c
}

// identityURL returns where Keystone is, without a version and with a "/" at its end.
func (c Config) identityURL() string {
	u := url.URL{Scheme: c.Protocol, Host: net.JoinHostPort(c.Host, strconv.Itoa(c.Port)), Path: "/"}
	return u.JoinPath(c.Path, "/").String()
}

// String leaves the credentials out.
func (c Config) String() string { return fmt.Sprintf("%s as %s", c.identityURL(), c.User) }

// GoString is the same as String.
func (c Config) GoString() string { return c.String() }

// LogValue is the same as String.
func (c Config) LogValue() slog.Value { return slog.StringValue(c.String()) }

// MarshalJSON is the same as String.
func (c Config) MarshalJSON() ([]byte, error) { return json.Marshal(c.String()) }

func portOf(text string) (int, error) {
	if text == "" {
		return defaultPort, nil
	}
	port, err := strconv.Atoi(text)
	if err != nil || port < 1 || port > 65535 {
		return 0, fmt.Errorf("OpenStack section: port is %q; it is a number from 1 to 65535", text)
	}
	return port, nil
}

// first returns the first of the values that is not empty.
func first[T comparable](values ...T) (none T) {
	for _, v := range values {
		if v != none {
			return v
		}
	}
	return none
}
