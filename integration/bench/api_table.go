package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"calipso.io/calipso/integration/proc"
)

// part returns the time within which a part of the answers came: 0.5 gives the median.
func (t *timed) part(share float64) time.Duration {
	if len(t.took) == 0 {
		return 0
	}
	return t.took[min(int(share*float64(len(t.took))), len(t.took)-1)]
}

// each returns the server's processor time for a request.
func (t *timed) each() time.Duration {
	if len(t.took) == 0 {
		return 0
	}
	return t.cpu / time.Duration(len(t.took))
}

// apiTable prints what was measured; the first is the baseline.
func apiTable(out io.Writer, all []timed) {
	line(out, []string{"", "requests/s", "p50", "p95", "p95 to baseline", "alone", "processor time", "load before"})
	line(out, append([]string{"---"}, repeat("---:", 7)...))
	for i := range all {
		t := &all[i]
		line(out, []string{t.name, fmt.Sprintf("%.0f", float64(len(t.took))/t.wall.Seconds()), millis(t.part(0.5)), millis(t.part(0.95)),
			fmt.Sprintf("%.1f", float64(t.part(0.95))/float64(all[0].part(0.95))), millis(t.first), millis(t.each()), t.load})
	}
}

func millis(d time.Duration) string { return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000) }

// soakSteps is in how many parts memory is looked at.
const soakSteps = 10

// soak asks all kinds of requests for a time, and prints how much memory the server has meanwhile.
func (l *load) soak(ctx context.Context, out io.Writer, server *proc.Process, during time.Duration) error {
	if during == 0 {
		return nil
	}
	fmt.Fprintf(out, "\nmemory while all routes are asked for %s:", during)
	for range soakSteps {
		t, err := l.measure(ctx, apiRoutes()[1:], during/soakSteps)
		if err != nil {
			return err
		}
		bytes, err := proc.Resident(server.PID())
		if err != nil {
			return err
		}
		fmt.Fprintf(out, " %d MB (%.0f/s, p95 %s)", bytes/1_000_000, float64(len(t.took))/t.wall.Seconds(), millis(t.part(0.95)))
	}
	_, err := fmt.Fprintln(out)
	return err
}
