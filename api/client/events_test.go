package client_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"calipso.io/calipso/api/client"
	"calipso.io/calipso/api/wire"
	"calipso.io/calipso/pkg/model"
)

func TestScanEvents(t *testing.T) {
	t.Parallel()
	const progress = "event: progress\ndata: {\"scan\":{\"_id\":\"5c\",\"status\":\"running\"},\ndata: \"progress\":[{\"phase\":\"links\",\"total\":2}]}\n\n"
	const end = "event:end\ndata:{\"scan\":{\"_id\":\"5c\",\"status\":\"completed\"}}\n\n"
	running := client.Event{Name: "progress", ScanState: wire.ScanState{Scan: model.Scan{ID: "5c", Status: "running"},
		Progress: []model.PhaseProgress{{Phase: "links", Total: 2}}}}
	completed := client.Event{Name: "end", ScanState: wire.ScanState{Scan: model.Scan{ID: "5c", Status: "completed"}}}
	tests := []struct {
		name, stream string
		want         []client.Event
		err          string
	}{
		{"whole", progress + ": keep-alive\n\n" + progress + end, []client.Event{running, running, completed}, ""},
		{"ended before", end, []client.Event{completed}, ""},
		{"more after the end", end + progress, []client.Event{completed}, ""},
		{"windows line ends", strings.ReplaceAll(end, "\n", "\r\n"), []client.Event{completed}, ""},
		{"broken off", progress, []client.Event{running}, "follow scan 5c: unexpected EOF"},
		{"nothing", "", nil, "follow scan 5c: unexpected EOF"},
		{"garbage", "event: end\ndata: {\n\n", nil, "follow scan 5c: read an event: unexpected end of JSON input"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c, asked := serve(t, http.StatusOK, test.stream)
			var got []client.Event
			err := c.ScanEvents(t.Context(), "5c", func(e client.Event) error { got = append(got, e); return nil })
			if fmt.Sprint(err) != test.err && !(err == nil && test.err == "") {
				t.Errorf("error %v, want %q", err, test.err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if want := "GET /scans/5c/events token=secret"; asked() != want {
				t.Errorf("asked %q, want %q", asked(), want)
			}
		})
	}
}

// TestScanEventsStop: following ends with the function's error, and with the context.
func TestScanEventsStop(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "event: progress\ndata: {}\n\n")
		w.(http.Flusher).Flush()
		<-r.Context().Done() // a scan that goes on
	}))
	t.Cleanup(server.Close)
	c := client.New(server.URL, "")
	enough := errors.New("enough")
	if err := c.ScanEvents(t.Context(), "5c", func(client.Event) error { return enough }); !errors.Is(err, enough) {
		t.Errorf("got %v, want the function's error", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	if err := c.ScanEvents(ctx, "5c", func(client.Event) error { cancel(); return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the context's error", err)
	}
}

const exported = `{"collection":"inventory","document":{"id":"a"}}
{"collection":"links","document":{"_id":"b"}}
`
