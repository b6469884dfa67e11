package amqp

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"testing"
	"time"

	"calipso.io/calipso/pkg/model"
)

func TestFromSection(t *testing.T) {
	t.Parallel()
	defaults := Config{Host: "rabbit", Port: 5672, User: "u", Password: "p", VHost: "/", Exchanges: []string{"nova", "neutron"},
		Topics: []string{"notifications", "versioned_notifications"}, Length: 20000, KeepFor: time.Hour, LookEvery: 5 * time.Second, Heartbeat: 10 * time.Second}
	all := defaults
	all.Port, all.VHost, all.Exchanges, all.Topics, all.Length, all.KeepFor = 5673, "os", []string{"a"}, []string{"b", "c"}, 10, time.Minute
	for name, tt := range map[string]struct {
		section model.Section
		want    Config
	}{
		"defaults": {model.Section{}, defaults},
		"all": {model.Section{"port": "5673", "vhost": "os", "exchanges": []any{"a"}, "topics": []any{"b", "c"}, "queue_length": 10,
			"queue_ttl": 60.0, "tls": false}, all},
	} {
		tt.section["host"], tt.section["user"], tt.section["pwd"] = "rabbit", "u", "p"
		got, err := FromSection(tt.section)
		if err != nil || !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s: got %#v, error %v", name, got, err)
		}
	}
}

func TestFromSectionTLS(t *testing.T) {
	t.Parallel()
	got, err := FromSection(model.Section{"host": "rabbit", "tls": true})
	if err != nil || got.TLS == nil || got.Port != 5671 || got.TLS.ServerName != "rabbit" || got.TLS.InsecureSkipVerify {
		t.Errorf("%+v, error %v", got.TLS, err)
	}
}

func TestFromSectionRefuses(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		section model.Section
		want    string
	}{
		"no host":      {model.Section{}, "host is empty"},
		"port":         {model.Section{"host": "h", "port": 70000}, `port is "70000"; it is a number from 1 to 65535`},
		"queue_length": {model.Section{"host": "h", "queue_length": "many"}, `queue_length is "many"`},
		"queue_ttl":    {model.Section{"host": "h", "queue_ttl": 0}, `queue_ttl is "0"`},
		"ca_cert":      {model.Section{"host": "h", "ca_cert": "none"}, "ca_cert holds no certificate"},
	} {
		if _, err := FromSection(tt.section); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error %v, want %q in it", name, err, tt.want)
		}
	}
}

// TestConfigHidesPassword: however a configuration is written, its password is not in it.
func TestConfigHidesPassword(t *testing.T) {
	t.Parallel()
	cfg := Config{Host: "h", Port: 1, User: "u", Password: "s3cret"}
	data, err := json.Marshal(cfg)
	if err != nil {
		t.Fatal(err)
	}
	texts := []string{fmt.Sprint(cfg), fmt.Sprintf("%+v %#v", cfg, cfg), string(data), slog.AnyValue(cfg).Resolve().String()}
	for _, text := range texts {
		if strings.Contains(text, "s3cret") || !strings.Contains(text, "h:1") {
			t.Error(text)
		}
	}
}
