package app

import (
	"context"
	"fmt"
	"log/slog"
)

// redisLog takes what the Redis client writes about its connections. What matters of it comes back as an error, too.
type redisLog struct{ log *slog.Logger }

// Printf logs a line.
func (l redisLog) Printf(ctx context.Context, format string, args ...any) {
	l.log.DebugContext(ctx, fmt.Sprintf(format, args...))
}
