package oidc

import (
	"context"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/oauth2"
)

// claims are what a provider says of a user.
type claims struct {
	subject string
	all     map[string]any
}

const maxName = 256 // characters

// user reads who it is of what the provider says: in the token and, where that is too short, when it is asked again.
func (p *Provider) user(ctx context.Context, d *discovered, token *oauth2.Token, c claims) (User, error) {
	if c.all[p.config.UserClaim] == nil || c.all[p.config.GroupsClaim] == nil {
		if err := p.askAgain(ctx, d, token, &c); err != nil {
			return User{}, err
		}
	}
	name, _ := c.all[p.config.UserClaim].(string)
	if strings.TrimSpace(name) != name || name == "" || !utf8.ValidString(name) || utf8.RuneCountInString(name) > maxName ||
		strings.ContainsFunc(name, unicode.IsControl) {
		return User{}, refused("the provider tells no name: user_claim %q", p.config.UserClaim)
	}
	if verified, _ := c.all["email_verified"].(bool); p.config.UserClaim == "email" && !verified {
		return User{}, refused("the provider has not verified that the address is the user's")
	}
	return User{Name: name, Subject: c.subject, Groups: texts(c.all[p.config.GroupsClaim])}, nil
}

// askAgain adds what the provider says when it is asked about the user. What the token says stays.
func (p *Provider) askAgain(ctx context.Context, d *discovered, token *oauth2.Token, c *claims) error {
	if d.UserInfoEndpoint() == "" {
		return nil
	}
	info, err := d.UserInfo(ctx, oauth2.StaticTokenSource(token))
	if err != nil {
		return refused("the provider does not say who the user is: %w", err)
	}
	if !same(info.Subject, c.subject) {
		return refused("the provider speaks of another user")
	}
	var more map[string]any
	if err := info.Claims(&more); err != nil {
		return refused("the provider does not say who the user is: %w", err)
	}
	for name, value := range more {
		if c.all[name] == nil {
			c.all[name] = value
		}
	}
	return nil
}

// texts returns the texts of a claim that is one or a list.
func texts(claim any) (all []string) {
	if one, ok := claim.(string); ok {
		return []string{one}
	}
	list, _ := claim.([]any)
	for _, entry := range list {
		if text, ok := entry.(string); ok {
			all = append(all, text)
		}
	}
	return all
}
