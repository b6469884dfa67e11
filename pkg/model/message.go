package model

import "time"

// Message tells operators what happened: a document of messages.
type Message struct {
	ID                string     `json:"_id"`
	Environment       string     `json:"environment"`
	SourceSystem      string     `json:"source_system"` // SourceCalipso, SourceOpenStack, …
	Level             string     `json:"level"`         // LevelInfo, LevelWarn or LevelError
	Message           any        `json:"message"`       // a text; of an event, the whole notification
	DisplayContext    string     `json:"display_context,omitempty"`
	RelatedObject     string     `json:"related_object,omitempty"`
	RelatedObjectType string     `json:"related_object_type,omitempty"`
	Timestamp         time.Time  `json:"timestamp"`
	ReceivedTimestamp *time.Time `json:"received_timestamp,omitempty"`
	FinishedTimestamp *time.Time `json:"finished_timestamp,omitempty"`
	Viewed            bool       `json:"viewed"`
	OriginType        string     `json:"origin_type,omitempty"` // OriginManual, OriginSchedule or OriginEvent
	OriginID          string     `json:"origin_id,omitempty"`   // e.g. of the scan that it is about
}

// Systems that messages come from.
const (
	SourceCalipso   = "Calipso"
	SourceOpenStack = "OpenStack"
)

// Levels returns the levels that a message may have, the worst first. Calipso's own messages have one of those below.
func Levels() []string {
	return []string{"panic", "alert", "crit", LevelError, LevelWarn, "notice", LevelInfo, "debug"}
}

// Levels of messages.
const (
	LevelInfo  = "info"
	LevelWarn  = "warn"
	LevelError = "error"
)
