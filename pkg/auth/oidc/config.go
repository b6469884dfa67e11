package oidc

import (
	"cmp"
	"errors"
	"net"
	"net/url"
	"os"
	"slices"
	"strings"

	"calipso.io/calipso/pkg/document"
)

// CallbackPath is where the provider sends a browser back to.
const CallbackPath = "/login/oidc/callback"

// Config says who the provider is, and what it knows of Calipso.
type Config struct {
	Issuer           string   `json:"issuer"` // URL of the provider, as it names itself
	ClientID         string   `json:"client_id"`
	ClientSecret     string   `json:"client_secret"` // "" for a public client
	ClientSecretFile string   `json:"client_secret_file"`
	RedirectURL      string   `json:"redirect_url"` // of Calipso, with CallbackPath
	Name             string   `json:"name"`         // that people know the provider by
	Scopes           []string `json:"scopes"`       // asked for beside openid
	UserClaim        string   `json:"user_claim"`   // holds the user's name
	GroupsClaim      string   `json:"groups_claim"`
	CAFile           string   `json:"ca_file"` // PEM file of the authorities to trust; "" for the system's
}

// ReadConfig reads a YAML file. All that is wrong with it is told, a line for each, with the file's name and the line.
func ReadConfig(path string) (Config, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return Config{}, err
	}
	c := Config{}
	doc, err := document.Read(document.Source{File: path, Content: content}, &c)
	if err != nil {
		return Config{}, err
	}
	if err := c.check(doc.Place()); err != nil {
		return Config{}, err
	}
	if c.ClientSecretFile != "" {
		secret, err := os.ReadFile(c.ClientSecretFile)
		if err != nil {
			return Config{}, doc.Place().Errorf("client_secret_file", "client_secret_file: %w", err)
		}
		c.ClientSecret = strings.TrimRight(string(secret), "\r\n")
	}
	if c.Scopes == nil {
		c.Scopes = []string{"profile"}
	}
	c.Scopes = append([]string{"openid"}, slices.DeleteFunc(c.Scopes, func(s string) bool { return s == "openid" })...)
	c.UserClaim, c.GroupsClaim = cmp.Or(c.UserClaim, "preferred_username"), cmp.Or(c.GroupsClaim, "groups")
	c.Name = cmp.Or(c.Name, hostOf(c.Issuer))
	return c, nil
}

func (c Config) check(at document.Place) error {
	var problems []error
	problem := func(key, format string, args ...any) {
		problems = append(problems, at.Errorf(key, key+": "+format, args...))
	}
	if !isSecureURL(c.Issuer) {
		problem("issuer", "%q must be the provider's URL, as https://sso.example.com", c.Issuer)
	}
	if c.ClientID == "" {
		problem("client_id", "it is missing: the provider gives one when Calipso is registered with it")
	}
	if u, err := url.Parse(c.RedirectURL); err != nil || !isSecureURL(c.RedirectURL) || u.Path != CallbackPath || u.RawQuery != "" {
		problem("redirect_url", "%q must be Calipso's URL, as https://calipso.example.com%s", c.RedirectURL, CallbackPath)
	}
	if c.ClientSecret != "" && c.ClientSecretFile != "" {
		problem("client_secret_file", "client_secret is given, too: keep one of them")
	}
	return errors.Join(problems...)
}

// isSecureURL tells whether nobody but the server that a URL names can answer there: over TLS, or on this machine.
func isSecureURL(text string) bool {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.User != nil || u.Fragment != "" {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Scheme == "https" || u.Scheme == "http" && (u.Hostname() == "localhost" || ip != nil && ip.IsLoopback())
}

func hostOf(text string) string {
	if u, err := url.Parse(text); err == nil {
		return u.Hostname()
	}
	return text
}
