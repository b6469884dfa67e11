package sqldb

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"time"

	"calipso.io/calipso/pkg/conn/hooks"
	"calipso.io/calipso/pkg/model"
	"github.com/go-sql-driver/mysql"
)

// Config says how a cloud's database is reached.
type Config struct {
	Host           string
	Port           int
	User, Password string
	Schema         string        // Neutron's schema, where there are several that might be it
	ConnectTimeout time.Duration // 5 s when zero

	Hooks hooks.Hooks // around queries; the operation is "query"
}

const (
	defaultPort           = 3306
	defaultConnectTimeout = 5 * time.Second
	queryTimeout          = 60 * time.Second
)

// FromSection reads the mysql section of an environment: host, port, user, pwd, schema and connect_timeout (seconds).
// The error names the key and what would be right.
func FromSection(s model.Section) (Config, error) {
	cfg := Config{Host: s.Str("host"), User: s.Str("user"), Password: s.Str("pwd"), Schema: s.Str("schema")}
	if cfg.Host == "" {
		return Config{}, fmt.Errorf("mysql section: host is empty; give the name or address of the database server")
	}
	if text := s.Str("port"); text != "" {
		port, err := strconv.Atoi(text)
		if err != nil || port < 1 || port > 65535 {
			return Config{}, fmt.Errorf("mysql section: port is %q; it is a number from 1 to 65535", text)
		}
		cfg.Port = port
	}
	if text := s.Str("connect_timeout"); text != "" {
		seconds, err := strconv.Atoi(text)
		if err != nil || seconds < 1 || seconds > 3600 {
			return Config{}, fmt.Errorf("mysql section: connect_timeout is %q; it is a number of seconds from 1 to 3600", text)
		}
		cfg.ConnectTimeout = time.Duration(seconds) * time.Second
	}
	return cfg.withDefaults(), nil
}

func (c Config) withDefaults() Config {
	if c.Port == 0 {
		c.Port = defaultPort
	}
	if c.ConnectTimeout == 0 {
		c.ConnectTimeout = defaultConnectTimeout
	}
	return c
}

func (c Config) address() string { return net.JoinHostPort(c.Host, strconv.Itoa(c.Port)) }

func (c Config) driver() *mysql.Config {
	d := mysql.NewConfig()
	d.Net, d.Addr, d.User, d.Passwd = "tcp", c.address(), c.User, c.Password
	d.Timeout, d.ReadTimeout, d.WriteTimeout = c.ConnectTimeout, queryTimeout, queryTimeout
	d.Logger = &mysql.NopLogger{} // everything is in the errors
	return d
}

// String leaves the credentials out.
func (c Config) String() string { return fmt.Sprintf("%s as %s", c.address(), c.User) }

// GoString is the same as String.
func (c Config) GoString() string { return c.String() }

// LogValue is the same as String.
func (c Config) LogValue() slog.Value { return slog.StringValue(c.String()) }

// MarshalJSON is the same as String.
func (c Config) MarshalJSON() ([]byte, error) { return json.Marshal(c.String()) }

const (
	errDatabaseDenied = 1044 // ER_DBACCESS_DENIED_ERROR
	errAccessDenied   = 1045 // ER_ACCESS_DENIED_ERROR
	errTableDenied    = 1142 // ER_TABLEACCESS_DENIED_ERROR
)

// explain says which database it was, and what would be right.
func (c *Client) explain(err error) error {
	var server *mysql.MySQLError
	var dial *net.OpError
	switch {
	case errors.As(err, &server) && server.Number == errAccessDenied:
		return fmt.Errorf("the database at %s refused user %s: check user and pwd of the mysql section", c.cfg.address(), c.cfg.User)
	case errors.As(err, &server) && (server.Number == errDatabaseDenied || server.Number == errTableDenied):
		return fmt.Errorf("database at %s: %w: user %s needs the right to SELECT from Neutron's tables", c.cfg.address(), err, c.cfg.User)
	case errors.As(err, &dial) && dial.Op == "dial":
		return fmt.Errorf("database at %s: %w: check host and port of the mysql section", c.cfg.address(), err)
	case errors.Is(err, mysql.ErrMalformPkt) || errors.Is(err, mysql.ErrInvalidConn):
		return fmt.Errorf("database at %s: %w: is it a MySQL or MariaDB server? check host and port of the mysql section", c.cfg.address(), err)
	}
	return fmt.Errorf("database at %s: %w", c.cfg.address(), err)
}
