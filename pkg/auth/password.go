package auth

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"golang.org/x/crypto/bcrypt"
)

// ErrPassword is CheckPassword's error for a wrong password.
var ErrPassword = errors.New("wrong password")

// HashPassword returns the bcrypt hash that is kept of a password. The password must have 1 to 72 bytes.
func HashPassword(password string) (string, error) {
	if password == "" {
		return "", errors.New("the password is empty")
	}
	if len(password) > 72 {
		return "", fmt.Errorf("the password has %d bytes; 72 is the most", len(password))
	}
	hash, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.DefaultCost)
	if err != nil {
		return "", fmt.Errorf("hash the password: %w", err)
	}
	return string(hash), nil
}

// CheckPassword returns nil when the hash is of the password, ErrPassword when it is not, and another error when it
// is no hash.
func CheckPassword(hash, password string) error {
	if password == "" {
		return ErrPassword
	}
	err := bcrypt.CompareHashAndPassword([]byte(hash), []byte(password))
	if errors.Is(err, bcrypt.ErrMismatchedHashAndPassword) {
		return ErrPassword
	}
	if err != nil {
		return fmt.Errorf("check the password: %w", err)
	}
	return nil
}

// NewToken returns a random token of 32 hexadecimal digits.
func NewToken() string {
	token := make([]byte, 16)
	rand.Read(token) // never fails: it ends the program instead
	return hex.EncodeToString(token)
}

// HashToken returns what is kept of a token: its SHA-256, in hexadecimal.
func HashToken(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}
