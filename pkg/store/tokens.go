package store

import "time"

// Token is a secret by which somebody is let in. Only its hash is kept.
type Token struct {
	Hash     string    `json:"hash"` // SHA-256 of the secret, in hexadecimal
	Kind     TokenKind `json:"kind"`
	Name     string    `json:"name,omitempty"` // of a key
	ReadOnly bool      `json:"read_only,omitempty"`
	Method   string    `json:"method"` // how it was had: credentials, token, oidc

	User      string    `json:"user"`
	Source    string    `json:"source"`           // who knows the user: see auth.Identity
	Groups    []string  `json:"groups,omitempty"` // of the user there, when it was last asked
	Confirmed time.Time `json:"confirmed_at"`     // when the source last said that the user is one of its own

	Address string    `json:"address"` // where it was asked for
	Issued  time.Time `json:"issued_at"`
	Expires time.Time `json:"expires_at"`
	Used    time.Time `json:"used_at"` // last, to the minute
}

// TokenKind says what a token is for.
type TokenKind string

// Kinds of tokens.
const (
	LoginToken   TokenKind = "token"   // of a program that has logged in
	SessionToken TokenKind = "session" // of a browser: in its cookie
	KeyToken     TokenKind = "key"     // of a program that does not log in
)

// Owner is the user, told from those of the same name elsewhere.
func (t *Token) Owner() string { return t.Source + "/" + t.User }
