package api

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"calipso.io/calipso/pkg/auth"
	"calipso.io/calipso/pkg/store"
)

// AdminUser is the name of the user that a new installation has.
const AdminUser = "admin"

// EnsureAdmin makes the user AdminUser when there is no user at all, and returns the password that it generated for it:
// nobody can read it later. It returns "" when there are users already, or when another process was faster.
func EnsureAdmin(ctx context.Context, db *store.DB) (password string, err error) {
	n, err := db.Users.Count(ctx)
	if err != nil || n > 0 {
		return "", err
	}
	password = rand.Text()
	hash, err := auth.HashPassword(password)
	if err != nil {
		return "", fmt.Errorf("hash the password of the user %s: %w", AdminUser, err)
	}
	err = db.Users.Create(ctx, store.User{Name: AdminUser, PasswordHash: hash, Created: time.Now().UTC()})
	if store.CodeOf(err) == store.Conflict {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("make the user %s: %w", AdminUser, err)
	}
	return password, nil
}
