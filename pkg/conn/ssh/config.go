package ssh

import (
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"calipso.io/calipso/pkg/conn/hooks"
	"calipso.io/calipso/pkg/model"
)

// Config says how to reach the hosts of one environment. Of the limits and times, zero means the default.
type Config struct {
	Environment string // named in messages
	Gateway     Login  // the host that the others are reached through
	Hosts       []Login
	KnownHosts  string   `json:"-"` // text of a known_hosts file; when there is one, no other host key is accepted
	HostKeys    HostKeys `json:"-"` // needed unless there are KnownHosts

	MaxConnections int           // to one host; 4
	MaxSessions    int           // simultaneous scripts on one connection; 8
	DialTimeout    time.Duration // for connecting; 5 s
	LoginTimeout   time.Duration // for the handshake and login, which a busy host takes its time for; 20 s
	RunTimeout     time.Duration // of a script, from when it may begin; 60 s
	KeepAlive      time.Duration // how often a connection must show that it lives; 15 s
	IdleTimeout    time.Duration // after which a connection that nothing uses is closed; 60 s
	MaxOutput      int64         // bytes of one script's stdout and stderr together; 64 MiB

	Hooks hooks.Hooks `json:"-"` // around OperationDial and OperationScript
}

// Operations that Hooks are told of.
const (
	OperationDial   = "dial"   // opening a connection to the gateway, or through it
	OperationScript = "script" // running one
)

// Login is a host and how to log in to it.
type Login struct {
	Name string // what the host is called by Run's callers; "" for the gateway
	Host string // host name or IP address
	Port int
	User string
	Pwd  string `json:"-"`
	Key  string `json:"-"` // private key: PEM text, or the absolute path of a file
}

// FromSection reads an environment's CLI section: host, port (22), user, pwd and/or key, known_hosts, and hosts, a list
// of {name, host, port, user, pwd, key} for hosts that the gateway itself can't log in to. What such an entry doesn't
// have is taken from the section, the host from its name. The section's secrets must have been opened before.
func FromSection(env string, section model.Section) (Config, error) {
	fail := func(err error) (Config, error) {
		return Config{}, fmt.Errorf("environment %s: CLI section: %w", env, err)
	}
	if section == nil {
		return fail(errors.New("there is none: it says how to log in to the cloud's hosts (host, user, and pwd or key)"))
	}
	gateway, err := login(section, Login{Port: 22})
	if err != nil {
		return fail(err)
	}
	cfg := Config{Environment: env, Gateway: gateway, KnownHosts: section.Str("known_hosts")}
	cfg.Gateway.Name = ""
	for i, entry := range section.Hosts() {
		defaults := gateway
		defaults.Host, defaults.Port = entry.Name(), 22
		host, err := login(entry, defaults)
		if err == nil && host.Name == "" {
			err = errors.New("name is missing")
		}
		if err != nil {
			return fail(fmt.Errorf("hosts[%d]: %w", i, err))
		}
		cfg.Hosts = append(cfg.Hosts, host)
	}
	return cfg, nil
}

// login reads one set of credentials; one that has neither pwd nor key gets both from the defaults.
func login(section model.Section, defaults Login) (Login, error) {
	l := Login{Name: section.Name(), Host: section.Str("host"), Port: defaults.Port, User: section.Str("user"),
		Pwd: section.Str("pwd"), Key: section.Str("key")}
	if l.Host == "" {
		l.Host = defaults.Host
	}
	if l.User == "" {
		l.User = defaults.User
	}
	if l.Pwd == "" && l.Key == "" {
		l.Pwd, l.Key = defaults.Pwd, defaults.Key
	}
	if port := section.Str("port"); port != "" {
		n, err := strconv.Atoi(port)
		if err != nil || n < 1 || n > 65535 {
			return l, fmt.Errorf("port %q is not a number from 1 to 65535", port)
		}
		l.Port = n
	}
	switch {
	case l.Host == "":
		return l, errors.New("host is missing")
	case l.User == "":
		return l, errors.New("user is missing")
	case l.Pwd == "" && l.Key == "":
		return l, errors.New("one of pwd and key is needed")
	}
	return l, nil
}

func (c Config) withDefaults() Config {
	c.MaxConnections = orDefault(c.MaxConnections, 4)
	c.MaxSessions = orDefault(c.MaxSessions, 8)
	c.DialTimeout = orDefault(c.DialTimeout, 5*time.Second)
	c.LoginTimeout = orDefault(c.LoginTimeout, 20*time.Second)
	c.RunTimeout = orDefault(c.RunTimeout, 60*time.Second)
	c.KeepAlive = orDefault(c.KeepAlive, 15*time.Second)
	c.IdleTimeout = orDefault(c.IdleTimeout, 60*time.Second)
	c.MaxOutput = orDefault(c.MaxOutput, 64<<20)
	return c
}

func (c Config) withoutSecrets() Config {
	c.Gateway.Pwd, c.Gateway.Key, c.Hosts = "", "", nil
	return c
}

func orDefault[N int | int64 | time.Duration](n, def N) N {
	if n <= 0 {
		return def
	}
	return n
}

// String names the environment and the gateway, never the secrets; so do Config's other ways to be printed.
func (c Config) String() string {
	return fmt.Sprintf("ssh(%s via %s, %d own hosts)", c.Environment, c.Gateway, len(c.Hosts))
}

// GoString is String.
func (c Config) GoString() string { return c.String() }

// LogValue is String.
func (c Config) LogValue() slog.Value { return slog.StringValue(c.String()) }

// String is user@host:port, without the secrets; so are Login's other ways to be printed.
func (l Login) String() string { return fmt.Sprintf("%s@%s", l.User, l.Addr()) }

// GoString is String.
func (l Login) GoString() string { return l.String() }

// LogValue is String.
func (l Login) LogValue() slog.Value { return slog.StringValue(l.String()) }
