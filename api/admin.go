package api

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"time"
	"unicode/utf8"

	"calipso.io/calipso/pkg/auth"
	"calipso.io/calipso/pkg/store"
)

// AdminUser is the name of the user that a new installation has.
const AdminUser = "admin"

// EnsureAdmin makes the user AdminUser when there is no user at all: with the wanted password or, when that is "", with one
// that it generates and returns, since nobody can read it later. It returns "" otherwise, and when there are users already
// or another process was faster.
func EnsureAdmin(ctx context.Context, db *store.DB, wanted string) (generated string, err error) {
	n, err := db.Users.Count(ctx)
	if err != nil || n > 0 {
		return "", err
	}
	if wanted == "" {
		generated = rand.Text()
	}
	hash, err := hashNew(cmp.Or(wanted, generated))
	if err != nil {
		return "", err
	}
	err = db.Users.Create(ctx, store.User{Name: AdminUser, PasswordHash: hash, Roles: auth.Roles(), Created: time.Now().UTC()})
	if store.CodeOf(err) == store.Conflict {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("make the user %s: %w", AdminUser, err)
	}
	return generated, nil
}

// SetPassword gives a user a new password and ends all of the user's logins, and keys. The error has the code NotFound when there is
// no such user, and Invalid when the password is no good one.
func SetPassword(ctx context.Context, db *store.DB, user, password string) error {
	hash, err := hashNew(password)
	if err != nil {
		return err
	}
	_, err = db.Users.Update(ctx, user, func(u *store.User) error { u.PasswordHash = hash; return nil })
	if store.CodeOf(err) == store.NotFound {
		return store.Errorf(store.NotFound, "there is no user %q in this store", user)
	}
	if err != nil {
		return fmt.Errorf("change the password of %s: %w", user, err)
	}
	return EndLogins(ctx, db, auth.Identity{User: user, Source: auth.SourceLocal})
}

// minPassword is how many characters a password must have, at least.
const minPassword = 12

// hashNew returns the hash of a password that somebody has chosen.
func hashNew(password string) (string, error) {
	if n := utf8.RuneCountInString(password); n < minPassword {
		return "", store.Errorf(store.Invalid, "the password has %d characters; it must have %d at least", n, minPassword)
	}
	if len(password) > maxPassword {
		return "", store.Errorf(store.Invalid, "the password has %d bytes; %d is the most", len(password), maxPassword)
	}
	return auth.HashPassword(password)
}
