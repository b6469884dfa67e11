package hooks

import (
	"context"
	"errors"
	"testing"
	"time"
)

func TestBegin(t *testing.T) {
	t.Parallel()
	free, failed := 1, errors.New("failed")
	var began time.Time
	var seen []string
	h := Hooks{
		Limit: func(_ context.Context, operation string) (func(), error) {
			if free == 0 {
				return nil, errors.New("no turn for " + operation)
			}
			free--
			began = time.Now()
			return func() { free++ }, nil
		},
		Observe: func(operation string, took time.Duration, err error) {
			if took > time.Since(began) {
				t.Error("the time includes the wait")
			}
			seen = append(seen, operation+" "+err.Error())
		},
	}
	end, err := h.Begin(t.Context(), "dial")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.Begin(t.Context(), "script"); err == nil || err.Error() != "no turn for script" {
		t.Errorf("error %v", err)
	}
	end(failed)
	if free != 1 || len(seen) != 1 || seen[0] != "dial failed" {
		t.Errorf("%d free, observed %q", free, seen)
	}
}

func TestNoHooks(t *testing.T) {
	t.Parallel()
	end, err := Hooks{}.Begin(t.Context(), "dial")
	if err != nil {
		t.Fatal(err)
	}
	end(nil)
}
