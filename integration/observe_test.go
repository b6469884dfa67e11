package integration

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"calipso.io/calipso/api"
	"calipso.io/calipso/api/client"
	"calipso.io/calipso/integration/lab"
	"calipso.io/calipso/integration/lab/faults"
	"calipso.io/calipso/pkg/metrics"
	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/trace"
	"calipso.io/calipso/tasks"
)

// observed is an API and a worker as two processes have them: each with metrics and spans of its own.
type observed struct {
	*inside
	apiMetrics, workerMetrics *metrics.Metrics
	apiSpans, workerSpans     *tracetest.InMemoryExporter
	log                       *lines // of the worker
}

func observe(t *testing.T) *observed {
	t.Helper()
	o := &observed{inside: pieces(t), apiMetrics: metrics.New("test"), workerMetrics: metrics.New("test"), log: &lines{}}
	o.config.Metrics, o.config.Log = o.workerMetrics, slog.New(slog.NewJSONHandler(o.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	o.config.Trace, o.workerSpans = traced()
	var tracer trace.Tracer
	tracer, o.apiSpans = traced()
	o.apiMetrics.Queues(o.redis, slices.Collect(maps.Keys(tasks.Queues())))
	o.apiMetrics.Inventory(o.db, o.now)
	server := httptest.NewServer(api.New(api.Config{DB: o.db, Queue: o.config.Queue, Redis: o.redis, Sealer: o.config.Sealer,
		Log: slog.New(slog.DiscardHandler), Now: o.now, Metrics: o.apiMetrics, Trace: tracer, LocalToken: "token"}))
	t.Cleanup(server.Close)
	o.calipso = &calipso{Client: client.New(server.URL, "token"), t: t}
	return o
}

func traced() (trace.Tracer, *tracetest.InMemoryExporter) {
	spans := tracetest.NewInMemoryExporter()
	return trace.Tracer{Provider: sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans))}, spans
}

// lines is a log that several goroutines write.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// scanned registers a small cloud, in which not all is well, and scans it.
func (o *observed) scanned(t *testing.T) (scan model.Scan) {
	t.Helper()
	cloud := small("lab")
	cloud.Faults = lab.Faults{Hosts: map[string]faults.Host{"node-2": faults.Refused},
		Missing: map[string][]string{faults.AllHosts: {"ethtool"}}}
	o.add(document(t, simulate(t, cloud), "lab"))
	stop := o.work(t)
	scan = o.scan(client.ScanRequest{Environment: "lab", LogLevel: "debug"})
	stop() // so that the last spans have ended
	if scan.Status != model.ScanCompletedWithErrors {
		t.Fatalf("the scan is %s: %s", scan.Status, scan.Error)
	}
	return scan
}

// TestScanIsOneTrace: from the request for a scan to what is asked of the cloud and its hosts, all spans are of one
// trace, though two processes make them.
func TestScanIsOneTrace(t *testing.T) {
	t.Parallel()
	o := observe(t)
	scan := o.scanned(t)
	spans := append(o.apiSpans.GetSpans(), o.workerSpans.GetSpans()...)
	request := slices.IndexFunc(spans, func(s tracetest.SpanStub) bool { return s.Name == "POST /scans" })
	if request < 0 {
		t.Fatal("the request has no span")
	}
	names, byID := map[string]int{}, map[string]tracetest.SpanStub{}
	for _, s := range spans {
		byID[s.SpanContext.SpanID().String()] = s
	}
	for _, s := range o.workerSpans.GetSpans() {
		names[s.Name]++
		if s.SpanContext.TraceID() != spans[request].SpanContext.TraceID() {
			t.Errorf("%s is of another trace", s.Name)
		}
		if _, ok := byID[s.Parent.SpanID().String()]; !ok {
			t.Errorf("the parent of %s is missing", s.Name)
		}
	}
	for _, name := range []string{"scan:start", "scan:inventory", "scan:links", "scan:cliques", "scan:finish", "enqueue scan:inventory",
		"api.networks", "cli.bridges", "ssh", "GET", "POST"} {
		if names[name] == 0 {
			t.Errorf("there is no span %q; there are %v", name, names)
		}
	}
	o.checkStepSpans(t, scan)
}

