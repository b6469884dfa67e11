// Package integration tests Calipso as a whole, against real servers and clouds.
package integration

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"calipso.io/calipso/api/client"
	"calipso.io/calipso/pkg/app"
	"calipso.io/calipso/pkg/model"
)

// calipso is a running `calipso all` on embedded defaults.
type calipso struct {
	*client.Client
	t *testing.T
}

// start runs all roles in this process, on a data folder of its own.
func start(t *testing.T) *calipso {
	t.Helper()
	return startWith(t, app.Config{})
}

// startWith is start with more in the configuration.
func startWith(t *testing.T, config app.Config) *calipso {
	t.Helper()
	config.Data, config.Listen = t.TempDir(), "127.0.0.1:0"
	ctx, stop := context.WithCancel(context.Background())
	var out io.Writer = io.Discard
	if testing.Verbose() {
		out = os.Stderr
	}
	a, err := app.Open(ctx, config, slog.NewTextHandler(out, nil))
	if err != nil {
		t.Fatal(err)
	}
	started, ended := make(chan struct{}), make(chan error, 1)
	go func() {
		ended <- a.Run(ctx, app.Roles{API: true, Workers: true, Scheduler: true, Listener: true, Concurrency: 16,
			Started: func(string, string) { close(started) }})
	}()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		a.Close()
	})
	select {
	case <-started:
	case err := <-ended:
		t.Fatal(err)
	}
	c, _, err := app.Connect(ctx, config, false)
	if err != nil {
		t.Fatal(err)
	}
	return &calipso{Client: c, t: t}
}

// add registers an environment.
func (c *calipso) add(env any) {
	c.t.Helper()
	if err := c.AddEnvironment(c.t.Context(), env); err != nil {
		c.t.Fatal(err)
	}
}

// scan runs a scan to its end and returns it.
func (c *calipso) scan(request client.ScanRequest) model.Scan {
	c.t.Helper()
	return c.wait(c.submit(request))
}

// submit asks for a scan and returns its id.
func (c *calipso) submit(request client.ScanRequest) string {
	c.t.Helper()
	id, err := c.StartScan(c.t.Context(), request)
	if err != nil {
		c.t.Fatal(err)
	}
	return id
}

// patience is how long a scan may take before it counts as one that hangs: machines are shared, and may stand still.
const patience = 10 * time.Minute

// wait returns a scan when it has ended.
func (c *calipso) wait(id string) (scan model.Scan) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), patience)
	defer cancel()
	if err := c.ScanEvents(ctx, id, func(e client.Event) error { scan = e.Scan; return nil }); err != nil {
		c.t.Fatalf("wait for the scan, which is %s in phase %q: %v", scan.Status, scan.Phase, err)
	}
	return scan
}

// completed runs a scan that has to be completed without any failure.
func (c *calipso) completed(request client.ScanRequest) model.Scan {
	c.t.Helper()
	scan := c.scan(request)
	if scan.Status != model.ScanCompleted {
		c.t.Errorf("scan ended %s: %s\n%s", scan.Status, scan.Error, c.failures(scan.ID))
	}
	return scan
}

// failures lists what a scan could not read.
func (c *calipso) failures(scan string) string {
	rows, err := c.Coverage(c.t.Context(), scan)
	if err != nil {
		c.t.Fatal(err)
	}
	var b strings.Builder
	for _, r := range rows {
		if r.Status != model.ResultOK && r.Status != model.ResultEmpty {
			b.WriteString(r.Parent + " " + r.Fetcher + " " + r.Status + ": " + r.Error + "\n")
		}
	}
	return b.String()
}

// found is everything that an inventory holds of an environment.
type found struct {
	environment string
	objects     []model.Object
	links       map[string]model.Link
	cliques     []model.Clique
	dump        map[string]string // "collection id" to the document, without timestamps and the mark of being stale
}

// look exports an inventory.
func (c *calipso) look(environment, inventory string) *found {
	c.t.Helper()
	f := &found{environment: environment, links: map[string]model.Link{}, dump: map[string]string{}}
	for line := range bytes.Lines(c.export(environment, inventory)) {
		var entry struct {
			Collection string
			Document   json.RawMessage
		}
		if err := json.Unmarshal(line, &entry); err != nil {
			c.t.Fatalf("export: %v in %.200s", err, line)
		}
		f.take(c.t, entry.Collection, entry.Document)
	}
	return f
}

func (c *calipso) export(environment, inventory string) []byte {
	c.t.Helper()
	var out bytes.Buffer
	if err := c.Export(c.t.Context(), environment, inventory, &out); err != nil {
		c.t.Fatal(err)
	}
	return out.Bytes()
}

