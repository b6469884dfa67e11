package sqldb

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"testing"

	"calipso.io/calipso/pkg/model"
	"github.com/go-sql-driver/mysql"
)

const password = "sesame-open"

func TestFromSection(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		section model.Section
		want    string // address, or the error's text
	}{
		"defaults":    {model.Section{"host": "db"}, "db:3306 as "},
		"all":         {model.Section{"host": "db", "port": "3307", "user": "u", "pwd": password, "connect_timeout": 9.0}, "db:3307 as u"},
		"IPv6":        {model.Section{"host": "fd00::1", "user": "u"}, "[fd00::1]:3306 as u"},
		"no host":     {model.Section{"port": 1.0}, "mysql section: host is empty"},
		"bad port":    {model.Section{"host": "db", "port": "x"}, `mysql section: port is "x"; it is a number from 1 to 65535`},
		"bad timeout": {model.Section{"host": "db", "connect_timeout": "-1"}, `connect_timeout is "-1"; it is a number of seconds`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg, err := FromSection(c.section)
			got := fmt.Sprintf("%v %+v %#v %v", cfg, cfg, cfg, New(cfg))
			if err != nil {
				got = err.Error()
			}
			if !strings.Contains(got, c.want) || strings.Contains(got, password) {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestNeutronSchema(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		schemata   []string
		configured string
		want       string // the schema, or the error's text
	}{
		"the only one":              {[]string{"keystone", "neutron", "nova"}, "nova", "neutron"},
		"its old name":              {[]string{"keystone", "ovs_quantum"}, "", "ovs_quantum"},
		"other spelling":            {[]string{"OVS_Neutron"}, "", "OVS_Neutron"},
		"configured":                {[]string{"neutron", "neutron_old"}, "neutron_old", "neutron_old"},
		"several":                   {[]string{"neutron", "neutron_old"}, "nova", "several schemata may be Neutron's: neutron, neutron_old"},
		"none":                      {[]string{"keystone", "nova"}, "", "no schema that user joe sees has neutron in its name; there are keystone, nova"},
		"nothing":                   {nil, "", "user joe sees no schema at all"},
		"configured but not of it":  {[]string{"nova"}, "nova", "no schema that user joe sees"},
		"configured but not there":  {[]string{"neutron"}, "neutron9", "neutron"},
		"configured, other letters": {[]string{"neutron_a", "neutron_b"}, "NEUTRON_A", "several schemata"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := New(Config{Host: "h", User: "joe", Schema: c.configured}).neutron(c.schemata)
			if err != nil {
				got = err.Error()
			}
			if !strings.HasPrefix(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestClosedPort(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = listener.Close()
	port := listener.Addr().(*net.TCPAddr).Port
	_, err = New(Config{Host: "127.0.0.1", Port: port, User: "u", Password: password}).Endpoints(t.Context())
	expect(t, err, fmt.Sprintf("database at 127.0.0.1:%d: ", port))
	expect(t, err, "connection refused: check host and port of the mysql section")
}

func TestNotADatabase(t *testing.T) {
	t.Parallel()
	for name, greeting := range map[string]string{"ssh": "SSH-2.0-OpenSSH_9.2p1\r\n", "silent": "", "garbage": "\x05\x00\x00\x00\xffabcd"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = listener.Close() })
			go func() {
				for {
					conn, err := listener.Accept()
					if err != nil {
						return
					}
					_, _ = conn.Write([]byte(greeting))
					_ = conn.Close()
				}
			}()
			_, err = New(Config{Host: "127.0.0.1", Port: listener.Addr().(*net.TCPAddr).Port, User: "u", Password: password}).Endpoints(t.Context())
			expect(t, err, "database at 127.0.0.1:")
		})
	}
}

func TestHangingServer(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		conn, err := listener.Accept()
		if err == nil {
			defer conn.Close()
		}
		cancel()
		<-ctx.Done()
	}()
	_, err = New(Config{Host: "127.0.0.1", Port: listener.Addr().(*net.TCPAddr).Port}).Endpoints(ctx)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func expect(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	if err != nil && strings.Contains(err.Error(), password) {
		t.Errorf("the password is in %v", err)
	}
}

// database returns the database of the OpenStack lab that CALIPSO_OPENSTACK_LAB, the path of its env.json, describes.
func database(t *testing.T) Config {
	t.Helper()
	path := os.Getenv("CALIPSO_OPENSTACK_LAB")
	if path == "" {
		t.Skip("no database: set CALIPSO_OPENSTACK_LAB to the lab's env.json")
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var lab struct {
		MySQL struct {
			Host, User, Password string
			Port                 int
			NovaSchema           string `json:"nova_schema"`
		}
	}
	if err := json.Unmarshal(text, &lab); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	cfg, err := FromSection(model.Section{"host": lab.MySQL.Host, "port": lab.MySQL.Port, "user": lab.MySQL.User, "pwd": lab.MySQL.Password,
		"schema": lab.MySQL.NovaSchema})
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

func TestRealDatabase(t *testing.T) {
	t.Parallel()
	c := New(database(t))
	for range 3 {
		endpoints, err := c.Endpoints(t.Context())
		if err != nil || len(endpoints) == 0 {
			t.Fatalf("got %v, %v", endpoints, err)
		}
		for _, e := range endpoints {
			if net.ParseIP(e.IPAddress) == nil || e.Host == "" || e.Type != "vxlan" || e.UDPPort != 4789 {
				t.Errorf("got %+v", e)
			}
		}
	}
	if n := c.Queries(); n != 2 {
		t.Errorf("%d queries", n)
	}
}

func TestRealDatabaseOldTables(t *testing.T) {
	t.Parallel()
	cfg := database(t)
	connector, err := mysql.NewConnector(cfg.driver())
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(connector)
	t.Cleanup(func() { _ = db.Close() })
	// As if the tables had no host and no port, as in the first releases.
	got, err := New(cfg).rows(t.Context(), db, "neutron", columns{"ml2_vxlan_endpoints": {"ip_address"}, "ml2_x'_endpoints": {"ip_address"}, "ml2_gre_endpoints": {"host"}})
	if err != nil || len(got) == 0 {
		t.Fatalf("got %v, %v", got, err)
	}
	for _, e := range got {
		if e.Host != "" || e.UDPPort != 0 || e.IPAddress == "" {
			t.Errorf("got %+v", e)
		}
	}
}

func TestRealDatabaseWrongPassword(t *testing.T) {
	t.Parallel()
	cfg := database(t)
	cfg.Password = password
	_, err := New(cfg).Endpoints(t.Context())
	expect(t, err, "refused user "+cfg.User+": check user and pwd of the mysql section")
}
