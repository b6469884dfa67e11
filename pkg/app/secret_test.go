package app

import (
	"log/slog"
	"strings"
	"testing"
)

// TestAddressesRefused: an address that can't be read is told by its variable, without the password in it.
func TestAddressesRefused(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		variable string
		config   Config
	}{
		{"CALIPSO_REDIS", Config{Redis: "redis://:hunter2%zz@localhost:6379/0"}},
		{"CALIPSO_REDIS", Config{Redis: "redis://:hunter2 /x:y@localhost:6379/0"}},
		{"CALIPSO_STORE", Config{Store: "mongodb://me:x/hunter2@localhost/calipso"}},
		{"CALIPSO_STORE", Config{Store: "mongodb://me:hunter2%zz@localhost/calipso"}},
	} {
		tt.config.Data = t.TempDir()
		_, err := Open(t.Context(), tt.config, slog.DiscardHandler)
		if err == nil || !strings.Contains(err.Error(), tt.variable) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%+v: %v", tt.config, err)
		}
	}
}
