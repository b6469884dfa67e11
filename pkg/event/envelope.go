// Package event reads the notifications that the services of a cloud send over its message bus, and makes hints at what
// has changed of them. It is pure: messages in, events out. What comes from the bus is hostile; nothing in it makes a
// reader fail otherwise than by an error.
package event

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"calipso.io/calipso/pkg/model"
)

// Notifications have some kilobytes, and are a few levels deep. What is beyond these limits is none, and would only be a
// burden to the store.
const (
	maxSize  = 1 << 20
	maxDepth = 40
)

// Notification is what a service told, out of its envelope.
type Notification struct {
	Type      string          // e.g. "compute.instance.create.end"
	ID        string          // of the message; a hash of one that has none
	Publisher string          // "<service>.<host>", or "<service>:<host>"
	Level     string          // model.LevelInfo, model.LevelWarn or model.LevelError
	Timestamp time.Time       // zero when it says none
	Payload   json.RawMessage // what it is about
	Body      json.RawMessage // all of it, but for credentials of who caused it
}

// Read takes a notification out of a message: oslo.messaging's envelope 2.0, which has it as text, 1.0, which is none,
// and what nova calls versioned notifications, which differ only in their payloads. The error says why it is none.
func Read(message []byte) (*Notification, error) {
	if err := check(message); err != nil {
		return nil, err
	}
	var envelope struct {
		Message json.RawMessage `json:"oslo.message"`
	}
	if err := json.Unmarshal(message, &envelope); err != nil {
		return nil, fmt.Errorf("it is not a JSON object: %w", err)
	}
	if envelope.Message == nil {
		return read(message)
	}
	var text string
	if err := json.Unmarshal(envelope.Message, &text); err != nil {
		return nil, errors.New("its oslo.message is not a text")
	}
	if err := check([]byte(text)); err != nil {
		return nil, fmt.Errorf("its oslo.message: %w", err)
	}
	return read([]byte(text))
}

// check refuses what is too large or nested too deep.
func check(data []byte) error {
	if len(data) > maxSize {
		return fmt.Errorf("it has %d bytes, more than %d", len(data), maxSize)
	}
	if deeper(data, maxDepth) {
		return fmt.Errorf("it is nested deeper than %d levels", maxDepth)
	}
	return nil
}

// deeper tells whether there are more than so many levels of brackets, outside of texts.
func deeper(data []byte, most int) bool {
	depth, quoted := 0, false
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			if depth++; depth > most {
				return true
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return false
}

func read(data []byte) (*Notification, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(data, &fields); err != nil {
		return nil, fmt.Errorf("it is not a JSON object: %w", err)
	}
	n := &Notification{Type: textOf(fields["event_type"]), ID: textOf(fields["message_id"]), Publisher: textOf(fields["publisher_id"]),
		Level: level(textOf(fields["priority"])), Timestamp: timestamp(textOf(fields["timestamp"])), Payload: fields["payload"]}
	if !typePattern.MatchString(n.Type) {
		return nil, errors.New("it has no event_type")
	}
	if !idPattern.MatchString(n.ID) {
		hash := sha256.Sum256(data)
		n.ID = hex.EncodeToString(hash[:])
	}
	maps.DeleteFunc(fields, func(key string, _ json.RawMessage) bool {
		return strings.HasPrefix(key, contextPrefix) && !slices.Contains(keptContext, key)
	})
	var err error
	if n.Body, err = json.Marshal(fields); err != nil {
		return nil, fmt.Errorf("write it: %w", err)
	}
	n.Body = bytes.ToValidUTF8(n.Body, []byte("\uFFFD"))
	return n, nil
}

// What begins with contextPrefix tells of the request that caused the notification: its token, its rights, the cloud's
// catalogue. These are kept of it.
const contextPrefix = "_context_"

var keptContext = []string{"_context_request_id", "_context_project_id", "_context_project_name", "_context_user_id",
	"_context_user_name", "_context_timestamp"}

// Ids are parts of documents' ids and of requests to the cloud.
var (
	typePattern = regexp.MustCompile(`^[A-Za-z0-9_.:-]{1,200}$`)
	idPattern   = regexp.MustCompile(`^[A-Za-z0-9_.:@-]{1,200}$`)
)

// textOf returns a text or a number as text; "" for anything else.
func textOf(data json.RawMessage) string {
	var text string
	if json.Unmarshal(data, &text) == nil {
		return text
	}
	var number json.Number
	if json.Unmarshal(data, &number) == nil {
		return number.String()
	}
	return ""
}

func level(priority string) string {
	switch strings.ToLower(priority) {
	case "warn", "warning":
		return model.LevelWarn
	case "error", "critical":
		return model.LevelError
	}
	return model.LevelInfo
}

// timestamp reads a time, which is in UTC unless it says otherwise; the zero time when it is none.
func timestamp(text string) time.Time {
	for _, layout := range []string{"2006-01-02 15:04:05.999999999", "2006-01-02T15:04:05.999999999", time.RFC3339Nano} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}
