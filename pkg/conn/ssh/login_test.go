package ssh

import (
	"net"
	"strings"
	"testing"
	"time"
)

func TestOwnLogins(t *testing.T) {
	t.Parallel()
	key, public := newKey(t)
	gateway := newServer(t)
	own := newServer(t, func(s *server) {
		s.password, s.userKey = "", public
		s.env = append(s.env, "HOP=own")
	})
	entry := loginTo(t, own.addr)
	entry.Name, entry.Pwd, entry.Key = "node-7", "", key
	c := newClient(t, gateway.addr, func(cfg *Config) { cfg.Hosts = []Login{entry} })
	for _, host := range []string{"node-7", "node-7.lab"} {
		if got := run(t, c, host, whereAmI, "a b"); string(got.Stdout) != "own 1 a b|\n" {
			t.Errorf("stdout %q", got.Stdout)
		}
	}
	if got := run(t, c, "gw", whereAmI); string(got.Stdout) != "gateway 0 |\n" {
		t.Errorf("stdout %q", got.Stdout)
	}
	if got := c.Stats(); got != (Stats{RoundTrips: 3, Dials: 2}) {
		t.Errorf("stats %+v", got)
	}
	if gateway.logins.Load() != 1 || own.accepted.Load() != 1 {
		t.Errorf("connections were not kept")
	}
	gateway.dropAll() // and with it the forwarded connection
	run(t, c, "node-7", "echo")
}

func TestOwnLoginErrors(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		gateway func(*server)
		entry   func(*Login)
		code    Code
		texts   []string
	}{
		"wrong password": {nil, func(l *Login) { l.Pwd = "no" }, AuthFailed, []string{"host node-7 (127.0.0.1:", "through gateway",
			"password refused", "entry node-7 of the CLI section's hosts"}},
		"closed port":   {nil, func(l *Login) { l.Port = closedPort(t) }, Unreachable, []string{"node-7", "gateway can't connect to it"}},
		"no forwarding": {func(s *server) { s.noForward = true }, nil, Refused, []string{"node-7", "AllowTcpForwarding"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			gateway := newServer(t, func(s *server) {
				if tc.gateway != nil {
					tc.gateway(s)
				}
			})
			entry := loginTo(t, newServer(t).addr)
			entry.Name = "node-7"
			if tc.entry != nil {
				tc.entry(&entry)
			}
			c := newClient(t, gateway.addr, func(cfg *Config) { cfg.Hosts = []Login{entry} })
			_, err := c.Run(t.Context(), "node-7", []byte("echo"))
			wantError(t, err, tc.code, tc.texts...)
		})
	}
}

// closedPort returns a port that nobody listens on.
func closedPort(t *testing.T) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}

func TestGatewayErrors(t *testing.T) {
	t.Parallel()
	key, _ := newKey(t)
	silent, err := net.Listen("tcp", "127.0.0.1:0") // takes connections, says nothing
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { silent.Close() })
	cases := map[string]struct {
		server func(*server)
		change func(*Config)
		code   Code
		texts  []string
	}{
		"wrong password": {nil, func(c *Config) { c.Gateway.Pwd = "no" }, AuthFailed,
			[]string{"as scan: password refused: check the CLI section's user and pwd"}},
		"wrong key": {func(s *server) { s.userKey = []byte("other") }, func(c *Config) { c.Gateway.Pwd, c.Gateway.Key = "", key }, AuthFailed,
			[]string{"as scan: key refused: check the CLI section's user and key"}},
		"password where keys are wanted": {func(s *server) { s.password, s.userKey = "", []byte("other") }, nil, AuthFailed,
			[]string{"does not take a password"}},
		"closed port": {nil, func(c *Config) { c.Gateway.Port = closedPort(t) }, Unreachable, []string{"refused", "host and port"}},
		"no sshd": {nil, func(c *Config) {
			c.Gateway.Port, c.LoginTimeout = silent.Addr().(*net.TCPAddr).Port, 100*time.Millisecond
		}, Unreachable, []string{"handshake did not end within 100ms"}},
		"unknown name": {nil, func(c *Config) { c.Gateway.Host = "gateway.invalid" }, Unreachable, []string{"gateway.invalid"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t, func(s *server) {
				if tc.server != nil {
					tc.server(s)
				}
			})
			c := newClient(t, s.addr, func(cfg *Config) {
				if tc.change != nil {
					tc.change(cfg)
				}
			})
			_, err := c.Run(t.Context(), "node-2", []byte("echo"))
			wantError(t, err, tc.code, append(tc.texts, "ssh to gateway", "host node-2")...)
			if strings.Contains(err.Error(), "secret") {
				t.Errorf("the error tells a secret: %v", err)
			}
		})
	}
}

func TestRefusedPasswordIsNotTriedAgainAtOnce(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c := newClient(t, s.addr, func(cfg *Config) { cfg.Gateway.Pwd = "no" })
	for range 10 {
		_, err := c.Run(t.Context(), "node-2", []byte("echo"))
		wantError(t, err, AuthFailed, "password refused")
	}
	if got := s.logins.Load(); got != 1 {
		t.Errorf("the password was tried %d times: that can lock an account", got)
	}
}

func TestKeyboardInteractive(t *testing.T) {
	t.Parallel()
	l := Login{Pwd: "secret"}
	answers, err := l.answer("", "", []string{"Password: ", "Name: "}, []bool{false, true})
	if err != nil || len(answers) != 2 || answers[0] != "secret" || answers[1] != "" {
		t.Errorf("answers %q, %v", answers, err)
	}
}
