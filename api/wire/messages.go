package wire

import (
	"time"

	"calipso.io/calipso/pkg/model"
)

// MessageList is a list of messages.
type MessageList struct {
	Messages []MessageEntry `json:"messages"`
	Page
}

// MessageEntry is a message as lists show it.
type MessageEntry struct {
	ID                string     `json:"id"`
	Environment       string     `json:"environment"`
	SourceSystem      string     `json:"source_system"`
	Level             string     `json:"level"`
	Message           any        `json:"message"` // a text; of an event, the whole notification
	DisplayContext    string     `json:"display_context,omitempty"`
	RelatedObject     string     `json:"related_object,omitempty"`
	RelatedObjectType string     `json:"related_object_type,omitempty"`
	Timestamp         time.Time  `json:"timestamp"`
	ReceivedTimestamp *time.Time `json:"received_timestamp,omitempty"`
	FinishedTimestamp *time.Time `json:"finished_timestamp,omitempty"`
	Viewed            bool       `json:"viewed"`
	OriginType        string     `json:"origin_type,omitempty"`
	OriginID          string     `json:"origin_id,omitempty"` // e.g. of the scan that it is about
}

// WholeMessage is a message that was asked for by its id.
type WholeMessage struct {
	model.Message
	Key string `json:"id"`
}

// MessageMark says whether messages have been viewed.
type MessageMark struct {
	Viewed *bool `json:"viewed"`
}
