package auth

import (
	"errors"
	"strings"
	"testing"

	"golang.org/x/crypto/bcrypt"
)

func TestHashPassword(t *testing.T) {
	t.Parallel()
	hash, err := HashPassword("s3cret")
	if err != nil || strings.Contains(hash, "s3cret") {
		t.Fatalf("hash %q, %v", hash, err)
	}
	if cost, err := bcrypt.Cost([]byte(hash)); err != nil || cost < 10 {
		t.Errorf("cost %d, %v, want at least 10", cost, err)
	}
	if err := CheckPassword(hash, "s3cret"); err != nil {
		t.Errorf("the right password: %v", err)
	}
	for _, bad := range []string{"", strings.Repeat("x", 73)} {
		if _, err := HashPassword(bad); err == nil {
			t.Errorf("a password of %d bytes was taken", len(bad))
		}
	}
}

func TestCheckPassword(t *testing.T) {
	t.Parallel()
	hash, err := bcrypt.GenerateFromPassword([]byte("s3cret"), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	for _, wrong := range []string{"", "S3cret", "s3cret "} {
		if err := CheckPassword(string(hash), wrong); !errors.Is(err, ErrPassword) {
			t.Errorf("password %q: error %v, want ErrPassword", wrong, err)
		}
	}
	if err := CheckPassword("garbage", "s3cret"); err == nil || errors.Is(err, ErrPassword) {
		t.Errorf("garbage for a hash: error %v, want one that says so", err)
	}
}

func TestTokens(t *testing.T) {
	t.Parallel()
	token := NewToken()
	if len(token) != 32 || strings.Trim(token, "0123456789abcdef") != "" || token == NewToken() {
		t.Errorf("token %q, want 32 random hexadecimal digits", token)
	}
	const want = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
	if got := HashToken("abc"); got != want {
		t.Errorf("hash %s, want %s", got, want)
	}
}
