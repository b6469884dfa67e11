package api

import (
	"context"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"calipso.io/calipso/api/wire"
	"calipso.io/calipso/pkg/auth"
	"calipso.io/calipso/pkg/store"
)

// userName is what names of users look like; names in other directories may be others.
var userName = regexp.MustCompile(`^[A-Za-z0-9_.@-]{1,64}$`)

// createUser answers POST /users.
func (s *server) createUser(c *gin.Context, _ query) error {
	body, err := decodeBody[wire.NewUser](c)
	if err != nil {
		return err
	}
	if !userName.MatchString(body.Name) {
		return invalid("name", "must have 1 to 64 letters, digits and _ . @ -")
	}
	ctx := c.Request.Context()
	change, err := s.userChange(ctx, store.User{Name: body.Name}, body.UserGrants)
	if err != nil {
		return err
	}
	hash, err := hashNew(body.Password)
	if err != nil {
		return badPassword("password", err)
	}
	u := store.User{Name: body.Name, PasswordHash: hash, Roles: change.roles, Created: s.Now().UTC()}
	if err := s.root.Users.Create(ctx, u); store.CodeOf(err) == store.Conflict {
		return store.Errorf(store.Conflict, "there is a user %q already", u.Name)
	} else if err != nil {
		return err
	}
	if err := s.dropLogins(ctx, u.Name); err != nil { // of somebody who had this name before
		return err
	}
	if err := s.writeRights(ctx, change); err != nil {
		return err
	}
	c.JSON(http.StatusCreated, wire.Done{ID: u.Name, Message: "user " + u.Name + " can log in"})
	return nil
}

// badPassword names the key of a password that is no good one.
func badPassword(field string, err error) error {
	if store.CodeOf(err) == store.Invalid {
		return invalid(field, err.Error())
	}
	return err
}

// dropLogins ends all logins of a user.
func (s *server) dropLogins(ctx context.Context, user string) error {
	return EndLogins(ctx, s.root, auth.Identity{User: user, Source: auth.SourceLocal})
}

// replaceUser answers PUT /users/{name}.
func (s *server) replaceUser(c *gin.Context, _ query) error {
	body, err := decodeBody[wire.UserGrants](c)
	if err != nil {
		return err
	}
	ctx, name := c.Request.Context(), c.Param("name")
	stored, err := s.storedUser(ctx, name)
	if err != nil {
		return err
	}
	if name == AdminUser {
		return store.Errorf(store.Conflict, "the user %s always has all roles, and needs nothing else", AdminUser)
	}
	change, err := s.userChange(ctx, stored, body)
	if err != nil {
		return err
	}
	_, err = s.root.Users.Update(ctx, name, func(u *store.User) error {
		if !slices.Equal(u.Roles, stored.Roles) {
			return store.Errorf(store.Conflict, "somebody else has changed user %s meanwhile: try again", name)
		}
		u.Roles = change.roles
		return nil
	})
	if err == nil {
		err = s.writeRights(ctx, change)
	}
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, wire.Done{ID: name, Message: "user " + name + " is changed"})
	return nil
}

// deleteUser answers DELETE /users/{name}. The user is removed after the rights, so that it can be repeated if it breaks off.
func (s *server) deleteUser(c *gin.Context, _ query) error {
	ctx, name := c.Request.Context(), c.Param("name")
	stored, err := s.storedUser(ctx, name)
	if err != nil {
		return err
	}
	if name == AdminUser {
		return store.Errorf(store.Conflict, "the user %s can't be removed", AdminUser)
	}
	none := []string{}
	change, err := s.userChange(ctx, stored, wire.UserGrants{Roles: &none, View: &none, Edit: &none})
	if err != nil {
		return err
	}
	if err := s.writeRights(ctx, change); err != nil {
		return err
	}
	if _, err := s.root.Users.Delete(ctx, store.IDs(name)); err != nil {
		return err
	}
	if err := s.dropLogins(ctx, name); err != nil {
		return err
	}
	c.JSON(http.StatusOK, wire.Done{ID: name, Message: "user " + name + " is removed"})
	return nil
}

// changePassword answers PUT /users/{name}/password. Who changes somebody else's could then log in as that user, so it takes
// all that this one has.
func (s *server) changePassword(c *gin.Context, _ query) error {
	body, err := decodeBody[wire.NewPassword](c)
	if err != nil {
		return err
	}
	ctx, name := c.Request.Context(), c.Param("name")
	if name == s.user.User {
		err = s.checkOld(c, body.Old)
	} else {
		err = s.mayPass(ctx, name)
	}
	if err != nil {
		return err
	}
	if err := SetPassword(ctx, s.root, name, body.New); err != nil {
		return badPassword("new", err)
	}
	c.JSON(http.StatusOK, wire.Done{ID: name, Message: name + " has a new password, and must log in again"})
	return nil
}

// checkOld checks one's own password, which a stolen session does not have.
func (s *server) checkOld(c *gin.Context, password string) error {
	if s.user.Source != auth.SourceLocal || s.user.User == localUser {
		return store.Errorf(store.Conflict, "this login has no password of Calipso's own")
	}
	if password == "" {
		return invalid("old", "give the password that you have now")
	}
	_, err := s.checkPassword(c, s.user.User, password)
	if store.CodeOf(err) == store.Unauthorised {
		return invalid("old", "this is not the password that you have now")
	}
	return err
}

// mayPass is an error unless who asks may act as the user.
func (s *server) mayPass(ctx context.Context, name string) error {
	if !s.user.Has(auth.ManageUsers) {
		return store.Errorf(store.Forbidden, "others than oneself are changed by those with the role %s only", auth.ManageUsers)
	}
	stored, err := s.storedUser(ctx, name)
	if err == nil {
		_, err = s.userChange(ctx, stored, wire.UserGrants{})
	}
	return err
}

// checkRoles is an error unless all of them are roles.
func checkRoles(roles []string) error {
	for _, role := range roles {
		if err := checkOneOf(role, auth.Roles()); err != nil {
			return invalid("roles", "must be a list of "+strings.Join(auth.Roles(), ", ")+", and "+role+" is none of these")
		}
	}
	return nil
}
