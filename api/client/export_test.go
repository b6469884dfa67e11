package client_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"calipso.io/calipso/api/client"
)

func TestExport(t *testing.T) {
	t.Parallel()
	c, asked := serve(t, http.StatusOK, exported)
	var text bytes.Buffer
	if err := c.Export(t.Context(), "lab", "test", &text); err != nil || text.String() != exported {
		t.Errorf("got %q, error %v", text.String(), err)
	}
	if want := "GET /export?env_name=lab&inventory=test token=secret"; asked() != want {
		t.Errorf("asked %q, want %q", asked(), want)
	}
	var got []string
	err := c.Documents(t.Context(), "lab", "", func(d client.Document) error {
		got = append(got, d.Collection+string(d.Document))
		return nil
	})
	if diff := cmp.Diff([]string{`inventory{"id":"a"}`, `links{"_id":"b"}`}, got); err != nil || diff != "" {
		t.Errorf("error %v (-want +got):\n%s", err, diff)
	}
}

// TestExportBreaksOff: what isn't whole is an error, wherever it breaks off.
func TestExportBreaksOff(t *testing.T) {
	t.Parallel()
	for _, length := range []int{0, len(exported) / 3, strings.Index(exported, "\n") + 1} {
		t.Run(fmt.Sprint(length), func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				io.WriteString(w, exported[:length])
				w.(http.Flusher).Flush()
				panic(http.ErrAbortHandler)
			}))
			t.Cleanup(server.Close)
			c := client.New(server.URL, "")
			if err := c.Export(t.Context(), "lab", "", io.Discard); !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("Export gives %v", err)
			}
			if err := c.Documents(t.Context(), "lab", "", func(client.Document) error { return nil }); !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("Documents gives %v", err)
			}
		})
	}
}
