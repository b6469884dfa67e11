package trace

import (
	"net/http"

	"go.opentelemetry.io/otel/attribute"
)

// Transport makes a span of each request that base sends. The peer is not told of it: clouds have nothing to do with
// our traces.
func Transport(base http.RoundTripper) http.RoundTripper { return transport{base} }

type transport struct{ base http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	// Without the query, and with no user: paths name resources, the rest may say more than a trace should show.
	ctx, end := Call(r.Context(), r.Method, attribute.String("server.address", r.URL.Host), attribute.String("url.path", r.URL.Path))
	answer, err := t.base.RoundTrip(r.WithContext(ctx))
	if answer != nil {
		Note(ctx, attribute.Int("http.response.status_code", answer.StatusCode))
	}
	end(err)
	return answer, err
}
