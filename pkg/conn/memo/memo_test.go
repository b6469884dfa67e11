package memo

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
)

func TestGetReadsOnce(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]error{"value": nil, "error": errors.New("no")} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var m Memo
			var reads atomic.Int32
			var wg sync.WaitGroup
			for range 20 {
				wg.Go(func() {
					got, err := Get(t.Context(), &m, "x", func(context.Context) (int, error) {
						reads.Add(1)
						return 7, want
					})
					if got != 7 || err != want {
						t.Errorf("got %d, %v", got, err)
					}
				})
			}
			wg.Wait()
			if reads.Load() != 1 {
				t.Errorf("read %d times", reads.Load())
			}
		})
	}
}

func TestGetForgetsCancelledReadings(t *testing.T) {
	t.Parallel()
	var m Memo
	ctx, cancel := context.WithCancel(t.Context())
	began, second := make(chan struct{}), make(chan error, 1)
	go func() {
		<-began
		go func() {
			_, err := Get(t.Context(), &m, "x", func(context.Context) (string, error) { return "read again", nil })
			second <- err
		}()
		cancel()
	}()
	_, err := Get(ctx, &m, "x", func(ctx context.Context) (string, error) {
		close(began)
		<-ctx.Done()
		return "", ctx.Err()
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("first: %v", err)
	}
	if err := <-second; err != nil {
		t.Errorf("who waited was given the other's cancellation: %v", err)
	}
}

func TestGetWaitsNoLongerThanItsContext(t *testing.T) {
	t.Parallel()
	var m Memo
	began, finish := make(chan struct{}), make(chan struct{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = Get(t.Context(), &m, "x", func(context.Context) (int, error) {
			close(began)
			<-finish
			return 1, nil
		})
	}()
	<-began
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Get(ctx, &m, "x", func(context.Context) (int, error) { return 2, nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	close(finish)
	<-done
}

func TestGetAfterPanic(t *testing.T) {
	t.Parallel()
	var m Memo
	func() {
		defer func() { _ = recover() }()
		_, _ = Get(t.Context(), &m, "x", func(context.Context) (int, error) { panic("garbage") })
	}()
	if _, err := Get(t.Context(), &m, "x", func(context.Context) (int, error) { return 1, nil }); err == nil {
		t.Error("a reading that panicked has no error")
	}
}

func TestForget(t *testing.T) {
	t.Parallel()
	var m Memo
	reads := map[string]int{}
	get := func(name string) {
		_, _ = Get(t.Context(), &m, name, func(context.Context) (int, error) { reads[name]++; return 1, nil })
	}
	for range 2 {
		get("region-1/ports")
		get("region-2/ports")
		m.Forget("region-1/")
	}
	if reads["region-1/ports"] != 2 || reads["region-2/ports"] != 1 {
		t.Errorf("read %v times, want region-1 twice and region-2 once", reads)
	}
}