// checkStepSpans checks that the spans of steps say what they are about, and that those that failed say why.
func (o *observed) checkStepSpans(t *testing.T, scan model.Scan) {
	t.Helper()
	refused := 0
	for _, s := range o.workerSpans.GetSpans() {
		about := map[string]string{}
		for _, a := range s.Attributes {
			about[string(a.Key)] = a.Value.String()
		}
		if s.Name == "scan:links" && (about["calipso.scan"] != scan.ID || about["calipso.environment"] != "lab" || about["host.name"] == "") {
			t.Errorf("a step's span says %v", about)
		}
		if s.Name == "ssh" && strings.Contains(s.Status.Description, "refused") {
			refused++
			if about["server.address"] != "node-2" {
				t.Errorf("refused by %v", about)
			}
		}
	}
	if refused == 0 {
		t.Error("no span of node-2 has an error")
	}
}

// TestLogSaysWhatItIsAbout: each line that a worker writes of a scan, except those of the queue's library, names the scan, the environment, the host and the step.
func TestLogSaysWhatItIsAbout(t *testing.T) {
	t.Parallel()
	o := observe(t)
	scan := o.scanned(t)
	steps := map[string]model.Step{}
	for _, phase := range scan.Phases() {
		for _, parent := range []string{"lab", "RegionOne", "node-1", "node-2", "node-3"} {
			s := o.step(t, scan.ID, phase, parent)
			steps[s.ID] = s
		}
	}
	messages := map[string]int{}
	for text := range strings.Lines(o.log.text.String()) {
		var line struct{ Logger, Msg, Scan, Environment, Phase, Host, Step, Parent string }
		if err := json.Unmarshal([]byte(text), &line); err != nil {
			t.Fatalf("%v in %s", err, text)
		}
		if line.Logger == "asynq" {
			continue
		}
		messages[line.Msg]++
		if line.Scan != scan.ID || line.Environment != "lab" || !strings.HasPrefix(line.Step, scan.ID+"/"+line.Phase+"/") || !strings.Contains(text, `"host":"`) {
			t.Errorf("this line does not say what it is about: %s", text)
		}
		if step, ok := steps[line.Step]; ok && (line.Host != step.Host || line.Parent != step.ParentID) {
			t.Errorf("this line is about %q of %q: %s", step.ParentID, step.Host, text)
		}
	}
	for _, message := range []string{"could not be read", "passed over", "read", "step ended", "scan ended"} {
		if messages[message] == 0 {
			t.Errorf("no line says %q; there are %v", message, messages)
		}
	}
}

// TestDashboards: the metrics that the dashboard, the alerts and the documentation name are there after a scan; and no
// metric names a host.
func TestDashboards(t *testing.T) {
	t.Parallel()
	o := observe(t)
	o.scanned(t)
	// What the handling of events does.
	o.workerMetrics.EventHandled("lab", model.EventNetwork, metrics.Done)
	o.workerMetrics.EventBatch("lab", 1)
	o.workerMetrics.EventAgreed("lab", 0, 0)
	// What no undisturbed scan does.
	o.workerMetrics.Fenced("lab", 1)
	o.workerMetrics.TakenBack("lab")
	// What a listener does.
	o.workerMetrics.Listening("lab", true)
	o.workerMetrics.BusQueue("lab", 1)
	o.workerMetrics.EventIn("lab", model.EventNetwork, metrics.Kept, 1)
	o.workerMetrics.EventLag("lab", 0)
	o.workerMetrics.EventsMissed("lab")
	if _, err := o.db.Environments.Update(t.Context(), "lab", func(e *model.Environment) error { e.Listen = true; return nil }); err != nil {
		t.Fatal(err)
	}
	page := scrape(t, o.apiMetrics) + scrape(t, o.workerMetrics)
	if strings.Contains(page, "node-") {
		t.Error("a metric names a host")
	}
	series := regexp.MustCompile(`calipso_\w+`)
	there := series.FindAllString(page, -1)
	for _, file := range []string{"../deployments/grafana/calipso.json", "../deployments/prometheus/alerts.yml", "../docs/monitoring.md"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		wanted := series.FindAllString(string(text), -1)
		if len(wanted) == 0 {
			t.Errorf("%s asks for nothing", file)
		}
		for _, name := range wanted {
			if !slices.Contains(there, name) {
				t.Errorf("%s asks for %s, which is not there", file, name)
			}
		}
	}
}

func scrape(t *testing.T, m *metrics.Metrics) string {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler(slog.New(slog.DiscardHandler)).ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", "/metrics", nil))
	body, err := io.ReadAll(w.Body)
	if err != nil || w.Code != http.StatusOK {
		t.Fatalf("metrics: status %d, %v", w.Code, err)
	}
	return string(body)
}
