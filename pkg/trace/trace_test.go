package trace_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"calipso.io/calipso/pkg/trace"
)

// process is a process with spans of its own.
func process() (trace.Tracer, *tracetest.InMemoryExporter) {
	spans := tracetest.NewInMemoryExporter()
	return trace.Tracer{Provider: sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans))}, spans
}

// tree writes spans as "name < name of the parent", each as it ended, with its error.
func tree(all ...tracetest.SpanStub) string {
	var b strings.Builder
	for _, s := range all {
		b.WriteString(s.Name)
		for _, parent := range all {
			if parent.SpanContext.SpanID() == s.Parent.SpanID() && parent.SpanContext.TraceID() == s.SpanContext.TraceID() {
				b.WriteString(" < " + parent.Name)
			}
		}
		if s.Status.Code == codes.Error {
			b.WriteString(" (" + s.Status.Description + ")")
		}
		b.WriteString("\n")
	}
	return b.String()
}

// TestAcrossProcesses: what a process carries over is continued by the next, and errors are noted where they were.
func TestAcrossProcesses(t *testing.T) {
	t.Parallel()
	api, apiSpans := process()
	worker, workerSpans := process()

	ctx, endRequest := api.Begin(t.Context(), trace.Server, "POST /scans", propagation.MapCarrier{})
	headers, endEnqueue := trace.Carry(ctx, "enqueue")
	endEnqueue(nil)
	endRequest(nil)

	ctx, endTask := worker.Begin(t.Context(), trace.Consumer, "task", propagation.MapCarrier(headers))
	_, endFetch := trace.Start(ctx, "fetch")
	endFetch(errors.New("refused"))
	endTask(nil)

	got := tree(append(apiSpans.GetSpans(), workerSpans.GetSpans()...)...)
	want := "enqueue < POST /scans\nPOST /scans\nfetch < task (refused)\ntask < enqueue\n"
	if got != want {
		t.Errorf("spans:\n%s\nwant:\n%s", got, want)
	}
}

// TestOff: without a provider nothing is begun, and nothing is carried over.
func TestOff(t *testing.T) {
	t.Parallel()
	ctx, end := trace.Tracer{}.Begin(t.Context(), trace.Server, "request", propagation.MapCarrier{"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"})
	end(nil)
	if ctx != t.Context() {
		t.Error("a span was begun")
	}
	ctx, end = trace.Start(ctx, "fetch")
	end(errors.New("refused"))
	trace.Note(ctx)
	headers, end := trace.Carry(ctx, "enqueue")
	end(nil)
	if len(headers) > 0 {
		t.Errorf("headers %v", headers)
	}
}

// TestTransport: requests are spans without their queries, and the peer is told nothing.
func TestTransport(t *testing.T) {
	t.Parallel()
	var told http.Header
	peer := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		told = r.Header
		w.WriteHeader(http.StatusTeapot)
	}))
	t.Cleanup(peer.Close)
	tracer, spans := process()
	ctx, end := tracer.Begin(t.Context(), trace.Consumer, "task", propagation.MapCarrier{})
	client := http.Client{Transport: trace.Transport(http.DefaultTransport)}
	for _, url := range []string{peer.URL + "/v2.1/servers?token=s3cret", "http://127.0.0.1:0/nobody"} {
		r, err := http.NewRequestWithContext(ctx, "GET", url, nil)
		if err != nil {
			t.Fatal(err)
		}
		if answer, err := client.Do(r); err == nil {
			answer.Body.Close()
		}
	}
	end(nil)
	if told.Get("traceparent") != "" {
		t.Error("the peer was told of the trace")
	}
	got := spans.GetSpans()
	if len(got) != 3 || got[0].Status.Code == codes.Error || got[1].Status.Code != codes.Error {
		t.Fatalf("spans: %s", tree(got...))
	}
	values := map[string]string{}
	for _, a := range got[0].Attributes {
		values[string(a.Key)] = a.Value.String()
	}
	if values["url.path"] != "/v2.1/servers" || values["http.response.status_code"] != "418" || values["server.address"] != strings.TrimPrefix(peer.URL, "http://") {
		t.Errorf("attributes %v", values)
	}
}

// TestFromEnvironment: spans go where the standard variable says, and nowhere without it. Not parallel: it sets variables.
func TestFromEnvironment(t *testing.T) {
	asked := make(chan string, 10)
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { asked <- r.Method + " " + r.URL.Path }))
	t.Cleanup(collector.Close)
	log := slog.New(slog.DiscardHandler)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "")
	if off, stop, err := trace.FromEnvironment(t.Context(), "1", log); err != nil || off.Provider != nil || stop(t.Context()) != nil {
		t.Errorf("without the variable: %v, %v", off, err)
	}
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318")
	if _, _, err := trace.FromEnvironment(t.Context(), "1", log); err == nil ||
		err.Error() != `OTEL_EXPORTER_OTLP_ENDPOINT: "collector:4318" is not the URL of a collector; it looks like http://localhost:4318` {
		t.Errorf("error: %v", err)
	}
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.URL)
	tracer, stop, err := trace.FromEnvironment(t.Context(), "1", log)
	if err != nil {
		t.Fatal(err)
	}
	_, end := tracer.Begin(t.Context(), trace.Server, "request", propagation.MapCarrier{})
	end(nil)
	if err := stop(context.Background()); err != nil {
		t.Fatal(err)
	}
	if got := <-asked; got != "POST /v1/traces" {
		t.Errorf("the collector was asked for %s", got)
	}
}
