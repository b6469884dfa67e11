package workers

import (
	"context"
	"log/slog"
	"strings"

	"calipso.io/calipso/pkg/model"
)

// stepLog is the log of a step of a scan, at the level that the scan asks for (CRITICAL, ERROR, WARNING, INFO or DEBUG)
// or, if it asks for none, at that of the process. Its lines say which step of what they are about.
func (w *Workers) stepLog(scan *model.Scan, step *model.Step) *slog.Logger {
	level := w.Level
	switch strings.ToLower(scan.LogLevel) {
	case "debug", "notset":
		level = slog.LevelDebug
	case "info":
		level = slog.LevelInfo
	case "warning":
		level = slog.LevelWarn
	case "error", "critical":
		level = slog.LevelError
	}
	return slog.New(AtLevel(w.Log.Handler(), level)).With(stepAttrs(step)...)
}

// stepAttrs are the keys of every line that is about a step. host is empty for steps that are not about one.
func stepAttrs(step *model.Step) []any {
	return []any{"scan", step.Scan, "environment", step.Environment, "phase", step.Phase, "host", step.Host,
		"step", step.ID, "parent", step.ParentID, "attempt", step.Attempt}
}

// AtLevel returns a handler that passes on only what has at least the level.
func AtLevel(h slog.Handler, level slog.Level) slog.Handler {
	if outer, ok := h.(atLevel); ok {
		h = outer.Handler
	}
	return atLevel{h, level}
}

type atLevel struct {
	slog.Handler
	level slog.Level
}

// Enabled implements slog.Handler.
func (h atLevel) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= h.level && h.Handler.Enabled(ctx, level)
}

// WithAttrs implements slog.Handler.
func (h atLevel) WithAttrs(attrs []slog.Attr) slog.Handler {
	return atLevel{h.Handler.WithAttrs(attrs), h.level}
}

// WithGroup implements slog.Handler.
func (h atLevel) WithGroup(name string) slog.Handler {
	return atLevel{h.Handler.WithGroup(name), h.level}
}
