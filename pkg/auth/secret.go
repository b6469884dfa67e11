// Package auth keeps secrets: credentials of environments, passwords of users, tokens.
package auth

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"calipso.io/calipso/pkg/model"
)

// Sealer encrypts credentials for storage, with AES-256-GCM.
type Sealer struct {
	aead cipher.AEAD
}

// sealedPrefix begins every sealed value.
const sealedPrefix = model.SealedPrefix

// KeySize is the length of a Sealer's key, in bytes.
const KeySize = 32

// NewSealer returns a sealer with a key of KeySize bytes.
func NewSealer(key []byte) (*Sealer, error) {
	if len(key) != KeySize {
		return nil, fmt.Errorf("the key for credentials has %d bytes; it must have %d", len(key), KeySize)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, err
	}
	return &Sealer{aead: aead}, nil
}

// Seal encrypts a text. The context says where the value belongs; it is not kept, but Open needs the same one, so
// that a sealed value can't be used in another place.
func (s *Sealer) Seal(plain, context string) string {
	return sealedPrefix + base64.StdEncoding.EncodeToString(s.aead.Seal(nil, nil, []byte(plain), []byte(context)))
}

// Open decrypts what Seal made for the same context.
func (s *Sealer) Open(sealed, context string) (string, error) {
	text, ok := strings.CutPrefix(sealed, sealedPrefix)
	if !ok {
		return "", errors.New("the value is not sealed")
	}
	data, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return "", errors.New("the sealed value is damaged")
	}
	plain, err := s.aead.Open(nil, nil, data, []byte(context))
	if err != nil {
		return "", errors.New("the value was sealed with another key or for another place, or is damaged")
	}
	return string(plain), nil
}

// IsSealed tells whether a value has the form that Seal gives.
func IsSealed(value string) bool { return strings.HasPrefix(value, sealedPrefix) }

// String says nothing of the key; so do the sealer's other ways to be printed.
func (s Sealer) String() string { return "sealer" }

// GoString is String.
func (s Sealer) GoString() string { return s.String() }

// LogValue is String.
func (s Sealer) LogValue() slog.Value { return slog.StringValue(s.String()) }

// newKey returns a random key.
func newKey() []byte {
	key := make([]byte, KeySize)
	rand.Read(key) // never fails: it ends the program instead
	return key
}
