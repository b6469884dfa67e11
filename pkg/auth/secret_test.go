package auth

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func newSealer(t *testing.T) *Sealer {
	t.Helper()
	s, err := NewSealer(newKey())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSealAndOpen(t *testing.T) {
	t.Parallel()
	s := newSealer(t)
	for _, plain := range []string{"", "secret", "pässwörd \x00\n", strings.Repeat("x", 10000)} {
		sealed := s.Seal(plain, "lab/CLI/pwd")
		if !strings.HasPrefix(sealed, "enc:v1:") || plain != "" && strings.Contains(sealed, plain) {
			t.Errorf("sealed %q", sealed)
		}
		if got, err := s.Open(sealed, "lab/CLI/pwd"); err != nil || got != plain {
			t.Errorf("opened %q, %v, want %q", got, err, plain)
		}
		if s.Seal(plain, "lab/CLI/pwd") == sealed {
			t.Error("the same text gives the same sealed value: it tells that two passwords are equal")
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	s := newSealer(t)
	sealed := s.Seal("secret", "lab/CLI/pwd")
	damaged := []byte(sealed)
	damaged[len(sealedPrefix)+20] ^= 1
	cases := map[string]struct {
		sealer          *Sealer
		sealed, context string
	}{
		"another place": {s, sealed, "lab2/CLI/pwd"},
		"another key":   {newSealer(t), sealed, "lab/CLI/pwd"},
		"damaged":       {s, string(damaged), "lab/CLI/pwd"},
		"cut short":     {s, sealed[:len(sealed)-8], "lab/CLI/pwd"},
		"nothing":       {s, sealedPrefix, "lab/CLI/pwd"},
		"no base64":     {s, sealedPrefix + "!!", "lab/CLI/pwd"},
		"not sealed":    {s, "secret", "lab/CLI/pwd"},
	}
	for name, tc := range cases {
		if got, err := tc.sealer.Open(tc.sealed, tc.context); err == nil || strings.Contains(err.Error(), tc.sealed) {
			t.Errorf("%s: opened %q, %v", name, got, err)
		}
	}
}

func TestSealerIsNotPrinted(t *testing.T) {
	t.Parallel()
	key := bytes.Repeat([]byte{0xAB}, KeySize)
	s, err := NewSealer(key)
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "sealer", s)
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "sealer", *s)
	document, err := json.Marshal(map[string]any{"sealer": s})
	if err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprintf("%v %+v %#v %s %x %v %#v", s, s, s, s, s, *s, *s) + log.String() + string(document)
	for _, text := range []string{"171 171", "171,171", "0xab, 0xab", "abababab", "ABABABAB"} {
		if strings.Contains(got, text) {
			t.Errorf("the key is told: %s", got)
		}
	}
	if _, err := NewSealer(key[:16]); err == nil {
		t.Error("a key of 16 bytes was taken")
	}
}

func TestLoadKeyFromOperator(t *testing.T) {
	t.Parallel()
	key := newKey()
	dir := t.TempDir()
	for _, text := range []string{hex.EncodeToString(key), base64.StdEncoding.EncodeToString(key), base64.URLEncoding.EncodeToString(key),
		base64.RawStdEncoding.EncodeToString(key) + "\n"} {
		if got, err := LoadKey(dir, text); err != nil || !bytes.Equal(got, key) {
			t.Errorf("LoadKey(%q) = %x, %v", text, got, err)
		}
	}
	for _, text := range []string{"secret", hex.EncodeToString(key[:16]), base64.StdEncoding.EncodeToString(append(key, 1)), " "} {
		_, err := LoadKey(dir, text)
		if err == nil || !strings.Contains(err.Error(), "32 bytes in base64 or hexadecimal") || strings.Contains(err.Error(), text) && text != " " {
			t.Errorf("LoadKey(%q): error %v", text, err)
		}
	}
	if files, _ := os.ReadDir(dir); len(files) != 0 {
		t.Errorf("files were made: %v", files)
	}
}

func TestLoadKeyMakesOne(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	keys := make([][]byte, 20)
	var group sync.WaitGroup
	for i := range keys {
		group.Go(func() {
			var err error
			if keys[i], err = LoadKey(dir, ""); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	for _, key := range keys {
		if len(key) != KeySize || !bytes.Equal(key, keys[0]) {
			t.Fatalf("keys %x and %x, want the same one for all", keys[0], key)
		}
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 1 || files[0].Name() != "secret.key" {
		t.Fatalf("files %v, %v, want secret.key alone", files, err)
	}
	if info, err := files[0].Info(); err != nil || info.Mode() != 0o600 {
		t.Errorf("mode %v, %v, want 0600", info.Mode(), err)
	}
}

func TestLoadKeyRefusesFile(t *testing.T) {
	t.Parallel()
	good := base64.StdEncoding.EncodeToString(newKey())
	cases := map[string]struct {
		text string
		mode os.FileMode
		want string
	}{
		"readable by the group": {good, 0o640, "can be read by others (mode 0640): allow only its owner (chmod 600)"},
		"readable by all":       {good, 0o604, "can be read by others"},
		"no key":                {"garbage", 0o600, "secret.key: it must be 32 bytes"},
		"empty":                 {"", 0o600, "secret.key: it must be 32 bytes"},
	}
	for name, tc := range cases {
		dir := t.TempDir()
		path := filepath.Join(dir, "secret.key")
		if err := os.WriteFile(path, []byte(tc.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, tc.mode); err != nil {
			t.Fatal(err)
		}
		if _, err := LoadKey(dir, ""); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: error %v, want %q", name, err, tc.want)
		}
	}
	dir := t.TempDir()
	if err := os.Symlink("/dev/zero", filepath.Join(dir, "secret.key")); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadKey(dir, ""); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("link: error %v", err)
	}
}
