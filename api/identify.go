package api

import (
	"context"
	"net/http"
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
	if id.ReadOnly && c.Request.Method != http.MethodGet && c.Request.Method != http.MethodHead {
		return nil, store.Errorf(store.Forbidden, "the key %q may only read", id.Key)
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

// rightsOf says which environments somebody may see and change: all, by a role, or those of the user's groups and those whose
// documents name the user.
func (s *server) rightsOf(ctx context.Context, id auth.Identity) (store.Rights, error) {
	rights := store.Rights{ViewAll: id.Has(auth.ViewEnv), EditAll: id.Has(auth.EditEnv), View: slices.Clone(id.View), Edit: slices.Clone(id.Edit)}
	if rights.EditAll {
		return rights, nil
	}
	view, edit, err := s.grants.of(ctx, id)
	rights.View, rights.Edit = append(rights.View, view...), append(rights.Edit, edit...)
	return rights, err
}

// identify finds out who sends a request: by user name and password, by a token, or by a browser's session, in this order.
func (s *server) identify(c *gin.Context) (auth.Identity, error) {
	user, err := s.userOf(c)
	if err != nil {
		return auth.Identity{}, err
	}
	c.Set(userKey, user.User)
	c.Set(sourceKey, user.Source)
	if s.Version != "" {
		c.Header("Calipso-Version", s.Version)
	}
	return s.identityOf(c.Request.Context(), user)
}

// identityOf adds what a user who has logged in may do, as it is now: by the user's document or, where others know who it is,
// by the groups that the user is in there.
func (s *server) identityOf(ctx context.Context, id auth.Identity) (auth.Identity, error) {
	if id.Source != auth.SourceLocal {
		granted := s.Groups.Of(id.Groups)
		id.Roles, id.View, id.Edit = granted.Roles, granted.View, granted.Edit
		return id, nil
	}
	if id.User == localUser || id.User == AdminUser {
		id.Roles = auth.Roles()
		return id, nil
	}
	known, err := s.root.Users.Get(ctx, id.User)
	if store.CodeOf(err) == store.NotFound {
		err = store.Errorf(store.Unauthorised, "the user does not exist anymore")
	}
	id.Roles = known.Roles
	return id, err
}

// userOf says who sends a request, as far as that is told by it alone.
func (s *server) userOf(c *gin.Context) (auth.Identity, error) {
	if name, password, ok := c.Request.BasicAuth(); ok {
		c.Set(viaKey, "password")
		return s.checkPassword(c, name, password)
	}
	c.Set(viaKey, "token")
	given := headerToken(c)
	if given == "" {
		c.Set(viaKey, "session")
		given = sessionOf(c)
	}
	if given == "" {
		return auth.Identity{}, store.Errorf(store.Unauthorised, "log in first: send a token (X-Auth-Token), or a user name and password")
	}
	if s.isLocal(given) {
		return auth.Identity{User: localUser, Source: auth.SourceLocal}, nil
	}
	token, err := s.checkToken(c, given)
	if token.Kind == store.KeyToken {
		c.Set(viaKey, "key "+token.Name)
	}
	return identityBy(token), err
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
