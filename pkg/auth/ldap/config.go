package ldap

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"
)

// Config says where a directory is, who is in it, and how it is asked.
type Config struct {
	URLs            []string // ldap://host:389 or ldaps://host:636; the first that answers is asked
	UserIDAttribute string   // holds the name by which people log in
	UserTreeDN      string   // below it are the users
	UserObjectClass string   // that users have; "" for any
	QueryScope      string   // one or sub: how far below

	// User and Password are of the account that looks for users. Without it they log in as
	// "<UserIDAttribute>=<name>,<UserTreeDN>".
	User, Password string

	GroupTreeDN          string // below it groups are looked for; "" for none: then only memberOf tells
	GroupObjectClass     string
	GroupMemberAttribute string

	StartTLS   bool   // encrypt connections to ldap://
	Verify     bool   // the server's certificate
	CACertFile string // PEM file of the authorities to trust; "" for the system's
}

// keys are what a file may have. A nil function: the key is known from other programs' files, and nothing depends on it.
func keys() map[string]func(c *Config, value string) error {
	text := func(field func(*Config) *string) func(*Config, string) error {
		return func(c *Config, value string) error { *field(c) = value; return nil }
	}
	return map[string]func(*Config, string) error{
		"url":                    (*Config).addURLs,
		"user_id_attribute":      attribute(func(c *Config) *string { return &c.UserIDAttribute }),
		"user_tree_dn":           dn(func(c *Config) *string { return &c.UserTreeDN }),
		"user_objectclass":       attribute(func(c *Config) *string { return &c.UserObjectClass }),
		"user_pass_attribute":    nil,
		"query_scope":            (*Config).setScope,
		"user":                   text(func(c *Config) *string { return &c.User }),
		"password":               text(func(c *Config) *string { return &c.Password }),
		"password_file":          (*Config).readPassword,
		"group_tree_dn":          dn(func(c *Config) *string { return &c.GroupTreeDN }),
		"group_objectclass":      attribute(func(c *Config) *string { return &c.GroupObjectClass }),
		"group_member_attribute": attribute(func(c *Config) *string { return &c.GroupMemberAttribute }),
		"start_tls":              (*Config).setStartTLS,
		"tls_req_cert":           (*Config).setVerify,
		"tls_cacertfile":         text(func(c *Config) *string { return &c.CACertFile }),
	}
}

// ReadConfig reads a file of lines "key value", with comments behind "#" at a line's beginning. All that is wrong with it
// is told, a line for each: "<file>:<line>: <what is wrong>".
func ReadConfig(path string) (Config, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return Config{}, err
	}
	c := Config{QueryScope: "sub", GroupObjectClass: "groupOfNames", GroupMemberAttribute: "member", StartTLS: true, Verify: true}
	known, seen, problems := keys(), map[string]bool{}, []error{}
	lines := bufio.NewScanner(bytes.NewReader(content))
	for number := 1; lines.Scan(); number++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		if err := c.set(line, known, seen); err != nil {
			problems = append(problems, fmt.Errorf("%s:%d: %w", path, number, err))
		}
	}
	if err := errors.Join(append(problems, lines.Err())...); err != nil {
		return Config{}, err
	}
	if err := c.check(); err != nil {
		return Config{}, fmt.Errorf("%s: %w", path, err)
	}
	return c, nil
}

// set takes one line.
func (c *Config) set(line string, known map[string]func(*Config, string) error, seen map[string]bool) error {
	end := strings.IndexAny(line, " \t")
	if end < 0 {
		return fmt.Errorf("%s: the value is missing: a line is a key, a blank and the value", line)
	}
	key, value := line[:end], strings.TrimSpace(line[end:])
	set, ok := known[key]
	switch {
	case !ok:
		return fmt.Errorf("%s: there is no such key", key)
	case seen[key] && key != "url":
		return fmt.Errorf("%s: it is given twice", key)
	}
	seen[key] = true
	if set == nil {
		return nil
	}
	if err := set(c, value); err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	return nil
}

// check looks at what belongs together.
func (c *Config) check() error {
	if c.URLs == nil {
		c.URLs = []string{"ldap://localhost:389"}
	}
	switch {
	case c.UserIDAttribute == "":
		return errors.New("user_id_attribute is missing: the attribute that holds the name by which people log in, such as uid")
	case c.UserTreeDN == "":
		return errors.New("user_tree_dn is missing: the entry below which the users are, such as ou=people,dc=example,dc=org")
	case (c.User == "") != (c.Password == ""):
		return errors.New("user and password: give both, or none to have users log in below user_tree_dn")
	}
	return nil
}

func (c *Config) addURLs(value string) error {
	for _, text := range strings.Fields(value) {
		u, err := url.Parse(text)
		if err != nil || u.Hostname() == "" || u.User != nil || strings.Trim(u.Path, "/") != "" || !slices.Contains([]string{"ldap", "ldaps"}, u.Scheme) {
			return fmt.Errorf("%q must be as ldap://host:389 or ldaps://host:636", text)
		}
		c.URLs = append(c.URLs, u.Scheme+"://"+u.Host)
	}
	return nil
}

func (c *Config) setScope(value string) (err error) {
	c.QueryScope, err = oneOf(value, "one", "sub")
	return err
}

func (c *Config) setStartTLS(value string) error {
	v, err := oneOf(value, "true", "false")
	c.StartTLS = v == "true"
	return err
}

func (c *Config) setVerify(value string) error {
	v, err := oneOf(value, "demand", "allow", "never")
	c.Verify = v == "demand"
	return err
}

func (c *Config) readPassword(path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if c.Password != "" {
		return errors.New("password is given, too: keep one of them")
	}
	c.Password = strings.TrimRight(string(text), "\r\n")
	return nil
}

func oneOf(value string, values ...string) (string, error) {
	if v := strings.ToLower(value); slices.Contains(values, v) {
		return v, nil
	}
	return "", fmt.Errorf("%q must be one of %s", value, strings.Join(values, ", "))
}

// attribute takes the name of an attribute or an object class, which becomes a part of filters and DNs.
func attribute(field func(*Config) *string) func(*Config, string) error {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.;"
	return func(c *Config, value string) error {
		if strings.Trim(value, letters) != "" {
			return fmt.Errorf("%q must be a name of letters, digits and \"-\", such as uid", value)
		}
		*field(c) = value
		return nil
	}
}

func dn(field func(*Config) *string) func(*Config, string) error {
	return func(c *Config, value string) error {
		if parsed, err := parseDN(value); err != nil || len(parsed.RDNs) == 0 {
			return fmt.Errorf("%q must be a distinguished name, such as ou=people,dc=example,dc=org", value)
		}
		*field(c) = value
		return nil
	}
}
