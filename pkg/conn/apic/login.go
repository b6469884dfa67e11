package apic

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// session is a login at the APIC. It ends when it is not renewed in time.
type session struct {
	token       string
	renew, ends time.Time
}

const (
	loginPath   = "/api/aaaLogin.json"
	refreshPath = "/api/aaaRefresh.json"
	cookieName  = "APIC-cookie"

	// defaultLife is how long a session lasts when the APIC does not say.
	defaultLife = 300 * time.Second
)

// token returns a token for a request: that of the session, which is renewed in time, or that of a new login. bad is one
// that the APIC has refused, or "".
func (c *Client) token(ctx context.Context, bad string) (string, error) {
	select {
	case c.turn <- struct{}{}:
		defer func() { <-c.turn }()
	case <-ctx.Done():
		return "", ctx.Err()
	}
	if c.refused != nil {
		return "", c.refused
	}
	if err := c.keepSession(ctx, bad); err != nil {
		err = c.notLoggedIn(err)
		if ctx.Err() == nil {
			c.refused = err
		}
		return "", err
	}
	return c.session.token, nil
}

// keepSession makes sure that there is a session. One that can't be renewed is not an error: its time may be over.
func (c *Client) keepSession(ctx context.Context, bad string) (err error) {
	now := c.cfg.Now()
	alive := c.session.token != bad && now.Before(c.session.ends)
	if alive && now.Before(c.session.renew) {
		return nil
	}
	if alive {
		if renewed, err := c.enter(ctx, http.MethodGet, refreshPath, nil); err == nil {
			c.session = renewed
			return nil
		}
	}
	type attributes struct {
		Attributes any `json:"attributes"`
	}
	body, err := json.Marshal(map[string]any{"aaaUser": attributes{map[string]string{"name": c.cfg.User, "pwd": c.cfg.Password}}})
	if err != nil {
		return err
	}
	c.session, err = c.enter(ctx, http.MethodPost, loginPath, body)
	return err
}

// enter asks for a session, by the password in the body or by the session that there is.
func (c *Client) enter(ctx context.Context, method, path string, body []byte) (session, error) {
	token := c.session.token
	if method == http.MethodPost {
		token = ""
	}
	answer, err := c.exchange(ctx, method, c.base.JoinPath(path), body, token)
	if err != nil {
		return session{}, err
	}
	for _, o := range answer.objects("aaaLogin") {
		if o["token"] != "" {
			return c.lasting(o), nil
		}
	}
	return session{}, errors.New("the answer holds no token")
}

// lasting returns a session of now. It is renewed when two thirds of its time are over.
func (c *Client) lasting(login Attributes) session {
	life := defaultLife
	if seconds, err := strconv.Atoi(login["refreshTimeoutSeconds"]); err == nil && seconds > 0 {
		life = time.Duration(seconds) * time.Second
	}
	now := c.cfg.Now()
	return session{token: login["token"], renew: now.Add(life * 2 / 3), ends: now.Add(life)}
}

// notLoggedIn says why there is no session.
func (c *Client) notLoggedIn(err error) error {
	var status *statusError
	switch {
	case !errors.As(err, &status):
	case status.unauthorised():
		return fmt.Errorf("log in: the APIC at %s refused user %s: check user and pwd of the ACI section; it says %q",
			c.base.String(), c.cfg.User, c.redact(status.text, c.session.token))
	case status.code == http.StatusNotFound:
		return fmt.Errorf("log in: there is no APIC at %s: check host and port of the ACI section", c.base.String())
	}
	return c.explain("log in at "+c.base.String(), err, c.session.token)
}

// withToken makes a request in the session. When the APIC does not accept the session any more, as after a restart of its,
// there is one more login.
func (c *Client) withToken(ctx context.Context, target *url.URL) (answer, error) {
	token, err := c.token(ctx, "")
	if err != nil {
		return answer{}, err
	}
	found, err := c.exchange(ctx, http.MethodGet, target, nil, token)
	var status *statusError
	if errors.As(err, &status) && status.unauthorised() {
		if token, err = c.token(ctx, token); err != nil {
			return answer{}, err
		}
		found, err = c.exchange(ctx, http.MethodGet, target, nil, token)
	}
	if err != nil {
		err = c.explain("GET "+target.String(), err, token)
	}
	return found, err
}
