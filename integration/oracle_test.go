package integration

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	xssh "golang.org/x/crypto/ssh"
)

// openstack is the real cloud: what it says of itself, by its own APIs and commands, is what the inventory has to hold.
// It is asked here with nothing of Calipso's: plain requests, and other commands where there are others.
type openstack struct {
	t      *testing.T
	token  string
	desc   labDescription
	master *xssh.Client
}

// labDescription is the lab's env.json.
type labDescription struct {
	Hosts map[string]string
	API   struct {
		Host, User, Password, Project, Domain, Region string
		Port                                          int
		AuthURL                                       string `json:"auth_url"`
	}
	MySQL struct {
		Host, User, Password string
		Port                 int
	}
	AMQP struct {
		Host, User, Password string
		Port                 int
	}
	SSH struct {
		Host, User, Password, Key string
		Port                      int
	}
}

// realCloud returns the cloud of CALIPSO_OPENSTACK_LAB.
func realCloud(t *testing.T) *openstack {
	t.Helper()
	path := os.Getenv("CALIPSO_OPENSTACK_LAB")
	if path == "" {
		t.Skip("CALIPSO_OPENSTACK_LAB does not name the env.json of an OpenStack lab: make test-openstack brings one up")
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	o := &openstack{t: t}
	if err := json.Unmarshal(data, &o.desc); err != nil {
		t.Fatal(err)
	}
	o.login()
	ssh := o.desc.SSH
	o.master, err = xssh.Dial("tcp", fmt.Sprintf("%s:%d", ssh.Host, ssh.Port), &xssh.ClientConfig{User: ssh.User, Timeout: 5 * time.Second,
		Auth: []xssh.AuthMethod{xssh.Password(ssh.Password)}, HostKeyCallback: xssh.InsecureIgnoreHostKey()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { o.master.Close() })
	return o
}

func (o *openstack) login() {
	body, _ := json.Marshal(map[string]any{"auth": map[string]any{
		"identity": map[string]any{"methods": []string{"password"}, "password": map[string]any{"user": map[string]any{
			"name": o.desc.API.User, "password": o.desc.API.Password, "domain": map[string]any{"name": o.desc.API.Domain}}}},
		"scope": map[string]any{"project": map[string]any{"name": o.desc.API.Project, "domain": map[string]any{"name": o.desc.API.Domain}}}}})
	answer, err := http.Post(o.desc.API.AuthURL+"/auth/tokens", "application/json", bytes.NewReader(body))
	if err != nil {
		o.t.Fatal(err)
	}
	answer.Body.Close()
	if o.token = answer.Header.Get("X-Subject-Token"); o.token == "" {
		o.t.Fatalf("the lab's Keystone answered %s", answer.Status)
	}
}

// call makes a request to a service, by its port, and returns the decoded answer.
func (o *openstack) call(method string, port int, path string, body any) map[string]any {
	o.t.Helper()
	var reader io.Reader
	if body != nil {
		data, _ := json.Marshal(body)
		reader = bytes.NewReader(data)
	}
	req, err := http.NewRequestWithContext(o.t.Context(), method, fmt.Sprintf("http://%s:%d%s", o.desc.API.Host, port, path), reader)
	if err != nil {
		o.t.Fatal(err)
	}
	req.Header.Set("X-Auth-Token", o.token)
	req.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		o.t.Fatal(err)
	}
	defer answer.Body.Close()
	data, _ := io.ReadAll(answer.Body)
	if answer.StatusCode >= 300 && answer.StatusCode != http.StatusNotFound {
		o.t.Fatalf("%s %s: %s: %s", method, path, answer.Status, data)
	}
	decoded := map[string]any{"status": answer.StatusCode}
	json.Unmarshal(data, &decoded)
	return decoded
}

const (
	keystone = 5000
	nova     = 8774
	neutron  = 9696
)

// list returns a listing of a service.
func (o *openstack) list(port int, path, key string) (list []map[string]any) {
	o.t.Helper()
	entries, ok := o.call(http.MethodGet, port, path, nil)[key].([]any)
	if !ok {
		o.t.Fatalf("%s has no %s", path, key)
	}
	for _, e := range entries {
		list = append(list, e.(map[string]any))
	}
	return list
}

// run runs a command on one of the lab's hosts and returns the lines that it prints.
func (o *openstack) run(host, command string) []string {
	o.t.Helper()
	session, err := o.master.NewSession()
	if err != nil {
		o.t.Fatal(err)
	}
	defer session.Close()
	out, err := session.CombinedOutput(fmt.Sprintf("ssh %s '%s'", host, command))
	if err != nil {
		o.t.Fatalf("%s on %s: %v: %s", command, host, err, out)
	}
	return strings.FieldsFunc(string(out), func(r rune) bool { return r == '\n' })
}

// ovsInterface is a row of a host's OVS database.
type ovsInterface struct {
	name, kind, ifaceID string
}

// ovsInterfaces asks the host's OVS database itself, not the commands that discovery reads.
func (o *openstack) ovsInterfaces(host string) (list []ovsInterface) {
	o.t.Helper()
	var table struct{ Data [][]any }
	out := strings.Join(o.run(host, "sudo ovs-vsctl --format=json --columns=name,type,external_ids list Interface"), "")
	if err := json.Unmarshal([]byte(out), &table); err != nil {
		o.t.Fatal(err)
	}
	for _, row := range table.Data {
		i := ovsInterface{name: row[0].(string), kind: row[1].(string)}
		for _, pair := range row[2].([]any)[1].([]any) {
			if pair.([]any)[0] == "iface-id" {
				i.ifaceID = pair.([]any)[1].(string)
			}
		}
		list = append(list, i)
	}
	return list
}

// hosts returns the lab's hosts, sorted.
func (o *openstack) hosts() []string {
	var names []string
	for name := range o.desc.Hosts {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// environment returns the document to register the cloud with; with its database or without.
func (o *openstack) environment(name string, database bool) map[string]any {
	api, sql, ssh := o.desc.API, o.desc.MySQL, o.desc.SSH
	sections := []any{
		map[string]any{"name": "OpenStack", "host": api.Host, "port": api.Port, "user": api.User, "pwd": api.Password, "admin_project": api.Project},
		map[string]any{"name": "CLI", "host": ssh.Host, "port": ssh.Port, "user": ssh.User, "pwd": ssh.Password},
	}
	if database {
		sections = append(sections, map[string]any{"name": "mysql", "host": sql.Host, "port": sql.Port, "user": sql.User, "pwd": sql.Password})
	}
	return map[string]any{"name": name, "type": "environment", "environment_type": "OpenStack", "distribution": "OpenStack",
		"distribution_version": "Zed", "mechanism_drivers": []string{"OVS"}, "type_drivers": "vxlan", "listen": false,
		"operational": "running", "configuration": sections}
}

// column returns one attribute of each entry of a listing.
func column(list []map[string]any, key string) (values []string) {
	for _, e := range list {
		values = append(values, fmt.Sprint(e[key]))
	}
	return values
}
