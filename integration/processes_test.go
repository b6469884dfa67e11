package integration

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"calipso.io/calipso/pkg/app"
	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/store"
	"calipso.io/calipso/pkg/store/open"
)

// installation is a Calipso of several processes, with a Redis and a store of its own.
type installation struct {
	*calipso
	binary string
	data   string
	redis  *redis.Client
	server *redisServer
	store  string // its address
	api    *process
	db     *store.DB
	env    []string
}

// folder is where what all tests share is made.
func folder() string { return filepath.Join(os.TempDir(), fmt.Sprintf("calipso-test-%d", os.Getpid())) }

func TestMain(m *testing.M) {
	code := m.Run()
	os.RemoveAll(folder())
	os.Exit(code)
}

// program makes the program, once for all tests.
var program = sync.OnceValues(func() (binary string, err error) {
	binary = filepath.Join(folder(), "calipso")
	out, err := exec.Command("go", "build", "-o", binary, "calipso.io/calipso").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build calipso: %w\n%s", err, out)
	}
	return binary, nil
})

// build returns the program's path.
func build(t *testing.T) (binary string) {
	t.Helper()
	binary, err := program()
	if err != nil {
		t.Fatal(err)
	}
	return binary
}

// stores returns the addresses of stores to test with, by their names. They hold nothing yet.
func stores(t *testing.T) map[string]string {
	t.Helper()
	addresses := map[string]string{"sqlite": filepath.Join(t.TempDir(), "calipso.db")}
	if text := os.Getenv("CALIPSO_TEST_MONGO_URI"); text != "" {
		uri, err := url.Parse(text)
		if err != nil {
			t.Fatalf("CALIPSO_TEST_MONGO_URI: %v", err)
		}
		uri.Path = "/calipso_test_" + rand.Text()
		addresses["mongo"] = uri.String()
		t.Cleanup(func() { dropDatabase(t, addresses["mongo"], uri.Path[1:]) })
	}
	return addresses
}

func dropDatabase(t *testing.T, uri, name string) {
	c, err := mongo.Connect(options.Client().ApplyURI(uri))
	if err != nil {
		t.Error(err)
		return
	}
	defer func() { _ = c.Disconnect(context.Background()) }()
	if err := c.Database(name).Drop(context.Background()); err != nil {
		t.Errorf("drop the test's database: %v", err)
	}
}

// install starts a Redis and an API; workers and schedulers are started with run.
func install(t *testing.T, binary, storeAddress string, env ...string) *installation {
	t.Helper()
	return installOn(t, binary, storeAddress, startRedis(t), env...)
}

// installOn starts an API on a Redis. All processes get the given variables, too.
func installOn(t *testing.T, binary, storeAddress string, server *redisServer, env ...string) *installation {
	t.Helper()
	key := make([]byte, 32)
	rand.Read(key)
	i := &installation{binary: binary, data: t.TempDir(), server: server, store: storeAddress}
	i.redis = redis.NewClient(&redis.Options{Addr: server.address})
	t.Cleanup(func() { i.redis.Close() })
	until(t, "Redis", func() bool { return i.redis.Ping(t.Context()).Err() == nil })
	i.env = []string{"CALIPSO_DATA=" + i.data, "CALIPSO_STORE=" + storeAddress, "CALIPSO_REDIS=redis://" + server.address,
		"CALIPSO_LISTEN=127.0.0.1:0", "CALIPSO_KEY=" + hex.EncodeToString(key), "PATH=" + os.Getenv("PATH")}
	i.env = append(i.env, env...)
	i.api = i.run(t, "api")
	i.connect(t, storeAddress)
	return i
}

// with is the installation for processes that have another value of a variable.
func (i *installation) with(name, value string) *installation {
	other := *i
	other.env = append(slices.Clone(i.env), name+"="+value)
	return &other
}

// connect finds the API, and opens the store beside it.
func (i *installation) connect(t *testing.T, storeAddress string) {
	t.Helper()
	until(t, "the API", func() bool { _, err := os.Stat(filepath.Join(i.data, "server.json")); return err == nil })
	c, _, err := app.Connect(t.Context(), app.Config{Data: i.data}, false)
	if err != nil {
		t.Fatal(err)
	}
	i.calipso = &calipso{Client: c, t: t}
	if i.db, err = open.Store(t.Context(), storeAddress); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { i.db.Close() })
}

// redisServer is a redis-server of a test's own.
type redisServer struct {
	*process
	address string
	args    []string
}

// startRedis starts a redis-server that keeps nothing when it ends, unless options say otherwise.
func startRedis(t *testing.T, options ...string) *redisServer {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		t.Skip("redis-server is not installed: make test installs it")
	}
	s := &redisServer{address: freeAddress(t)}
	_, port, _ := net.SplitHostPort(s.address)
	s.args = append([]string{"--bind", "127.0.0.1", "--port", port, "--dir", t.TempDir(), "--save", ""}, options...)
	s.start(t)
	return s
}

func (s *redisServer) start(t *testing.T) {
	t.Helper()
	s.process = launch(t, nil, "redis-server", s.args...)
}

// freeAddress returns an address that nothing listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// process is a program that a test has started.
type process struct {
	t     *testing.T
	cmd   *exec.Cmd
	out   *logText
	ended chan struct{} // closed when it has ended
}

// logText collects what a process prints.
type logText struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write implements io.Writer.
func (o *logText) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *logText) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// launch starts a program, which ends when the test does. What it printed is shown when the test fails.
func launch(t *testing.T, env []string, path string, args ...string) *process {
	t.Helper()
	p := &process{t: t, cmd: exec.Command(path, args...), out: &logText{}, ended: make(chan struct{})}
	p.cmd.Env, p.cmd.Stdout, p.cmd.Stderr = env, p.out, p.out
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		p.cmd.Wait()
		close(p.ended)
	}()
	t.Cleanup(func() {
		p.stop()
		if t.Failed() {
			t.Logf("%s printed:\n%s", p, p.out)
		}
	})
	return p
}

// run starts a role.
func (i *installation) run(t *testing.T, args ...string) *process {
	t.Helper()
	return launch(t, i.env, i.binary, args...)
}

func (p *process) String() string {
	return fmt.Sprintf("%s %s (%d)", filepath.Base(p.cmd.Path), strings.Join(p.cmd.Args[1:], " "), p.cmd.Process.Pid)
}

// signal signals the process if it has not ended.
func (p *process) signal(s syscall.Signal) {
	select {
	case <-p.ended:
	default:
		p.cmd.Process.Signal(s)
	}
}

// stop tells the process to end. One that does not prints where it is stuck.
func (p *process) stop() {
	p.signal(syscall.SIGTERM)
	select {
	case <-p.ended:
	case <-time.After(promptly):
		p.signal(syscall.SIGQUIT)
		<-p.ended
		p.t.Errorf("%s did not end when it was told to", p)
	}
}

// kill ends the process at once.
func (p *process) kill() {
	p.signal(syscall.SIGKILL)
	<-p.ended
}

// steps returns the entries of a scan's ledger that a worker has, with a status.
func (i *installation) steps(t *testing.T, scan, status string, worker *process) (steps []model.Step) {
	t.Helper()
	all, err := i.db.Steps.Find(t.Context(), store.Where(store.Is(store.ScanID, scan), store.Is(store.Status, status)))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range all {
		if strings.HasSuffix(s.Worker, fmt.Sprintf("/%d", worker.cmd.Process.Pid)) {
			steps = append(steps, s)
		}
	}
	return steps
}
