package api

import (
	"cmp"
	"context"
	"slices"

	"calipso.io/calipso/api/wire"
	"calipso.io/calipso/pkg/auth"
	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/store"
)

// userChange is what a user may do from now on.
type userChange struct {
	user   string
	roles  []string
	before environments
	after  environments
}

// userChange checks a change of what a user may do. Nobody can give what they don't have; and since who manages a user could
// as well act as the user, nobody can change one who has more.
func (s *server) userChange(ctx context.Context, stored store.User, wanted wire.UserGrants) (userChange, error) {
	held, err := s.heldRights(ctx)
	if err != nil {
		return userChange{}, err
	}
	before := held[stored.Name]
	change := userChange{user: stored.Name, roles: stored.Roles, before: before, after: before}
	choose(&change.roles, wanted.Roles)
	choose(&change.after.view, wanted.View)
	choose(&change.after.edit, wanted.Edit)
	if err := cmp.Or(checkRoles(change.roles), s.checkEnvironments(ctx, "view-env", wanted.View), s.checkEnvironments(ctx, "edit-env", wanted.Edit)); err != nil {
		return change, err
	}
	return change, cmp.Or(s.mayGrant(rolesOf(stored), before), s.mayGrant(change.roles, change.after))
}

// choose replaces a list by the one that is wished for, if one is.
func choose(list *[]string, wanted *[]string) {
	if wanted != nil {
		*list = slices.Compact(listed(*wanted))
	}
}

// checkEnvironments is an error unless who asks can see that there are these environments.
func (s *server) checkEnvironments(ctx context.Context, field string, names *[]string) error {
	if names == nil {
		return nil
	}
	for _, name := range *names {
		_, err := s.DB.Environments.Get(ctx, name)
		if store.CodeOf(err) == store.NotFound {
			return invalid(field, "there is no environment \""+name+"\"")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// mayGrant is an error unless who asks has all of these roles and rights.
func (s *server) mayGrant(roles []string, of environments) error {
	lacking := func(role string) bool { return !s.user.Has(role) }
	hidden := func(name string) bool { return !s.rights.CanView(name) }
	fixed := func(name string) bool { return !s.rights.CanEdit(name) }
	if slices.ContainsFunc(roles, lacking) || slices.ContainsFunc(of.view, hidden) || slices.ContainsFunc(of.edit, fixed) {
		return store.Errorf(store.Forbidden, "this user has, or would have, rights that you don't have: nobody can give more than that, nor change who has more")
	}
	return nil
}

// writeRights writes what is different into the environments that may be seen and changed by the user.
func (s *server) writeRights(ctx context.Context, change userChange) error {
	for _, name := range slices.Concat(change.before.view, change.before.edit, change.after.view, change.after.edit) {
		view, edit := slices.Contains(change.after.view, name), slices.Contains(change.after.edit, name)
		if view == slices.Contains(change.before.view, name) && edit == slices.Contains(change.before.edit, name) {
			continue
		}
		_, err := s.root.Environments.Update(ctx, name, func(e *model.Environment) error {
			if e.Auth == nil {
				e.Auth = &model.EnvAuth{}
			}
			e.Auth = &model.EnvAuth{ViewEnv: named(e.Auth.ViewEnv, change.user, view), EditEnv: named(e.Auth.EditEnv, change.user, edit)}
			return nil
		})
		if err != nil && store.CodeOf(err) != store.NotFound { // one that was removed meanwhile
			return err
		}
	}
	return nil
}

// named returns the list with or without the name.
func named(list []string, name string, wanted bool) []string {
	list = slices.DeleteFunc(slices.Clone(list), func(n string) bool { return n == name })
	if wanted {
		list = append(list, name)
	}
	return append([]string{}, list...)
}

// authOf returns who may see and change an environment from now on: what the body says, or what is stored where it says
// nothing. Another than that can be said by those who manage users only.
func (s *server) authOf(body, stored *model.EnvAuth) (*model.EnvAuth, error) {
	if body == nil || sameAuth(body, stored) {
		return stored, nil
	}
	if !s.user.Has(auth.ManageUsers) {
		return nil, &store.Error{Code: store.Forbidden, Field: "auth", Message: "auth: who may see and change an environment is changed by those with the role " +
			auth.ManageUsers + " only; leave it out, and it stays as it is"}
	}
	return body, nil
}

func sameAuth(a, b *model.EnvAuth) bool {
	if a == nil {
		a = &model.EnvAuth{}
	}
	if b == nil {
		b = &model.EnvAuth{}
	}
	return slices.Equal(a.ViewEnv, b.ViewEnv) && slices.Equal(a.EditEnv, b.EditEnv)
}
