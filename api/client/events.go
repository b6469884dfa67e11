package client

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"

	"calipso.io/calipso/api/wire"
)

// Event is how far a scan is at some moment.
type Event struct {
	Name string // EventProgress or EventEnd
	wire.ScanState
}

// Names of events.
const (
	EventProgress = "progress"
	EventEnd      = "end" // the scan ended; nothing follows
)

// ScanEvents follows a scan (GET /scans/{id}/events): it passes each event to a function, until that returns an error,
// which ScanEvents then returns, or the scan ends. A connection that breaks off before that is an error.
func (c *Client) ScanEvents(ctx context.Context, id string, each func(Event) error) error {
	answer, err := c.send(ctx, http.MethodGet, scanPath(id)+"/events", nil, nil)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	err = readEvents(answer.Body, func(name, data string) error {
		event := Event{Name: name}
		if err := json.Unmarshal([]byte(data), &event.ScanState); err != nil {
			return fmt.Errorf("read an event: %w", err)
		}
		return each(event)
	})
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("follow scan %s: %w", id, err)
	}
	return err
}

const maxEvent = 16 << 20

// readEvents passes the names and data of a text/event-stream's events to a function, until and including the one that
// is named EventEnd.
func readEvents(stream io.Reader, each func(name, data string) error) error {
	lines := bufio.NewScanner(stream)
	lines.Buffer(nil, maxEvent)
	var name string
	var data []string
	for lines.Scan() {
		field, value, _ := strings.Cut(lines.Text(), ":")
		value = strings.TrimPrefix(value, " ")
		switch {
		case field == "event":
			name = value
		case field == "data":
			data = append(data, value)
		case lines.Text() == "" && len(data) > 0:
			if err := each(name, strings.Join(data, "\n")); err != nil || name == EventEnd {
				return err
			}
			name, data = "", nil
		}
	}
	if err := lines.Err(); err != nil {
		return err
	}
	return io.ErrUnexpectedEOF
}
