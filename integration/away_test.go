package integration

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"calipso.io/calipso/pkg/model"
)

// promptly is how soon a process has to answer or to end when a server that it needs does not answer: it must not wait for
// the server. It takes 20 s at most; a machine that is shared may stand still for longer than that.
const promptly = 2 * time.Minute

// TestNothingThere starts roles when a server that they need is not there: they end at once, and say why.
func TestNothingThere(t *testing.T) {
	t.Parallel()
	binary, redis := build(t), startRedis(t)
	nobody := freeAddress(t)
	silent := between(t, redis.address)
	silent.hush()
	for name, c := range map[string]struct{ store, redis, want string }{
		"no redis":     {"calipso.db", nobody, "redis at " + nobody + " does not answer: dial tcp " + nobody + ": connect: connection refused"},
		"silent redis": {"calipso.db", silent.address, "redis at " + silent.address + " does not answer"},
		"no mongo":     {"mongodb://" + nobody + "/calipso", redis.address, nobody},
		"silent mongo": {"mongodb://" + silent.address + "/calipso", redis.address, silent.address},
		"no folder":    {"nosuch/calipso.db", redis.address, "nosuch/calipso.db: no such file or directory"},
	} {
		for _, role := range []string{"api", "worker", "scheduler"} {
			t.Run(name+", "+role, func(t *testing.T) {
				t.Parallel()
				data := t.TempDir()
				address := c.store
				if !strings.Contains(address, "://") {
					address = filepath.Join(data, address)
				}
				p := launch(t, []string{"CALIPSO_DATA=" + data, "CALIPSO_STORE=" + address, "CALIPSO_REDIS=redis://" + c.redis,
					"CALIPSO_LISTEN=127.0.0.1:0"}, binary, role)
				select {
				case <-p.ended:
				case <-time.After(promptly):
					t.Fatal("it has not ended")
				}
				if code := p.cmd.ProcessState.ExitCode(); code != 2 || !strings.Contains(p.out.String(), c.want) {
					t.Errorf("it ended with status %d, want 2, and said %q, want %q", code, p.out, c.want)
				}
			})
		}
	}
}

// reply is what the API answers to a request.
type reply struct {
	status int
	text   string
	took   time.Duration
}

// ask sends a request to the API as somebody who does not use Calipso's client.
func (i *installation) ask(t *testing.T, method, path, body string) reply {
	t.Helper()
	var server struct{ URL, Token string }
	data, err := os.ReadFile(filepath.Join(i.data, "server.json"))
	if err == nil {
		err = json.Unmarshal(data, &server)
	}
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), method, server.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Auth-Token", server.Token)
	req.Header.Set("Content-Type", "application/json")
	began := time.Now()
	response, err := (&http.Client{Timeout: promptly}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply{response.StatusCode, string(text), time.Since(began)}
}

// wants makes sure that an answer came soon, has the status and says something.
func (i *installation) wants(t *testing.T, method, path, body string, status int, text string) {
	t.Helper()
	a := i.ask(t, method, path, body)
	t.Logf("%s %s: %d after %v", method, path, a.status, a.took.Round(time.Millisecond))
	if a.status != status || !strings.Contains(a.text, text) || a.took > promptly {
		t.Errorf("%s %s: %d after %v: %s; want %d with %q", method, path, a.status, a.took, a.text, status, text)
	}
}

const askScan = `{"environment": "e"}`

// TestRedisAway: Redis goes away while nothing is done, and comes back. What the API can do without it it does; a scan
// that is asked for meanwhile is done later; no process ends.
func TestRedisAway(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it takes half a minute")
	}
	binary := build(t)
	for name, silent := range map[string]bool{"stopped": false, "silent": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := startRedis(t)
			p := between(t, server.address)
			until(t, "Redis", func() bool { return tries(server.address) })
			i := installOn(t, binary, stores(t)["sqlite"], &redisServer{address: p.address})
			roles := []*process{i.run(t, "worker"), i.run(t, "scheduler")}
			i.add(document(t, simulate(t, small("e")), "e"))
			i.completed(scanOfE)

			away, back := p.stop, p.start
			if silent {
				away, back = p.hush, p.speak
			}
			away()
			i.wants(t, "GET", "/healthz", "", 200, "ok")
			i.wants(t, "GET", "/readyz", "", 503, `"redis":"no answer"`)
			i.wants(t, "GET", "/environment_configs", "", 200, `"e"`)
			i.wants(t, "POST", "/scans", askScan, 201, "accepted")
			back()
			i.wants(t, "GET", "/readyz", "", 200, `"redis":"ok"`)
			until(t, "the scan that was asked for meanwhile", func() bool {
				a := i.ask(t, "GET", "/scans?status=completed", "")
				return strings.Count(a.text, `"end_timestamp"`) == 2
			})
			away() // and never comes back
			i.endsWithout(t, roles...)
		})
	}
}

func tries(address string) bool {
	c, err := net.Dial("tcp", address)
	if err == nil {
		c.Close()
	}
	return err == nil
}

// endsWithout makes sure that processes live without a server that they need, and end soon when they are told to.
func (i *installation) endsWithout(t *testing.T, processes ...*process) {
	t.Helper()
	for _, p := range processes {
		select {
		case <-p.ended:
			t.Errorf("%s has ended by itself", p)
		default:
		}
		p.signal(syscall.SIGTERM)
	}
	for _, p := range processes {
		began := time.Now()
		select {
		case <-p.ended:
			t.Logf("%s ended after %v", p, time.Since(began).Round(time.Millisecond))
		case <-time.After(promptly):
			t.Errorf("%s has not ended %v after it was told to", p, promptly)
		}
	}
}

// TestStoreGone: the store goes away while nothing is done, and comes back. The API says so; no process ends.
func TestStoreGone(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it takes half a minute")
	}
	binary := build(t)
	for name, silent := range map[string]bool{"stopped": false, "silent": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			direct := stores(t)["mongo"]
			if direct == "" {
				t.Skip("CALIPSO_TEST_MONGO_URI does not name a server")
			}
			uri, err := url.Parse(direct)
			if err != nil {
				t.Fatal(err)
			}
			p := between(t, uri.Host)
			i := install(t, binary, throughProxy(direct, p))
			roles := []*process{i.run(t, "worker"), i.run(t, "scheduler")}
			i.add(document(t, simulate(t, small("e")), "e"))
			i.completed(scanOfE)

			away, back := p.stop, p.start
			if silent {
				away, back = p.hush, p.speak
			}
			away()
			i.wants(t, "GET", "/healthz", "", 200, "ok")
			i.wants(t, "GET", "/readyz", "", 503, `"store":"no answer"`)
			i.wants(t, "GET", "/environment_configs", "", 503, "the store does not answer, try again later")
			i.wants(t, "GET", "/inventory?env_name=e", "", 503, "the store does not answer, try again later")
			i.wants(t, "POST", "/scans", askScan, 503, "the store does not answer, try again later")
			back()
			until(t, "the API to be ready", func() bool { return i.ask(t, "GET", "/readyz", "").status == 200 })
			if scan := i.scan(scanOfE); scan.Status != model.ScanCompleted {
				t.Errorf("the scan ended %s: %s", scan.Status, scan.Error)
			}
			away()
			i.endsWithout(t, roles...)
		})
	}
}
