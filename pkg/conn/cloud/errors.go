package cloud

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/gophercloud/gophercloud/v2"

	"calipso.io/calipso/pkg/conn/rest"
)

// explain says in words why a request failed. What comes out holds none of our secrets, even when a server echoes
// them; a context's error can still be found in it.
func (c *Client) explain(method, target string, err error) error {
	var reauth *gophercloud.ErrUnableToReauthenticate
	if errors.As(err, &reauth) {
		return c.refused(reauth.ErrReauth)
	}
	request := method + " " + target
	var status gophercloud.ErrUnexpectedResponseCode
	if errors.As(err, &status) {
		return fmt.Errorf("%s: %s", request, c.statusWords(status))
	}
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	var shape *json.UnmarshalTypeError
	if errors.As(err, &shape) {
		return fmt.Errorf("%s: the answer can't be understood: %w", request, err)
	}
	if hint := c.hint(target, err); hint != "" {
		return fmt.Errorf("%s: %w: %s", request, err, hint)
	}
	return fmt.Errorf("%s: %w", request, err)
}

// refused explains why there is no login.
func (c *Client) refused(err error) error {
	base := c.cfg.identityURL()
	if !gophercloud.ResponseCodeIs(err, http.StatusUnauthorized) {
		return c.explain("log in at", base, err)
	}
	if c.cfg.Password == "" {
		return fmt.Errorf("log in: Keystone at %s refused the token: check admin_token of the OpenStack section, or give user and pwd", base)
	}
	return fmt.Errorf("log in: Keystone refused user %s at %s: check user and pwd of the OpenStack section, and that the user may use project %q (admin_project) in domain %q",
		c.cfg.User, base, c.cfg.Project, c.cfg.ProjectDomain)
}

func (c *Client) statusWords(e gophercloud.ErrUnexpectedResponseCode) string {
	words := fmt.Sprintf("%d %s", e.Actual, http.StatusText(e.Actual))
	if text := c.redact(rest.Snippet(messageOf(e.Body))); text != "" {
		words += ": " + text
	}
	switch location := e.ResponseHeader.Get("Location"); {
	case e.Actual == http.StatusForbidden:
		words += fmt.Sprintf(": user %s needs a role that may read this in the whole cloud", c.cfg.User)
	case e.Actual == http.StatusUnauthorized:
		words += ": it does not accept Keystone's token"
	case e.Actual < 400 && location != "":
		words += ": it sends us on to " + rest.Snippet([]byte(location)) + "; check protocol, host and port"
	}
	return words
}

// messageOf returns the message of an OpenStack service's error, {"computeFault": {"message": …}}, or the whole body.
func messageOf(body []byte) []byte {
	var faults map[string]json.RawMessage
	if json.Unmarshal(body, &faults) != nil {
		return body
	}
	for _, raw := range faults {
		var fault struct{ Message string }
		if json.Unmarshal(raw, &fault) == nil && fault.Message != "" {
			return []byte(fault.Message)
		}
	}
	return body
}

// hint says what to look at when a request got no answer.
func (c *Client) hint(target string, err error) string {
	switch {
	case rest.Unverified(err):
		return "give the authority's certificate as ca_cert of the OpenStack section"
	case errors.Is(err, http.ErrSchemeMismatch):
		return "set protocol of the OpenStack section to http"
	case errors.Is(err, io.EOF) && strings.HasPrefix(target, "https://"):
		return "it hung up: if it does not speak TLS, set protocol of the OpenStack section to http"
	case !rest.NotReached(err):
		return ""
	case strings.HasPrefix(target, c.cfg.identityURL()):
		return "check host and port of the OpenStack section"
	}
	return "the address is from Keystone's catalogue; endpoint_interface of the OpenStack section can choose another"
}

func (c *Client) redact(text string) string {
	for _, secret := range []string{c.cfg.Password, c.cfg.Token} {
		if secret != "" {
			text = strings.ReplaceAll(text, secret, "********")
		}
	}
	return text
}
