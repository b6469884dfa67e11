// Package metrics counts what a process does, and measures what its installation holds, for Prometheus. Labels are an
// environment, a phase, a fetcher, a kind of task or another word of a fixed vocabulary, never the name of an object or
// of a host: the number of series grows with the number of environments alone.
package metrics

import (
	"log/slog"
	"net/http"
	"runtime"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Metrics are those of one process. A nil *Metrics counts nothing, so that nobody has to ask whether there is one.
type Metrics struct {
	registry *prometheus.Registry
	handled  handled

	tasks, steps, fetches, takenBack, fenced, apiErrors, sshErrors, sqlErrors *prometheus.CounterVec

	events events

	taskSeconds, stepSeconds, apiSeconds, sshSeconds, sqlSeconds, httpSeconds *prometheus.HistogramVec
}

// Buckets in seconds: of round trips to clouds and hosts, and of work that makes many of them.
var (
	roundTrips = [...]float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60}
	work       = [...]float64{.01, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 120, 300}
)

// New makes the metrics of a process that runs this version of Calipso, with those of the Go runtime and of the process.
func New(version string) *Metrics {
	m := &Metrics{registry: prometheus.NewRegistry()}
	m.tasks = m.counter("calipso_tasks_total", "Tasks that were run, by what became of them: done, waiting (its turn has not come) or failed.", "kind", "result")
	m.taskSeconds = m.seconds("calipso_task_duration_seconds", "Time that tasks took.", work[:], "kind")
	m.handled = newHandled(m)
	m.steps = m.counter("calipso_steps_total", "Steps of scans, by what became of them: done, incomplete (something could not be read), failed or released (for another attempt).", "environment", "phase", "result")
	m.stepSeconds = m.seconds("calipso_step_duration_seconds", "Time that steps of scans took.", work[:], "environment", "phase")
	m.fetches = m.counter("calipso_fetches_total", "Fetchers that were run, by what became of them: ok, empty or failed.", "environment", "fetcher", "result")
	m.takenBack = m.counter("calipso_steps_taken_back_total", "Steps that were taken from workers that went silent.", "environment")
	m.fenced = m.counter("calipso_fenced_writes_total", "Documents that were not written because a later scan had written them.", "environment")
	m.apiSeconds = m.seconds("calipso_cloud_api_request_duration_seconds", "Time that requests to clouds' APIs took.", roundTrips[:], "environment", "service")
	m.apiErrors = m.counter("calipso_cloud_api_request_errors_total", "Requests to clouds' APIs that failed.", "environment", "service")
	m.sshSeconds = m.seconds("calipso_ssh_operation_duration_seconds", "Time that dialling hosts and running scripts on them took.", roundTrips[:], "environment", "operation")
	m.sshErrors = m.counter("calipso_ssh_operation_errors_total", "Dials and scripts that failed.", "environment", "operation")
	m.sqlSeconds = m.seconds("calipso_sql_query_duration_seconds", "Time that queries of clouds' databases took.", roundTrips[:], "environment")
	m.sqlErrors = m.counter("calipso_sql_query_errors_total", "Queries of clouds' databases that failed.", "environment")
	m.httpSeconds = m.seconds("calipso_http_request_duration_seconds", "Time that answering requests to Calipso's own API took.", roundTrips[:], "method", "route", "status")
	m.events = newEvents(m)
	build := prometheus.NewGauge(prometheus.GaugeOpts{Name: "calipso_build_info", Help: "1, with the version as label.",
		ConstLabels: prometheus.Labels{"version": version, "go_version": runtime.Version()}})
	build.Set(1)
	m.registry.MustRegister(build, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

func (m *Metrics) counter(name, help string, labels ...string) *prometheus.CounterVec {
	c := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	m.registry.MustRegister(c)
	return c
}

func (m *Metrics) seconds(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
	h := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets}, labels)
	m.registry.MustRegister(h)
	return h
}

// Handler answers with all metrics, in the format that the request asks for. What could not be measured is left out,
// and logged.
func (m *Metrics) Handler(log *slog.Logger) http.Handler {
	if m == nil {
		return http.NotFoundHandler()
	}
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn)})
}

// Gatherer returns where the metrics are gathered from.
func (m *Metrics) Gatherer() prometheus.Gatherer { return m.registry }

// Results of tasks and steps.
const (
	Done       = "done"
	Waiting    = "waiting"    // a task whose turn has not come
	Incomplete = "incomplete" // a step of which something could not be read
	Released   = "released"   // a step that another attempt may do
	Failed     = "failed"
)

// Task counts a task of a kind that ended with a result.
func (m *Metrics) Task(kind, result string, took time.Duration) {
	if m == nil {
		return
	}
	m.tasks.WithLabelValues(kind, result).Inc()
	m.taskSeconds.WithLabelValues(kind).Observe(took.Seconds())
}

// Step counts a step of a scan that ended with a result.
func (m *Metrics) Step(environment, phase, result string, took time.Duration) {
	if m == nil {
		return
	}
	m.steps.WithLabelValues(environment, phase, result).Inc()
	m.stepSeconds.WithLabelValues(environment, phase).Observe(took.Seconds())
}

// Fetch counts a fetcher that was run, with its result (ok, empty or failed).
func (m *Metrics) Fetch(environment, fetcher, result string) {
	if m != nil {
		m.fetches.WithLabelValues(environment, fetcher, result).Inc()
	}
}

// TakenBack counts a step that was taken from a worker that went silent.
func (m *Metrics) TakenBack(environment string) {
	if m != nil {
		m.takenBack.WithLabelValues(environment).Inc()
	}
}

// Fenced counts n documents that were not written because a later scan had written them.
func (m *Metrics) Fenced(environment string, n int) {
	if m != nil && n > 0 {
		m.fenced.WithLabelValues(environment).Add(float64(n))
	}
}

// API counts a request to a service (e.g. compute) of a cloud. err is what it failed with, or nil.
func (m *Metrics) API(environment, service string, took time.Duration, err error) {
	if m != nil {
		observe(m.apiSeconds, m.apiErrors, took, err, environment, service)
	}
}

// SSH counts an operation (dial or session) on a host of a cloud. err is what it failed with, or nil.
func (m *Metrics) SSH(environment, operation string, took time.Duration, err error) {
	if m != nil {
		observe(m.sshSeconds, m.sshErrors, took, err, environment, operation)
	}
}

// SQL counts a query of a cloud's database. err is what it failed with, or nil.
func (m *Metrics) SQL(environment string, took time.Duration, err error) {
	if m != nil {
		observe(m.sqlSeconds, m.sqlErrors, took, err, environment)
	}
}

// observe notes an attempt. The counter of errors exists from the first attempt on, so that its rate is 0 until one fails.
func observe(seconds *prometheus.HistogramVec, errors *prometheus.CounterVec, took time.Duration, err error, labels ...string) {
	seconds.WithLabelValues(labels...).Observe(took.Seconds())
	failed := errors.WithLabelValues(labels...)
	if err != nil {
		failed.Inc()
	}
}

// HTTP counts a request to Calipso's own API. route is its pattern, not the path that was asked for; status is the
// answer's.
func (m *Metrics) HTTP(method, route, status string, took time.Duration) {
	if m != nil {
		m.httpSeconds.WithLabelValues(method, route, status).Observe(took.Seconds())
	}
}
