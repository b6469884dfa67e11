package apic

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"calipso.io/calipso/pkg/conn/rest"
)

// statusError is an answer that says that something is wrong.
type statusError struct {
	code     int
	text     string // what it says
	location string // where it sends us on to
}

func (e *statusError) Error() string {
	words := fmt.Sprintf("%d %s", e.code, http.StatusText(e.code))
	if e.text != "" {
		words += ": " + e.text
	}
	if e.code >= 300 && e.code < 400 {
		words += ": it sends us on to " + rest.Snippet([]byte(e.location)) + "; check host and port of the ACI section"
	}
	return words
}

// unauthorised tells whether the APIC did not accept the password or the token: it says both 401 and 403 to that.
func (e *statusError) unauthorised() bool {
	return e.code == http.StatusUnauthorized || e.code == http.StatusForbidden
}

// explain says in words why a request failed. What comes out holds none of our secrets, even when a server echoes them; a
// context's error can still be found in it.
func (c *Client) explain(request string, err error, token string) error {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	var status *statusError
	if errors.As(err, &status) {
		text := c.redact(status.Error(), token)
		if status.unauthorised() {
			text += fmt.Sprintf(": user %s needs a role that may read the fabric", c.cfg.User)
		}
		return fmt.Errorf("%s: %s", request, text)
	}
	if hint := hint(err); hint != "" {
		return fmt.Errorf("%s: %w: %s", request, err, hint)
	}
	return fmt.Errorf("%s: %w", request, err)
}

// hint says what to look at when a request got no answer.
func hint(err error) string {
	switch {
	case rest.Unverified(err):
		return "give the authority's certificate as ca_cert of the ACI section"
	case errors.Is(err, http.ErrSchemeMismatch):
		return "what is there does not speak TLS: check port of the ACI section"
	case rest.NotReached(err):
		return "check host and port of the ACI section"
	}
	return ""
}

func (c *Client) redact(text, token string) string {
	for _, secret := range []string{c.cfg.Password, token} {
		if secret != "" {
			text = strings.ReplaceAll(text, secret, "********")
		}
	}
	return text
}
