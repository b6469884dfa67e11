package wire

import "time"

// TokenRequest asks for a token.
type TokenRequest struct {
	Auth *TokenAuth `json:"auth"`
}

// TokenAuth says who asks for a token. Of the methods that are given, credentials come first.
type TokenAuth struct {
	Methods     []string     `json:"methods" enum:"credentials,token"`
	Credentials *Credentials `json:"credentials,omitempty"`
	Token       string       `json:"token,omitempty"` // one that is still valid
}

// Credentials are a user's name and password.
type Credentials struct {
	Username string `json:"username"`
	Password string `json:"password"`
}

// Token is what a login gives.
type Token struct {
	ID      string    `json:"_id"`
	Token   string    `json:"token"` // for the header X-Auth-Token
	Issued  time.Time `json:"issued_at"`
	Expires time.Time `json:"expires_at"`
	Method  string    `json:"method" enum:"credentials,token"`
}

// LoginForm is what the form to log in sends.
type LoginForm struct {
	Username string `json:"username"`
	Password string `json:"password"`
	Next     string `json:"next,omitempty"` // the page to go to, on this server
}
