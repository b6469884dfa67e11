package integration

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"calipso.io/calipso/api"
	"calipso.io/calipso/api/client"
	"calipso.io/calipso/integration/lab"
	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/store"
)

// secrets are texts that must be nowhere but in the memory of processes, by what they are.
type secrets map[string]string

// plant makes a secret.
func (s secrets) plant(what string) string {
	s[what] = "Planted" + rand.Text()
	return s[what]
}

// forms are what a secret looks like in plain text and in the usual encodings.
func forms(secret string) map[string]string {
	all := map[string]string{"as it is": secret, "in hexadecimal": hex.EncodeToString([]byte(secret))}
	for before := range 3 { // what base64 makes of a text depends on where it begins
		coded := base64.RawStdEncoding.EncodeToString([]byte(strings.Repeat("x", before) + secret))
		all[fmt.Sprint("in base64 ", before)] = coded[4 : len(coded)-2]
	}
	return all
}

// in makes sure that no secret is in what there is somewhere, and that the name that is no secret is, if it should be.
func (s secrets) in(t *testing.T, where string, data []byte) {
	t.Helper()
	for what, secret := range s {
		for how, text := range forms(secret) {
			if bytes.Contains(data, []byte(text)) {
				t.Errorf("the %s is in %s, %s", what, where, how)
			}
		}
	}
}

// known is a text in an environment's document that is no secret: where it is not found, the test looks at the wrong place.
const known = "PlainlyVisibleUser"

func mustKnow(t *testing.T, where string, data []byte) {
	t.Helper()
	if !bytes.Contains(data, []byte(known)) {
		t.Errorf("the test looks at the wrong place: %s has nothing of the environment", where)
	}
}

// TestSecrets plants a secret wherever an environment's document has one, and looks for them wherever Calipso writes or
// answers, while scans succeed and fail.
func TestSecrets(t *testing.T) {
	t.Parallel()
	binary := build(t)
	for name, address := range stores(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			planted := secrets{}
			l := simulate(t, lab.EnvConfig{Name: "e", Instances: 2, Passwords: map[string]string{
				model.SectionOpenStack: planted.plant("OpenStack password"), model.SectionCLI: planted.plant("CLI password"),
				model.SectionMySQL: planted.plant("mysql password")}})
			i := install(t, binary, address, "CALIPSO_LOG_LEVEL=debug")
			redis := monitor(t, i.server.address)
			processes := []*process{i.api, i.run(t, "worker"), i.run(t, "scheduler")}
			i.add(planted.everywhere(t, l, document(t, l, "e")))
			i.completed(client.ScanRequest{Environment: "e", LogLevel: "debug"})
			i.answers(t, planted)

			// Wrong logins: secrets stand where errors are made of.
			wrong := document(t, l, "e")
			for _, name := range []string{model.SectionOpenStack, model.SectionCLI, model.SectionMySQL} {
				wrong.Section(name)["pwd"] = planted.plant("wrong password of " + name)
			}
			i.replace(planted.everywhere(t, l, wrong))
			if scan := i.scan(client.ScanRequest{Environment: "e", LogLevel: "debug"}); scan.Status == model.ScanCompleted {
				t.Error("a scan with wrong passwords was completed")
			}
			i.answers(t, planted)

			for _, p := range processes {
				p.stop()
				planted.in(t, "what "+p.String()+" logs", []byte(p.out.String()))
			}
			if !strings.Contains(processes[1].out.String(), "level=DEBUG") {
				t.Error("the worker did not log in detail")
			}
			planted.in(t, "what was sent to Redis", []byte(redis()))
			planted.inStore(t, i, address)
		})
	}
}

// everywhere gives the document all sections that have secrets, and a secret wherever it has none of the lab's.
func (s secrets) everywhere(t *testing.T, l *lab.Lab, doc model.Environment) model.Environment {
	t.Helper()
	key := l.ClientKey("e")
	s["private key"] = strings.Split(key, "\n")[2]
	doc.Section(model.SectionCLI)["hosts"] = []any{map[string]any{"name": "node-3", "user": "root", "key": key},
		map[string]any{"name": "nosuch", "user": "x", "pwd": s.plant("password of a host")}}
	doc.Configuration = append(doc.Configuration,
		model.Section{"name": "AMQP", "host": "127.0.0.1", "port": 1, "user": known, "pwd": s.plant("AMQP password")},
		model.Section{"name": "NFV_provider", "host": "h", "port": 1, "user": "x", "pwd": s.plant("NFV password"), "nfv_token": s.plant("NFV token")},
		model.Section{"name": "ACI", "host": "127.0.0.1", "user": "x", "pwd": s.plant("ACI password")},
		model.Section{"name": "Kubernetes", "host": "127.0.0.1", "port": 1, "user": "x", "token": s.plant("Kubernetes token")},
		model.Section{"name": "VMware", "host": "h", "user": "x", "pwd": s.plant("VMware password")},
		model.Section{"name": "Bare-metal", "host": "h", "user": "x", "pwd": s.plant("bare-metal password")},
		model.Section{"name": "Monitoring", "config_folder": "/tmp/x", "provision": "None", "env_type": "testing", "api_port": 1, "type": "Sensu",
			"rabbitmq_user": "x", "rabbitmq_port": 1, "server_ip": "127.0.0.1", "server_name": "x",
			"rabbitmq_pass": s.plant("monitoring password"), "ssh_password": s.plant("monitoring SSH password")})
	return doc
}

