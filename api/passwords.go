package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"

	"calipso.io/calipso/pkg/auth"
	"calipso.io/calipso/pkg/store"
)

// maxPassword is how many bytes of a password bcrypt takes.
const maxPassword = 72

// checkPassword returns who has this name and password. The error has the code Unauthorised when nobody has, and is a refusal
// after too many of these, or when the directory that might know the user does not answer. Users of the store are never looked
// for elsewhere, so that nobody else can be one of them, and they get in whatever happens to the directory.
func (s *server) checkPassword(c *gin.Context, name, password string) (auth.Identity, error) {
	c.Set(triedKey, name)
	if name == "" || password == "" {
		return auth.Identity{}, wrongPassword()
	}
	known, err := s.root.Users.Get(c.Request.Context(), name)
	switch {
	case err == nil:
		return s.counted(c, s.throttle.checks, name, func(context.Context) (auth.Identity, error) {
			return auth.Identity{User: known.Name, Source: auth.SourceLocal}, comparePassword(known.PasswordHash, password)
		})
	case store.CodeOf(err) != store.NotFound:
		return auth.Identity{}, err
	case s.LDAP != nil:
		return s.counted(c, s.throttle.asks, name, func(ctx context.Context) (auth.Identity, error) { return s.askDirectory(ctx, name, password) })
	}
	return s.counted(c, s.throttle.checks, name, func(context.Context) (auth.Identity, error) {
		return auth.Identity{}, comparePassword("", password)
	})
}

func wrongPassword() error {
	return store.Errorf(store.Unauthorised, "the user name or the password is wrong")
}

// counted checks a password, unless too many were wrong already. How many are checked at once is bounded by places.
func (s *server) counted(c *gin.Context, places chan struct{}, name string, check func(context.Context) (auth.Identity, error)) (auth.Identity, error) {
	ctx := c.Request.Context()
	done, err := begin(ctx, places)
	if err != nil {
		return auth.Identity{}, err
	}
	defer done()
	keys := passwordKeys(name, c.ClientIP())
	wait, why, err := s.throttle.wait(ctx, keys)
	s.unthrottled(ctx, err)
	if wait > 0 {
		return auth.Identity{}, tooMany(c, why, wait)
	}
	user, err := check(ctx)
	if errors.Is(err, auth.ErrPassword) {
		s.Log.WarnContext(ctx, "login refused", "remote", c.ClientIP(), "request", requestID(c))
		s.unthrottled(ctx, s.throttle.failed(ctx, keys))
		return auth.Identity{}, wrongPassword()
	}
	return user, err
}

// unthrottled logs that failed logins are not counted: logging in works without Redis, too.
func (s *server) unthrottled(ctx context.Context, err error) {
	if err != nil {
		s.Log.WarnContext(ctx, "failed logins are not counted", "error", err)
	}
}

// comparePassword returns auth.ErrPassword unless the hash, "" for that of nobody, is the password's. It takes as long for
// nobody.
func comparePassword(hash, password string) error {
	if len(password) > maxPassword {
		return auth.ErrPassword
	}
	if hash != "" {
		return auth.CheckPassword(hash, password)
	}
	if _, err := auth.HashPassword(password); err != nil {
		return err
	}
	return auth.ErrPassword
}

// askDirectory asks the LDAP directory who has a name and a password.
func (s *server) askDirectory(ctx context.Context, name, password string) (auth.Identity, error) {
	user, err := s.LDAP.Login(ctx, name, password)
	if err != nil && !errors.Is(err, auth.ErrPassword) {
		s.Log.ErrorContext(ctx, "the LDAP directory can't say who somebody is", "error", err)
		return auth.Identity{}, &refusal{http.StatusServiceUnavailable, "the LDAP directory can't be asked now: try again later. Users of Calipso's own get in"}
	}
	if err != nil {
		return auth.Identity{}, err
	}
	// The directory may take a name for another spelling of one that a user of the store has.
	if err := s.notLocal(ctx, user.Name); err != nil {
		return auth.Identity{}, err
	}
	return auth.Identity{User: user.Name, Source: auth.SourceLDAP, Groups: user.Groups}, nil
}

// notLocal returns auth.ErrPassword when a user of the store has the name: what is granted to that one by name must be nobody
// else's.
func (s *server) notLocal(ctx context.Context, name string) error {
	_, err := s.root.Users.Get(ctx, name)
	switch {
	case store.CodeOf(err) == store.NotFound:
		return nil
	case err == nil:
		s.Log.WarnContext(ctx, "a login by a directory is refused: a user of Calipso's own has the name", "name", name)
		return auth.ErrPassword
	}
	return err
}
