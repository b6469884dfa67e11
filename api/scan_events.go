package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"calipso.io/calipso/api/wire"
	"calipso.io/calipso/pkg/model"
)

const (
	pollEvery      = 200 * time.Millisecond
	keepAliveEvery = 15 * time.Second
)

func (s *server) scanState(ctx context.Context, id string) (now wire.ScanState, err error) {
	if now.Scan, err = s.DB.Scans.Get(ctx, id); err != nil {
		return now, err
	}
	steps, err := s.stepsOf(ctx, id)
	now.Progress = now.Scan.Progress(steps)
	return now, err
}

// scanEvents answers GET /scans/{id}/events: an event "progress" whenever the scan's state is another one, and the event
// "end" when it has ended. Who may not see the scan anymore is told no more of it.
func (s *server) scanEvents(c *gin.Context, _ query) error {
	var sent []byte
	watch := s.watch()
	defer watch.Stop()
	for {
		began := time.Now()
		now, err := s.scanState(c.Request.Context(), c.Param("id"))
		if err != nil {
			return err
		}
		state, err := json.Marshal(now)
		if err != nil {
			return fmt.Errorf("encode scan %s: %w", now.Scan.ID, err)
		}
		if model.Ended(now.Scan.Status) {
			return sendEvent(c, "end", state)
		}
		if !bytes.Equal(sent, state) {
			if err := sendEvent(c, "progress", state); err != nil {
				return err
			}
			sent = state
		}
		if s, err = s.waitForPoll(c, watch.C, time.Since(began)); err != nil {
			return err
		}
	}
}

// waitForPoll waits until the ledger is to be read again, and returns the server as the user sees it then. A long ledger is
// read less often, so that following a scan never takes more than a tenth of the time.
func (s *server) waitForPoll(c *gin.Context, watch <-chan time.Time, took time.Duration) (*server, error) {
	next := time.NewTimer(max(pollEvery, 9*took))
	defer next.Stop()
	for {
		select {
		case <-next.C:
			return s, nil
		case <-watch:
			now, err := s.still(c)
			if err == nil {
				err = send(c, ": still there\n\n")
			}
			if err != nil {
				return s, err
			}
			s = now
		case <-c.Request.Context().Done():
			return s, c.Request.Context().Err()
		}
	}
}

func sendEvent(c *gin.Context, event string, data []byte) error {
	return send(c, "event: "+event+"\ndata: "+string(data)+"\n\n")
}

func send(c *gin.Context, text string) error {
	extendDeadline(c)
	c.Header("Content-Type", "text/event-stream")
	c.Header("X-Accel-Buffering", "no") // proxies pass each event on at once
	c.Status(http.StatusOK)
	if _, err := io.WriteString(c.Writer, text); err != nil {
		return fmt.Errorf("send to the client: %w", err)
	}
	c.Writer.Flush()
	return nil
}
