package wire

import "time"

// LoginList is a list of one's own logins that last.
type LoginList struct {
	Tokens []Login `json:"tokens"`
}

// Login is a login that lasts, without its token.
type Login struct {
	ID      string    `json:"_id"`
	Kind    string    `json:"kind" enum:"token,session"` // session: of a browser
	Method  string    `json:"method" enum:"credentials,token,oidc"`
	Address string    `json:"address"` // where it was asked for
	Issued  time.Time `json:"issued_at"`
	Expires time.Time `json:"expires_at"`
	Used    time.Time `json:"used_at"` // last, to the minute
}

// KeyRequest asks for an API key.
type KeyRequest struct {
	Name     string `json:"name"`
	Expires  string `json:"expires_at,omitempty"` // a time within the next 366 days; 90 days from now when it is left out
	ReadOnly bool   `json:"read_only,omitempty"`  // nothing may be changed by it
}

// Key is an API key, without its secret.
type Key struct {
	ID       string     `json:"_id"`
	Name     string     `json:"name"`
	ReadOnly bool       `json:"read_only"`
	Issued   time.Time  `json:"issued_at"`
	Expires  time.Time  `json:"expires_at"`
	Used     *time.Time `json:"used_at,omitempty"` // last, to the minute; absent when it was never used
}

// NewKey is an API key with its secret, which is told this once.
type NewKey struct {
	Key
	Secret string `json:"key"` // for the header X-Auth-Token
}

// KeyList is a list of one's own API keys.
type KeyList struct {
	Keys []Key `json:"keys"`
}
