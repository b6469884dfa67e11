package api

import (
	"cmp"
	"context"
	"crypto/subtle"
	"errors"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"calipso.io/calipso/pkg/auth"
	"calipso.io/calipso/pkg/store"
)

// userKey is the key of gin's context under which the name of the logged-in user is.
const userKey = "user"

// localUser is who the commands on the same machine are in the log.
const localUser = "(local)"

// maxPassword is how many bytes of a password bcrypt takes.
const maxPassword = 72

// admitUser finds out who sends a request, and returns the server as that user may see it. The error has the code
// Unauthorised when nobody knows who it is, and Forbidden when the user lacks the role that the access may name.
func (s *server) admitUser(c *gin.Context, needed access) (*server, error) {
	id, err := s.identify(c)
	if err != nil {
		return nil, err
	}
	if slices.Contains(auth.Roles(), string(needed)) && !id.Has(string(needed)) {
		return nil, store.Errorf(store.Forbidden, "this takes the role %s", needed)
	}
	return s.as(c.Request.Context(), id)
}

// observed returns the server of a request whose changes go into the audit log.
func (s *server) observed(c *gin.Context) *server {
	observed := *s
	observed.root = s.root.Observed(auditOf(c))
	return &observed
}

// as returns the server as somebody sees it: its DB shows what that user may see, and lets change what the user may change.
func (s *server) as(ctx context.Context, id auth.Identity) (*server, error) {
	rights, err := s.rightsOf(ctx, id)
	if err != nil {
		return nil, err
	}
	seen := *s
	seen.user, seen.rights, seen.DB = id, rights, s.root.Within(rights)
	return &seen, nil
}

// rightsOf says which environments somebody may see and change: all, by a role, or those whose documents name the user.
func (s *server) rightsOf(ctx context.Context, id auth.Identity) (store.Rights, error) {
	rights := store.Rights{ViewAll: id.Has(auth.ViewEnv), EditAll: id.Has(auth.EditEnv)}
	if rights.EditAll {
		return rights, nil
	}
	var err error
	rights.View, rights.Edit, err = s.grants.of(ctx, id)
	return rights, err
}

// identify finds out who sends a request: by user name and password, by a token, or by a browser's session, in this order.
func (s *server) identify(c *gin.Context) (auth.Identity, error) {
	user, err := s.userOf(c)
	if err != nil {
		return auth.Identity{}, err
	}
	c.Set(userKey, user)
	c.Set(sourceKey, auth.SourceLocal)
	if s.Version != "" {
		c.Header("Calipso-Version", s.Version)
	}
	return s.identityOf(c.Request.Context(), user)
}

// identityOf says what is known of a user who has logged in.
func (s *server) identityOf(ctx context.Context, user string) (auth.Identity, error) {
	if user == localUser || user == AdminUser {
		return auth.Identity{User: user, Source: auth.SourceLocal, Roles: auth.Roles()}, nil
	}
	known, err := s.root.Users.Get(ctx, user)
	if store.CodeOf(err) == store.NotFound {
		err = store.Errorf(store.Unauthorised, "the user does not exist anymore")
	}
	return auth.Identity{User: user, Source: auth.SourceLocal, Roles: known.Roles}, err
}

func (s *server) userOf(c *gin.Context) (string, error) {
	if name, password, ok := c.Request.BasicAuth(); ok {
		c.Set(viaKey, "password")
		return name, s.checkPassword(c, name, password)
	}
	c.Set(viaKey, "token")
	given := headerToken(c)
	if given == "" {
		c.Set(viaKey, "session")
		given, _ = c.Cookie(sessionCookie)
	}
	if given == "" {
		return "", store.Errorf(store.Unauthorised, "log in first: send a token (X-Auth-Token), or a user name and password")
	}
	return s.userOfToken(c.Request.Context(), given)
}

// headerToken returns the token in the request's headers, or "".
func headerToken(c *gin.Context) string {
	if t := c.GetHeader("X-Auth-Token"); t != "" {
		return t
	}
	scheme, value, _ := strings.Cut(c.GetHeader("Authorization"), " ")
	if strings.EqualFold(scheme, "Bearer") {
		return strings.TrimSpace(value)
	}
	return ""
}

// userOfToken returns whose token it is.
func (s *server) userOfToken(ctx context.Context, given string) (string, error) {
	if s.LocalToken != "" && subtle.ConstantTimeCompare([]byte(given), []byte(s.LocalToken)) == 1 {
		return localUser, nil
	}
	token, err := s.root.Tokens.Get(ctx, auth.HashToken(given))
	switch {
	case store.CodeOf(err) == store.NotFound:
		return "", store.Errorf(store.Unauthorised, "the token is unknown: log in again")
	case err != nil:
		return "", err
	case s.Now().After(token.Expires):
		return "", store.Errorf(store.Unauthorised, "the token has expired: log in again")
	}
	return token.User, nil
}

// checkPassword returns an error with the code Unauthorised unless the user exists and has this password, and a refusal
// after too many errors. Its message and the time it takes are the same for a wrong name and for a wrong password.
func (s *server) checkPassword(c *gin.Context, name, password string) error {
	refused := store.Errorf(store.Unauthorised, "the user name or the password is wrong")
	c.Set(triedKey, name)
	if password == "" || len(password) > maxPassword {
		return refused
	}
	ctx, key := c.Request.Context(), throttleKey(name, c.ClientIP())
	done, err := s.throttle.begin(ctx)
	if err != nil {
		return err
	}
	defer done()
	wait, err := s.throttle.wait(ctx, key)
	s.unthrottled(ctx, err)
	if wait > 0 {
		return tooMany(c, wait)
	}
	err = s.comparePassword(ctx, name, password)
	if errors.Is(err, auth.ErrPassword) {
		s.Log.WarnContext(ctx, "login refused", "remote", c.ClientIP(), "request", requestID(c))
		s.unthrottled(ctx, s.throttle.failed(ctx, key))
		return refused
	}
	return err
}

// unthrottled logs that failed logins are not counted: logging in works without Redis, too.
func (s *server) unthrottled(ctx context.Context, err error) {
	if err != nil {
		s.Log.WarnContext(ctx, "failed logins are not counted", "error", err)
	}
}

// comparePassword returns auth.ErrPassword unless the user exists and has this password.
func (s *server) comparePassword(ctx context.Context, name, password string) error {
	user, err := s.root.Users.Get(ctx, name)
	switch {
	case err == nil:
		return auth.CheckPassword(user.PasswordHash, password)
	case store.CodeOf(err) == store.NotFound:
		_, err = auth.HashPassword(password) // costs what checking costs
		return cmp.Or(err, auth.ErrPassword)
	}
	return err
}
