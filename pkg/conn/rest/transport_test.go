package rest

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestHugeAnswer(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for {
			if _, err := w.Write([]byte(strings.Repeat(" ", 100))); err != nil {
				return
			}
		}
	}))
	t.Cleanup(server.Close)
	transport := NewTransport(Config{Timeout: time.Minute, Name: func(*http.Request) string { return "any" }})
	transport.maxBody = 1000
	_, err := (&http.Client{Transport: transport}).Get(server.URL)
	if err == nil || !strings.Contains(err.Error(), "the answer has more than 1000 bytes") {
		t.Errorf("got %v", err)
	}
}
