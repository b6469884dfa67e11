package app

import (
	"fmt"
	"os"
	"time"

	"calipso.io/calipso/api"
	"calipso.io/calipso/pkg/auth/groups"
	"calipso.io/calipso/pkg/auth/ldap"
	"calipso.io/calipso/pkg/auth/oidc"
)

// Login says who may log in to the API beside the store's users, and for how long.
type Login struct {
	LDAP   string // CALIPSO_LDAP: file that describes the directory; none when empty
	OIDC   string // CALIPSO_OIDC: file that describes the OpenID Connect provider; none when empty
	Groups string // CALIPSO_GROUPS: file that says what their groups may do

	TokenLifetime time.Duration // CALIPSO_TOKEN_LIFETIME; 0 for the default
	SessionIdle   time.Duration // CALIPSO_SESSION_IDLE; 0 for the default
}

func (s *settings) login() Login {
	return Login{
		LDAP: os.Getenv("CALIPSO_LDAP"), OIDC: os.Getenv("CALIPSO_OIDC"), Groups: os.Getenv("CALIPSO_GROUPS"),
		TokenLifetime: s.duration("CALIPSO_TOKEN_LIFETIME", 5*time.Minute, 366*24*time.Hour),
		SessionIdle:   s.duration("CALIPSO_SESSION_IDLE", 5*time.Minute, 366*24*time.Hour),
	}
}

// open reads the files into the API's configuration. The error names the variable, the file and the line.
func (l Login) open(a *App, c *api.Config) error {
	c.TokenLifetime, c.SessionIdle = l.TokenLifetime, l.SessionIdle
	if err := l.openLDAP(a, c); err != nil {
		return fmt.Errorf("CALIPSO_LDAP: %w", err)
	}
	if l.OIDC != "" {
		config, err := oidc.ReadConfig(l.OIDC)
		if err == nil {
			c.OIDC, err = oidc.New(config, c.Now)
		}
		if err != nil {
			return fmt.Errorf("CALIPSO_OIDC: %w", err)
		}
	}
	if l.Groups == "" {
		return nil
	}
	var err error
	if c.Groups, err = groups.Read(l.Groups); err != nil {
		return fmt.Errorf("CALIPSO_GROUPS: %w", err)
	}
	return nil
}

func (l Login) openLDAP(a *App, c *api.Config) error {
	if l.LDAP == "" {
		return nil
	}
	config, err := ldap.ReadConfig(l.LDAP)
	if err != nil {
		return err
	}
	for _, warning := range config.Warnings() {
		a.log.Warn("passwords of LDAP users are not safe", "file", l.LDAP, "reason", warning)
	}
	c.LDAP, err = ldap.New(config)
	return err
}
