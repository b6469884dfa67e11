package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// handled are the metrics of how events are handled.
type handled struct {
	events *prometheus.CounterVec
	batch  *prometheus.HistogramVec
	lag    *prometheus.HistogramVec
	own    *prometheus.HistogramVec
}

// batches are sizes of batches of events.
var batches = [...]float64{1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000}

func newHandled(m *Metrics) handled {
	return handled{
		events: m.counter("calipso_events_handled_total", "Events that were handled, by kind of object and by what became of them: done, retried (they came too early) or given_up (a scan has to tell).", "environment", "kind", "result"),
		batch:  m.seconds("calipso_event_batch_size", "Events that were handled together.", batches[:], "environment"),
		lag:    m.seconds("calipso_event_lag_seconds", "Time from a notification's timestamp until inventory, links and cliques agreed with it.", work[:], "environment"),
		own:    m.seconds("calipso_event_own_lag_seconds", "The same, but from the last look that found that the cloud had not finished what the notification told of, when that was later.", work[:], "environment"),
	}
}

// Results of events, besides Done.
const (
	Retried = "retried"  // it came too early
	GivenUp = "given_up" // it came too early too often
)

// EventHandled counts an event of a kind that was handled with a result.
func (m *Metrics) EventHandled(environment, kind, result string) {
	if m != nil {
		m.handled.events.WithLabelValues(environment, kind, result).Inc()
	}
}

// EventBatch notes how many events were handled together.
func (m *Metrics) EventBatch(environment string, size int) {
	if m != nil {
		m.handled.batch.WithLabelValues(environment).Observe(float64(size))
	}
}

// EventAgreed notes how long after its timestamp the inventory agreed with an event, and how long after the cloud may have
// been ready. Clocks may be wrong: neither is ever less than 0.
func (m *Metrics) EventAgreed(environment string, lag, own time.Duration) {
	if m != nil {
		m.handled.lag.WithLabelValues(environment).Observe(max(0, lag.Seconds()))
		m.handled.own.WithLabelValues(environment).Observe(max(0, own.Seconds()))
	}
}
