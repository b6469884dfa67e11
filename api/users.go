package api

import (
	"context"
	"net/http"
	"slices"
	"strconv"

	"github.com/gin-gonic/gin"

	"calipso.io/calipso/api/wire"
	"calipso.io/calipso/pkg/auth"
	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/store"
)

func userRoutes() []route {
	return []route{
		{"GET", "/users", access(auth.ManageUsers), paged(), (*server).listUsers,
			doc{about: "The users that log in with a password of Calipso's own, and what they may do.", answer: wire.UserList{}}},
		{"POST", "/users", access(auth.ManageUsers), nil, (*server).createUser,
			doc{about: "Make a user.", body: wire.NewUser{}, answer: wire.Done{}, status: http.StatusCreated}},
		{"GET", "/users/:name", login, nil, (*server).getUser,
			doc{about: "A user; anybody may ask for the own name, and sees what the login allows altogether.", answer: wire.User{}}},
		{"PUT", "/users/:name", access(auth.ManageUsers), nil, (*server).replaceUser,
			doc{about: "Change what a user may do; keys that are left out stay as they are.", body: wire.UserGrants{}, answer: wire.Done{}}},
		{"DELETE", "/users/:name", access(auth.ManageUsers), nil, (*server).deleteUser,
			doc{about: "Remove a user, all of the user's logins and all of the user's rights.", answer: wire.Done{}}},
		{"PUT", "/users/:name/password", login, nil, (*server).changePassword,
			doc{about: "Give a user another password, which ends all of the user's logins; oneself gives the old one, too.", body: wire.NewPassword{}, answer: wire.Done{}}},
	}
}

// listUsers answers GET /users. Of environments it names those that who asks may see.
func (s *server) listUsers(c *gin.Context, q query) error {
	page := q.page()
	users, err := s.root.Users.Find(c.Request.Context(), page)
	if err != nil {
		return err
	}
	held, err := s.heldRights(c.Request.Context())
	if err != nil {
		return err
	}
	answer := wire.UserList{Users: make([]wire.User, 0, len(users)), Page: next(q, page, users, func(u *store.User) store.Place {
		return store.Place{ID: u.Name}
	})}
	for _, u := range users {
		answer.Users = append(answer.Users, s.userEntry(u, held[u.Name]))
	}
	c.JSON(http.StatusOK, answer)
	return nil
}

// getUser answers GET /users/{name}.
func (s *server) getUser(c *gin.Context, _ query) error {
	name := c.Param("name")
	if name == s.user.User {
		c.JSON(http.StatusOK, s.oneself())
		return nil
	}
	if !s.user.Has(auth.ManageUsers) {
		return store.Errorf(store.Forbidden, "others than oneself are shown to those with the role %s only", auth.ManageUsers)
	}
	u, err := s.storedUser(c.Request.Context(), name)
	if err != nil {
		return err
	}
	held, err := s.heldRights(c.Request.Context())
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, s.userEntry(u, held[name]))
	return nil
}

func (s *server) storedUser(ctx context.Context, name string) (store.User, error) {
	u, err := s.root.Users.Get(ctx, name)
	if store.CodeOf(err) == store.NotFound {
		err = store.Errorf(store.NotFound, "there is no user %s", strconv.Quote(name))
	}
	return u, err
}

// userEntry shows a user with those environments that who asks may see.
func (s *server) userEntry(u store.User, held environments) wire.User {
	foreign := func(name string) bool { return !s.rights.CanView(name) }
	return wire.User{Name: u.Name, Source: auth.SourceLocal, Roles: rolesOf(u), Created: &u.Created,
		View: slices.DeleteFunc(listed(held.view), foreign), Edit: slices.DeleteFunc(listed(held.edit), foreign)}
}

// oneself shows who asks, with all that the login allows.
func (s *server) oneself() wire.User {
	return wire.User{Name: s.user.User, Source: s.user.Source, Roles: listed(s.user.Roles), View: listed(s.rights.View),
		Edit: listed(s.rights.Edit), Groups: s.user.Groups}
}

// rolesOf returns a user's roles: admin has all of them, whatever is stored.
func rolesOf(u store.User) []string {
	if u.Name == AdminUser {
		return auth.Roles()
	}
	return listed(u.Roles)
}

// listed returns a sorted copy that is an empty list rather than none.
func listed(names []string) []string {
	names = append([]string{}, names...)
	slices.Sort(names)
	return names
}

// environments are those that name a user as one who may see or change them.
type environments struct{ view, edit []string }

// heldRights returns who is named by which environments. Groups are not looked at.
func (s *server) heldRights(ctx context.Context) (map[string]environments, error) {
	held := map[string]environments{}
	err := s.root.Environments.Each(ctx, store.Query{}, func(e model.Environment) error {
		if e.Auth == nil {
			return nil
		}
		for _, name := range e.Auth.ViewEnv {
			held[name] = environments{append(held[name].view, e.Name), held[name].edit}
		}
		for _, name := range e.Auth.EditEnv {
			held[name] = environments{held[name].view, append(held[name].edit, e.Name)}
		}
		return nil
	})
	return held, err
}
