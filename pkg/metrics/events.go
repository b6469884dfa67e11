package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// events are the metrics of what comes in from clouds' message buses.
type events struct {
	in, missed       *prometheus.CounterVec
	lag              *prometheus.HistogramVec
	listening, queue *prometheus.GaugeVec
}

func newEvents(m *Metrics) events {
	return events{
		in:        m.counter("calipso_events_received_total", "Notifications that were received, by kind of object and by what became of them: kept, duplicate, ignored (they change nothing that is shown) or malformed.", "environment", "kind", "result"),
		missed:    m.counter("calipso_events_missed_total", "Times that notifications may have been missed, so that the environment was scanned.", "environment"),
		lag:       m.seconds("calipso_event_receive_lag_seconds", "Time from a notification's timestamp until it was kept.", work[:], "environment"),
		listening: m.gauge("calipso_listening", "Whether this process is connected to the environment's message bus; absent when it does not listen to it.", "environment"),
		queue:     m.gauge("calipso_bus_queue_messages", "Messages that wait at the broker for this process.", "environment"),
	}
}

func (m *Metrics) gauge(name, help string, labels ...string) *prometheus.GaugeVec {
	g := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: name, Help: help}, labels)
	m.registry.MustRegister(g)
	return g
}

// Results of messages from a bus.
const (
	Kept      = "kept"
	Duplicate = "duplicate" // it was kept before
	Ignored   = "ignored"
	Malformed = "malformed"
)

// OtherKind is the kind of what is about nothing that is known, or not known about what.
const OtherKind = "other"

// EventIn counts n notifications about a kind of object that became a result.
func (m *Metrics) EventIn(environment, kind, result string, n int) {
	if m != nil && n > 0 {
		m.events.in.WithLabelValues(environment, kind, result).Add(float64(n))
	}
}

// EventLag notes how long after its timestamp a notification was kept. Clocks may be wrong: it is never less than 0.
func (m *Metrics) EventLag(environment string, lag time.Duration) {
	if m != nil {
		m.events.lag.WithLabelValues(environment).Observe(max(0, lag.Seconds()))
	}
}

// EventsMissed counts that notifications may have been missed.
func (m *Metrics) EventsMissed(environment string) {
	if m != nil {
		m.events.missed.WithLabelValues(environment).Inc()
	}
}

// Listening notes whether this process is connected to an environment's message bus.
func (m *Metrics) Listening(environment string, connected bool) {
	if m != nil {
		m.events.listening.WithLabelValues(environment).Set(flag(connected))
	}
}

// NotListening forgets an environment that this process does not listen to anymore.
func (m *Metrics) NotListening(environment string) {
	if m != nil {
		m.events.listening.DeleteLabelValues(environment)
		m.events.queue.DeleteLabelValues(environment)
	}
}

// BusQueue notes how many messages wait at the broker.
func (m *Metrics) BusQueue(environment string, messages int) {
	if m != nil {
		m.events.queue.WithLabelValues(environment).Set(float64(messages))
	}
}
