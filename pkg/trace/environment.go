package trace

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"os"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// FromEnvironment returns the tracer of this process. Its spans go where OTEL_EXPORTER_OTLP_ENDPOINT or
// OTEL_EXPORTER_OTLP_TRACES_ENDPOINT says, by OTLP over HTTP; it makes none when neither is set. The other standard
// variables (OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES, OTEL_TRACES_SAMPLER, …) are heeded. close sends what was not
// sent yet. The error names the variable that can't be used; that spans can't be sent later is logged.
func FromEnvironment(ctx context.Context, version string, log *slog.Logger) (_ Tracer, close func(context.Context) error, err error) {
	on := false
	for _, name := range []string{"OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"} {
		if value := os.Getenv(name); value != "" {
			on = true
			if u, err := url.Parse(value); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
				return Tracer{}, nil, fmt.Errorf("%s: %q is not the URL of a collector; it looks like http://localhost:4318", name, value)
			}
		}
	}
	if !on {
		return Tracer{}, func(context.Context) error { return nil }, nil
	}
	provider, err := exporting(ctx, version)
	if err != nil {
		return Tracer{}, nil, fmt.Errorf("send spans (OTEL_EXPORTER_OTLP_ENDPOINT): %w", err)
	}
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { log.Warn("spans are lost", "error", err) }))
	return Tracer{provider}, provider.Shutdown, nil
}

func exporting(ctx context.Context, version string) (*sdktrace.TracerProvider, error) {
	exporter, err := otlptracehttp.New(ctx)
	if err != nil {
		return nil, err
	}
	// What the variables say comes last, and wins.
	about, err := resource.New(ctx, resource.WithTelemetrySDK(), resource.WithHost(), resource.WithProcessPID(),
		resource.WithAttributes(attribute.String("service.name", "calipso"), attribute.String("service.version", version)),
		resource.WithFromEnv())
	if err != nil {
		return nil, err
	}
	return sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter), sdktrace.WithResource(about)), nil
}
