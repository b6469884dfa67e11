package api

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
)

// TestStreamsExtendTheirDeadline: what is around a route's writer lets the deadline of the connection be set, without which a
// server ends all streams after its own write timeout.
func TestStreamsExtendTheirDeadline(t *testing.T) {
	t.Parallel()
	engine := gin.New()
	failed := make(chan error, 1)
	engine.GET("/", (&server{}).tag, func(c *gin.Context) {
		failed <- http.NewResponseController(c.Writer).SetWriteDeadline(time.Now().Add(time.Minute))
	})
	site := httptest.NewServer(engine)
	t.Cleanup(site.Close)
	answer, err := site.Client().Get(site.URL)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if err := <-failed; err != nil {
		t.Errorf("the deadline can't be set: %v", err)
	}
}
