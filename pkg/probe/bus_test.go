package probe_test

import (
	"encoding/json"
	"net"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/probe"
)

// busAt is an environment with a message bus at an address.
func busAt(address net.Addr, more model.Section) *model.Environment {
	section := model.Section{"name": model.SectionAMQP, "host": "127.0.0.1", "port": address.(*net.TCPAddr).Port, "user": "nova", "pwd": secret}
	for key, value := range more {
		section[key] = value
	}
	return &model.Environment{Name: "lab", Configuration: []model.Section{section}}
}

func TestBusThatIsNone(t *testing.T) {
	t.Parallel()
	secure := httptest.NewTLSServer(nil)
	t.Cleanup(secure.Close)
	plain := httptest.NewServer(nil)
	t.Cleanup(plain.Close)
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	for name, tt := range map[string]struct {
		address     net.Addr
		more        model.Section
		error, hint string
	}{
		"another authority": {secure.Listener.Addr(), model.Section{"tls": true}, "check host and ca_cert of the AMQP section", "authority that is not trusted"},
		"no TLS there":      {plain.Listener.Addr(), model.Section{"tls": true}, "it does not speak TLS at this port", ""},
		"no broker there":   {plain.Listener.Addr(), nil, "is it a broker that speaks AMQP 0-9-1?", ""},
		"refused":           {closed.Addr(), nil, "connection refused: check host and port of the AMQP section", "nothing listens at this port"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := try(t, probe.Config{Env: busAt(tt.address, tt.more), Queue: "calipso.test.1"}, model.SectionAMQP)
			if got.OK || !strings.Contains(got.Error, tt.error) || !strings.Contains(got.Hint, tt.hint) {
				t.Errorf("got %+v", got)
			}
		})
	}
}

// TestLabBus tries the real broker of the lab that CALIPSO_OPENSTACK_LAB describes.
func TestLabBus(t *testing.T) {
	t.Parallel()
	path := os.Getenv("CALIPSO_OPENSTACK_LAB")
	if path == "" {
		t.Skip("CALIPSO_OPENSTACK_LAB does not name the env.json of an OpenStack lab")
	}
	text, err := os.ReadFile(path)
	var lab struct {
		AMQP struct {
			Host           string
			Port           int
			User, Password string
		}
	}
	if err == nil {
		err = json.Unmarshal(text, &lab)
	}
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		more   model.Section
		ok     bool
		result string // of the last step
	}{
		"right":            {nil, true, "it may"},
		"no such exchange": {model.Section{"exchanges": []any{"moon"}}, true, "there is no exchange moon"},
		"wrong password":   {model.Section{"pwd": secret}, false, "refused user"},
		"no such vhost":    {model.Section{"vhost": "moon"}, false, `has no virtual host "moon"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := busAt(&net.TCPAddr{Port: lab.AMQP.Port}, model.Section{"host": lab.AMQP.Host, "user": lab.AMQP.User, "pwd": lab.AMQP.Password})
			for key, value := range tt.more {
				env.Section(model.SectionAMQP)[key] = value
			}
			got := try(t, probe.Config{Env: env, Queue: "calipso.test." + strings.ReplaceAll(name, " ", "-")}, model.SectionAMQP)
			if last := got.Tried[len(got.Tried)-1]; got.OK != tt.ok || !strings.Contains(last.Result, tt.result) {
				t.Errorf("got %+v", got)
			}
		})
	}
}
