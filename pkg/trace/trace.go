// Package trace follows a piece of work through the processes that take part in it, with OpenTelemetry: from a request
// of the API through the queue to the fetchers and what they ask clouds and hosts for. It is off unless the standard
// environment variables say where spans go.
package trace

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// scope is who makes the spans.
const scope = "calipso.io/calipso"

// Kinds of the spans at which a process takes part.
const (
	Server   = trace.SpanKindServer   // it answers a request
	Consumer = trace.SpanKindConsumer // it does what another one has put into the queue
)

// Tracer begins the spans at which this process takes part in something. The zero Tracer makes none.
type Tracer struct {
	// Provider makes the spans; none when it is nil.
	Provider trace.TracerProvider
}

// Begin begins a span. It continues the one that the carrier tells of, if it does: what Carry wrote into the headers of
// a task, or the headers of a request. end ends it, with the error if there was one.
func (t Tracer) Begin(ctx context.Context, kind trace.SpanKind, name string, carrier propagation.TextMapCarrier) (_ context.Context, end func(error)) {
	if t.Provider == nil {
		return ctx, func(error) {}
	}
	ctx = propagation.TraceContext{}.Extract(ctx, carrier)
	return started(t.Provider.Tracer(scope).Start(ctx, name, trace.WithSpanKind(kind)))
}

// Start begins a span within the one that the context has; it does nothing when there is none. end ends it, with the
// error if there was one.
func Start(ctx context.Context, name string, attributes ...attribute.KeyValue) (_ context.Context, end func(error)) {
	return startKind(ctx, trace.SpanKindInternal, name, attributes)
}

// Call is Start for what is asked of another system.
func Call(ctx context.Context, name string, attributes ...attribute.KeyValue) (_ context.Context, end func(error)) {
	return startKind(ctx, trace.SpanKindClient, name, attributes)
}

func startKind(ctx context.Context, kind trace.SpanKind, name string, attributes []attribute.KeyValue) (context.Context, func(error)) {
	within := trace.SpanFromContext(ctx)
	if !within.IsRecording() {
		return ctx, func(error) {}
	}
	return started(within.TracerProvider().Tracer(scope).Start(ctx, name, trace.WithSpanKind(kind), trace.WithAttributes(attributes...)))
}

func started(ctx context.Context, span trace.Span) (context.Context, func(error)) {
	return ctx, func(err error) {
		if err != nil {
			span.SetStatus(codes.Error, err.Error())
		}
		span.End()
	}
}

// Note adds attributes to the context's span.
func Note(ctx context.Context, attributes ...attribute.KeyValue) {
	trace.SpanFromContext(ctx).SetAttributes(attributes...)
}

// Carry begins the span of handing something over to another process, and returns the headers by which that one
// continues it; none when the context has no span.
func Carry(ctx context.Context, name string) (headers map[string]string, end func(error)) {
	ctx, end = startKind(ctx, trace.SpanKindProducer, name, nil)
	carrier := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(ctx, carrier)
	return carrier, end
}
