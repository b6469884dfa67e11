package ssh

import (
	"encoding/json"
	"fmt"
	"os"
	"sync"
	"testing"
)

// The tests with the real lab run when CALIPSO_OPENSTACK_LAB is the path of the lab's description, env.json.
func labLogins(t *testing.T) (byPassword, byKey Login, hosts map[string]string) {
	t.Helper()
	path := os.Getenv("CALIPSO_OPENSTACK_LAB")
	if path == "" {
		t.Skip("CALIPSO_OPENSTACK_LAB is not set")
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var lab struct {
		Hosts map[string]string
		SSH   struct {
			Host, User, Password, Key string
			Port                      int
		}
	}
	if err := json.Unmarshal(data, &lab); err != nil {
		t.Fatal(err)
	}
	base := Login{Host: lab.SSH.Host, Port: lab.SSH.Port, User: lab.SSH.User}
	byPassword, byKey = base, base
	byPassword.Pwd, byKey.Key = lab.SSH.Password, lab.SSH.Key
	return byPassword, byKey, lab.Hosts
}

func TestLab(t *testing.T) {
	t.Parallel()
	byPassword, byKey, hosts := labLogins(t)
	for name, gateway := range map[string]Login{"password": byPassword, "key": byKey} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newClient(t, "127.0.0.1:1", func(cfg *Config) { cfg.Gateway = gateway })
			var group sync.WaitGroup
			for host := range hosts {
				for range 4 {
					group.Go(func() { labIdentity(t, c, host) })
				}
			}
			group.Wait()
			_, err := c.Run(t.Context(), "node-99", []byte("echo"))
			wantError(t, err, HopFailed, "node-99", "resolve")
		})
	}
}

func labIdentity(t *testing.T, c *Client, host string) {
	result, err := c.Run(t.Context(), host, []byte("uname -n; echo $#; $1 id -un"), "sudo -n", "x y")
	if want := fmt.Sprintf("%s\n2\nroot\n", host); err != nil || string(result.Stdout) != want {
		t.Errorf("on %s: %q, %v, want %q", host, result.Stdout, err, want)
	}
}

func TestLabOwnLogins(t *testing.T) {
	t.Parallel()
	byPassword, byKey, hosts := labLogins(t)
	keys := &memory{keys: map[string]string{}}
	c := newClient(t, "127.0.0.1:1", func(cfg *Config) {
		cfg.Gateway, cfg.HostKeys = byPassword, keys
		for name, addr := range hosts {
			own := byKey
			own.Name, own.Host = name, addr
			cfg.Hosts = append(cfg.Hosts, own)
		}
	})
	for host := range hosts {
		labIdentity(t, c, host)
	}
	if len(keys.keys) != len(hosts) {
		t.Errorf("%d host keys were remembered for %d hosts", len(keys.keys), len(hosts))
	}
}

func TestLabWrongPassword(t *testing.T) {
	t.Parallel()
	gateway, _, _ := labLogins(t)
	gateway.Pwd = "no"
	c := newClient(t, "127.0.0.1:1", func(cfg *Config) { cfg.Gateway = gateway })
	_, err := c.Run(t.Context(), "node-2", []byte("echo"))
	wantError(t, err, AuthFailed, "password refused")
}
