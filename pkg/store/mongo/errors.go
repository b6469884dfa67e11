package mongo

import (
	"context"
	"errors"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/mongo"

	"calipso.io/calipso/pkg/store"
)

// failure says what was attempted when an error came up; nil stays nil. The error has the code Unavailable unless the
// caller gave up or the server answered that it refuses the request.
func failure(ctx context.Context, err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	what := fmt.Sprintf(format, args...)
	if ctx.Err() != nil {
		return fmt.Errorf("%s: %w", what, ctx.Err())
	}
	if refused(err) {
		return fmt.Errorf("%s: %w", what, err)
	}
	return &store.Error{Code: store.Unavailable, Message: what, Err: err}
}

// refused tells whether the error is a server's answer to a request, and not of a server that can't work now.
func refused(err error) bool {
	var answer mongo.ServerError
	return errors.As(err, &answer) && !mongo.IsNetworkError(err) && !mongo.IsTimeout(err) &&
		!answer.HasErrorLabel("RetryableWriteError") && !answer.HasErrorLabel("RetryableError")
}