func (f *found) take(t *testing.T, collection string, document []byte) {
	t.Helper()
	var err error
	switch collection {
	case "inventory":
		var o model.Object
		err = json.Unmarshal(document, &o)
		f.objects = append(f.objects, o)
	case "links":
		var l model.Link
		err = json.Unmarshal(document, &l)
		f.links[l.ID] = l
	case "cliques":
		var c model.Clique
		err = json.Unmarshal(document, &c)
		f.cliques = append(f.cliques, c)
	default:
		t.Fatalf("export: unknown collection %q", collection)
	}
	var doc map[string]any
	if err := json.Unmarshal(document, &doc); err != nil {
		t.Fatal(err)
	}
	if err != nil {
		t.Fatalf("export: %v", err)
	}
	id := doc["_id"].(string)
	delete(doc, "stale")
	if doc["type"] == model.TypeSwitch || doc["type"] == model.TypeSwitchPnic {
		delete(doc, "found_in") // any of the hosts that are cabled to it
	}
	text, _ := json.Marshal(withoutTimes(doc))
	f.dump[collection+" "+id] = string(text)
}

// volatile are the attributes that tell of time, or of what a cloud does all by itself all the time.
var volatile = []string{"last_scanned", "heartbeat_timestamp", "updated_at", "since", "last_heartbeat", "current_workload", "heartbeat", "configurations_updated"}

func withoutTimes(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for key, value := range v {
			if slices.Contains(volatile, key) {
				delete(v, key)
				continue
			}
			// Agents report how many networks, ports and the like they serve, some time after it changed.
			if _, isCount := value.(float64); isCount && v["log_agent_heartbeats"] != nil {
				delete(v, key)
				continue
			}
			v[key] = withoutTimes(value)
		}
	case []any:
		for i := range v {
			v[i] = withoutTimes(v[i])
		}
	}
	return v
}

// of returns the objects of a type.
func (f *found) of(objectType string) (list []model.Object) {
	for _, o := range f.objects {
		if o.Type == objectType {
			list = append(list, o)
		}
	}
	return list
}

// values returns one text for each object of a type, sorted.
func (f *found) values(objectType string, value func(model.Object) string) []string {
	var list []string
	for _, o := range f.of(objectType) {
		if v := value(o); v != "" {
			list = append(list, v)
		}
	}
	slices.Sort(list)
	return list
}

func id(o model.Object) string { return o.ID }

// stale lists the objects that are marked as stale: "type id".
func (f *found) stale() (list []string) {
	for _, o := range f.objects {
		if o.Map("stale") != nil {
			list = append(list, o.Type+" "+o.ID)
		}
	}
	slices.Sort(list)
	return list
}

// countStale counts the objects, folders aside, that are marked as stale.
func (f *found) countStale() (n int) {
	for _, o := range f.objects {
		if o.Map("stale") != nil && !model.IsFolder(o.Type) {
			n++
		}
	}
	return n
}

// differences lists what two exports don't have in common, and what has become stale.
func differences(before, after *found) string {
	list := changes(before, after)
	for _, object := range after.stale() {
		if !slices.Contains(before.stale(), object) {
			list += "stale: " + object + "\n"
		}
	}
	return list
}

// changes lists the documents that two exports don't have in common.
func changes(before, after *found) string {
	var b strings.Builder
	for key, doc := range before.dump {
		if now, ok := after.dump[key]; !ok {
			b.WriteString("gone: " + key + " " + doc + "\n")
		} else if now != doc {
			b.WriteString("was:  " + key + " " + doc + "\nis:   " + key + " " + now + "\n")
		}
	}
	for key, doc := range after.dump {
		if _, ok := before.dump[key]; !ok {
			b.WriteString("new:  " + key + " " + doc + "\n")
		}
	}
	return b.String()
}

// same reports how two lists differ.
func same(t *testing.T, what string, got, want []string) {
	t.Helper()
	slices.Sort(got)
	slices.Sort(want)
	for _, g := range got {
		if !slices.Contains(want, g) {
			t.Errorf("%s: %q is in the inventory, but not in the cloud", what, g)
		}
	}
	for _, w := range want {
		if !slices.Contains(got, w) {
			t.Errorf("%s: %q is in the cloud, but not in the inventory", what, w)
		}
	}
	if len(got) != len(slices.Compact(slices.Clone(got))) {
		t.Errorf("%s: something stands twice in %q", what, got)
	}
}