// endless are routes whose answers never end: they send what others and /monitor show.
var endless = []string{"/monitor/events", "/environment_configs/:name/events"}

// answers looks at what the API answers to every GET that there is.
func (i *installation) answers(t *testing.T, planted secrets) {
	t.Helper()
	routes := api.New(api.Config{DB: i.db, Redis: i.redis}).(*gin.Engine).Routes()
	scans, err := i.db.Scans.IDs(t.Context(), store.Query{})
	if err != nil {
		t.Fatal(err)
	}
	good := 0
	for _, r := range routes {
		if r.Method != "GET" || slices.Contains(endless, r.Path) {
			continue
		}
		for _, path := range i.paths(r.Path, scans) {
			a := i.ask(t, "GET", path, "")
			planted.in(t, "the answer to GET "+path, []byte(a.text))
			if a.status == 200 {
				good++
			}
			if path == "/environment_configs?name=e" {
				mustKnow(t, path, []byte(a.text))
			}
		}
	}
	if good < 15 {
		t.Errorf("only %d requests were answered", good)
	}
}

// paths fills in the parameters of a route.
func (i *installation) paths(route string, scans []string) (paths []string) {
	ids := append([]string{"e"}, scans...)
	for _, id := range ids {
		path := strings.NewReplacer(":name", "e", ":id", id, ":host", "127.0.0.1", "*page", "").Replace(route)
		paths = append(paths, path, path+"?env_name=e", path+"?name=e")
		if !strings.Contains(route, ":id") {
			break
		}
	}
	if route == "/tasks" {
		for _, list := range []string{"", "/scan", "/scan/active_tasks", "/scan/pending_tasks", "/scan/retry_tasks", "/scan/archived_tasks"} {
			paths = append(paths, "/tasks/api/queues"+list)
		}
	}
	return paths
}

// monitor returns a function that returns all that was sent to a Redis since.
func monitor(t *testing.T, address string) func() string {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if _, err := c.Write([]byte("MONITOR\r\n")); err != nil {
		t.Fatal(err)
	}
	heard, ended := &logText{}, make(chan struct{})
	go func() {
		defer close(ended)
		buffer := make([]byte, 64<<10)
		for {
			n, err := c.Read(buffer)
			heard.Write(buffer[:n])
			if err != nil {
				return
			}
		}
	}()
	return func() string {
		c.Close()
		<-ended
		if !strings.Contains(heard.String(), "scan:inventory") {
			t.Error("no task went through Redis")
		}
		return heard.String()
	}
}

// inStore looks at all that the store and the data folder hold, byte by byte.
func (s secrets) inStore(t *testing.T, i *installation, address string) {
	t.Helper()
	if strings.HasPrefix(address, "mongodb") {
		data := mongoDocuments(t, address)
		mustKnow(t, "the database", data)
		s.in(t, "the database", data)
	}
	for _, folder := range []string{i.data, filepath.Dir(address)} {
		_ = filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return nil
			}
			data, err := os.ReadFile(path)
			if err != nil {
				t.Error(err)
			}
			s.in(t, path, data)
			if path == address {
				mustKnow(t, path, append(data, sqliteLog(address)...))
			}
			return nil
		})
	}
}

// sqliteLog is what was written to an SQLite file and is not in it yet.
func sqliteLog(address string) []byte {
	data, _ := os.ReadFile(address + "-wal")
	return data
}

// mongoDocuments returns all documents of a database as text.
func mongoDocuments(t *testing.T, address string) (all []byte) {
	t.Helper()
	uri, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	c, err := mongo.Connect(options.Client().ApplyURI(address))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Disconnect(context.Background()) }()
	db := c.Database(uri.Path[1:])
	names, err := db.ListCollectionNames(t.Context(), bson.D{})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		cursor, err := db.Collection(name).Find(t.Context(), bson.D{})
		if err != nil {
			t.Fatal(err)
		}
		for cursor.Next(t.Context()) {
			all = append(all, cursor.Current.String()...)
		}
		if err := cursor.Err(); err != nil {
			t.Fatal(err)
		}
	}
	return all
}
