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
// "end" when it has ended.
func (s *server) scanEvents(c *gin.Context, _ query) error {
	var sent []byte
	quiet := time.NewTicker(keepAliveEvery)
	defer quiet.Stop()
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
			quiet.Reset(keepAliveEvery)
		}
		if err := waitForPoll(c, quiet.C, time.Since(began)); err != nil {
			return err
		}
	}
}

// waitForPoll waits until the ledger is to be read again. A long ledger is read less often, so that following a scan
// never takes more than a tenth of the time.
func waitForPoll(c *gin.Context, quiet <-chan time.Time, took time.Duration) error {
	next := time.NewTimer(max(pollEvery, 9*took))
	defer next.Stop()
	for {
		select {
		case <-next.C:
			return nil
		case <-quiet:
			if err := send(c, ": still there\n\n"); err != nil {
				return err
			}
		case <-c.Request.Context().Done():
			return c.Request.Context().Err()
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
