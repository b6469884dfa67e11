package api

import (
	"context"
	"crypto/subtle"
	"errors"
	"time"

	"github.com/gin-gonic/gin"

	"calipso.io/calipso/pkg/auth"
	"calipso.io/calipso/pkg/store"
)

// confirmedFor is how long a key of somebody whom a directory knows works after that user's last login there.
const confirmedFor = 30 * 24 * time.Hour

// usedEvery is how exactly it is known when a token was last used.
const usedEvery = time.Minute

// isLocal tells whether a token is that of the commands on the same machine.
func (s *server) isLocal(given string) bool {
	return s.LocalToken != "" && subtle.ConstantTimeCompare([]byte(given), []byte(s.LocalToken)) == 1
}

// checkToken returns what is kept of a token. The error has the code Unauthorised when it does not, or not anymore, let anybody
// in, and is a refusal when too many unknown ones came from the address.
func (s *server) checkToken(c *gin.Context, given string) (store.Token, error) {
	ctx, address := c.Request.Context(), c.ClientIP()
	if wait := s.throttle.shutFor(address); wait > 0 {
		return store.Token{}, tooMany(c, "too many unknown tokens from this address", wait)
	}
	token, err := s.root.Tokens.Get(ctx, auth.HashToken(given))
	if store.CodeOf(err) == store.NotFound || err == nil && token.Source == "" { // an earlier version did not say whose it is
		s.unthrottled(ctx, s.throttle.unknown(ctx, given, address))
		return store.Token{}, store.Errorf(store.Unauthorised, "the token is unknown: log in again")
	}
	if err == nil {
		err = s.lasting(token)
	}
	if err != nil {
		return store.Token{}, err
	}
	return token, s.used(ctx, token)
}

// lasting returns an error unless a token still counts.
func (s *server) lasting(t store.Token) error {
	now := s.Now()
	switch {
	case now.After(t.Expires):
		return store.Errorf(store.Unauthorised, "the token has expired: log in again")
	case t.Kind == store.SessionToken && now.Sub(t.Used) > s.SessionIdle:
		return store.Errorf(store.Unauthorised, "the session was not used for too long: log in again")
	case t.Kind == store.KeyToken && t.Source != auth.SourceLocal && now.Sub(t.Confirmed) > confirmedFor:
		return store.Errorf(store.Unauthorised, "the key's user has not logged in for 30 days: a login makes it work again")
	}
	return nil
}

// used notes that a token was used. A store that can be read only keeps nobody out.
func (s *server) used(ctx context.Context, t store.Token) error {
	now := s.Now().UTC()
	if now.Sub(t.Used) < usedEvery {
		return nil
	}
	_, err := s.quiet.Tokens.Update(ctx, t.Hash, func(t *store.Token) error {
		if now.After(t.Used) {
			t.Used = now
		}
		return nil
	})
	if store.CodeOf(err) == store.NotFound {
		return store.Errorf(store.Unauthorised, "the token is unknown: log in again")
	}
	if err != nil && !errors.Is(err, context.Canceled) {
		s.Log.WarnContext(ctx, "when a token was used can't be noted", "error", err)
	}
	return nil
}

// identityBy is who a token lets in.
func identityBy(t store.Token) auth.Identity {
	id := auth.Identity{User: t.User, Source: t.Source, Groups: t.Groups, ReadOnly: t.ReadOnly}
	if t.Kind == store.KeyToken {
		id.Key = t.Name
	}
	return id
}

// tokenID names a token to people. It is not enough to guess the token.
func tokenID(t store.Token) string { return t.Hash[:24] }
