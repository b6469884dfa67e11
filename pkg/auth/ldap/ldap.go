// Package ldap checks names and passwords with an LDAP directory, and reads the groups of who logs in.
package ldap

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/go-ldap/ldap/v3"

	"calipso.io/calipso/pkg/auth"
)

// Directory is an LDAP directory. It can be used by several goroutines at once, each login has a connection of its own.
type Directory struct {
	config Config
	tls    *tls.Config
	scope  int
	turn   chan struct{} // one for each login that may ask at once
}

// User is somebody who is in the directory.
type User struct {
	Name   string   // as the directory has it, however it was typed
	Groups []string // their distinguished names, as CanonicalDN writes them
}

const (
	atOnce      = 16               // logins that ask the directory
	patience    = 10 * time.Second // for a login
	dialTimeout = 3 * time.Second  // for one of several servers
	maxName     = 256              // characters
	maxPassword = 1024             // bytes
)

// memberOf is the attribute of users that many directories keep with the groups that they are in.
const memberOf = "memberOf"

// New returns the directory of a configuration. It asks nothing of it yet: a directory that does not answer keeps no server
// from starting.
func New(c Config) (*Directory, error) {
	secure, err := c.tlsConfig()
	if err != nil {
		return nil, err
	}
	scope := ldap.ScopeWholeSubtree
	if c.QueryScope == "one" {
		scope = ldap.ScopeSingleLevel
	}
	return &Directory{config: c, tls: secure, scope: scope, turn: make(chan struct{}, atOnce)}, nil
}

// Login returns who has this name and password. The error is auth.ErrPassword when nobody has; any other one means that the
// directory could not say, and says why.
func (d *Directory) Login(ctx context.Context, name, password string) (User, error) {
	// A bind without a password succeeds, and says nothing about anybody.
	if password == "" || len(password) > maxPassword || !plausible(name) {
		return User{}, auth.ErrPassword
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	select {
	case d.turn <- struct{}{}:
		defer func() { <-d.turn }()
	case <-ctx.Done():
		return User{}, fmt.Errorf("wait for other logins by LDAP: %w", ctx.Err())
	}
	conn, err := d.connect(ctx)
	if err != nil {
		return User{}, err
	}
	defer conn.Close()
	if d.config.User == "" {
		return d.loginDirectly(conn, name, password)
	}
	return d.loginFound(conn, name, password)
}

// plausible tells whether a name can be anybody's. What it lets through is still escaped wherever it goes.
func plausible(name string) bool {
	return strings.TrimSpace(name) != "" && utf8.ValidString(name) && utf8.RuneCountInString(name) <= maxName &&
		!strings.ContainsFunc(name, unicode.IsControl)
}

// loginDirectly logs in as the entry that has the name right below the users' tree.
func (d *Directory) loginDirectly(conn *ldap.Conn, name, password string) (User, error) {
	c := d.config
	bindDN := c.UserIDAttribute + "=" + ldap.EscapeDN(name) + "," + c.UserTreeDN
	if err := bindUser(conn, bindDN, password); err != nil {
		return User{}, err
	}
	entry, err := d.findOne(conn, bindDN, ldap.ScopeBaseObject, d.filter(""))
	if err != nil {
		return User{}, err
	}
	if entry == nil {
		return User{}, fmt.Errorf("%s can log in, but can't read its own entry, or that is of another object class than user_objectclass", bindDN)
	}
	return d.user(conn, entry)
}

// loginFound looks for the entry that has the name, by an account that may, and logs in as that.
func (d *Directory) loginFound(conn *ldap.Conn, name, password string) (User, error) {
	if err := d.bindSelf(conn); err != nil {
		return User{}, err
	}
	entry, err := d.findOne(conn, d.config.UserTreeDN, d.scope, d.filter(name))
	if err != nil {
		return User{}, err
	}
	if entry == nil || entry.DN == "" { // a bind without a name succeeds, too
		return User{}, auth.ErrPassword
	}
	if err := bindUser(conn, entry.DN, password); err != nil {
		return User{}, err
	}
	if err := d.bindSelf(conn); err != nil {
		return User{}, err
	}
	return d.user(conn, entry)
}

func (d *Directory) bindSelf(conn *ldap.Conn) error {
	if err := conn.Bind(d.config.User, d.config.Password); err != nil {
		return fmt.Errorf("log in to %s as %s: %w", d.urls(), d.config.User, err)
	}
	return nil
}

// bindUser logs in with somebody's password.
func bindUser(conn *ldap.Conn, bindDN, password string) error {
	err := conn.Bind(bindDN, password)
	// Servers have several answers for a name that is not there, an account that is locked, an entry without a password.
	if ldap.IsErrorAnyOf(err, ldap.LDAPResultInvalidCredentials, ldap.LDAPResultNoSuchObject, ldap.LDAPResultInvalidDNSyntax,
		ldap.LDAPResultInappropriateAuthentication, ldap.LDAPResultUnwillingToPerform, ldap.LDAPResultConstraintViolation) {
		return auth.ErrPassword
	}
	if err != nil {
		return fmt.Errorf("log in as %s: %w", bindDN, err)
	}
	return nil
}

// filter selects users, by their name unless it is "".
func (d *Directory) filter(name string) string {
	filter := "(objectClass=" + cmp.Or(d.config.UserObjectClass, "*") + ")"
	if name == "" {
		return filter
	}
	return "(&" + filter + "(" + d.config.UserIDAttribute + "=" + ldap.EscapeFilter(name) + "))"
}

// findOne returns the only entry that a search finds, or nil when it finds none.
func (d *Directory) findOne(conn *ldap.Conn, base string, scope int, filter string) (*ldap.Entry, error) {
	const few = 2
	found, err := conn.Search(ldap.NewSearchRequest(base, scope, ldap.NeverDerefAliases, few, 0, false, filter,
		[]string{d.config.UserIDAttribute, memberOf}, nil))
	switch {
	case scope == ldap.ScopeBaseObject && ldap.IsErrorWithCode(err, ldap.LDAPResultNoSuchObject):
		return nil, nil
	case ldap.IsErrorWithCode(err, ldap.LDAPResultSizeLimitExceeded) || err == nil && len(found.Entries) > 1:
		return nil, fmt.Errorf("below %s there are several entries with %s", base, filter)
	case err != nil:
		return nil, fmt.Errorf("look for %s below %s: %w", filter, base, err)
	case len(found.Entries) == 0:
		return nil, nil
	}
	return found.Entries[0], nil
}

func (d *Directory) urls() string { return strings.Join(d.config.URLs, ", ") }

// connect returns an encrypted connection to the first server that answers.
func (d *Directory) connect(ctx context.Context) (*ldap.Conn, error) {
	var problems []error
	for _, url := range d.config.URLs {
		conn, err := d.dial(ctx, url)
		if err == nil {
			return conn, nil
		}
		problems = append(problems, fmt.Errorf("connect to %s: %w", url, err))
	}
	return nil, errors.Join(problems...)
}
